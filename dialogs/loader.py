"""Everything in a folder like `dialogs/`, read once, checked as a whole, and handed out typed.

What a single file cannot know is checked here: a phrase that does not exist, a move that leads nowhere, a state that
nobody reaches or that nobody leaves, two passages with one id. The ContentError names file, line, key and value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dialogs.model import (
    Everywhere,
    Flow,
    Intents,
    Knowledge,
    Move,
    PassageText,
    Persona,
    Phrases,
    Scenario,
    State,
)
from dialogs.yaml_file import ContentError, Location, line_of, read, read_mapping, validate

HERE = Path(__file__).parent

EVENT_INTENTS = frozenset(
    "anything filled question complaint medicine guess unclear not_heard missed timed_out call_delivered call_failed"
    " call_acknowledged call_unanswered emergency_cleared ask_since ask_severity ask_course ask_symptom"
    " advise_emergency advise_urgent advise_routine advise_self_care recalled not_recalled farewell"
    " message_waiting check_back".split()
)
"""Intents that no wording decides: events from outside, what a deed asks for next, and what is left when no wording
matches. `decline_…` are those of `requests.yaml`."""


RECORDED_SLOTS = frozenset({"diet_order", "mobility_order"})
"""Filled from the patient's record, `known` or `unknown`."""


@dataclass(frozen=True)
class Dialogs:
    """All content of one folder."""

    persona: Persona
    phrases: Phrases
    intents: Intents
    everywhere: Everywhere
    flows: Mapping[str, Flow]
    passages: tuple[PassageText, ...]
    folder: Path


@dataclass(frozen=True)
class _File:
    """A file with the lines of its keys, to report what is wrong between files."""

    path: Path
    lines: Mapping[Location, int]

    def wrong(self, location: Location, problem: str, value: object = ...) -> ContentError:
        return ContentError(
            self.path, line_of(location, self.lines), ".".join(str(part) for part in location), problem, value
        )


def load(folder: Path = HERE) -> Dialogs:
    """Read and check `folder`. Raises ContentError on the first thing that is wrong."""
    flows: dict[str, Flow] = {}
    files: dict[str, _File] = {}
    for path in sorted((folder / "flows").glob("*.yaml")):
        data, lines = read_mapping(path)
        flow = validate(data, Flow, path, lines)
        file = _File(path, lines)
        if flow.flow in flows:
            raise file.wrong(("flow",), f"this flow stands in {files[flow.flow].path} too", flow.flow)
        flows[flow.flow], files[flow.flow] = flow, file
    dialogs = Dialogs(
        persona=read(folder / "persona.yaml", Persona),
        phrases=read(folder / "phrases.yaml", Phrases),
        intents=read(folder / "intents.yaml", Intents),
        everywhere=read(folder / "everywhere.yaml", Everywhere),
        flows=flows,
        passages=_passages(folder / "knowledge"),
        folder=folder,
    )
    _check_moves(dialogs, files)
    _check_emergency(dialogs, files)
    _check_ways(dialogs, files)
    return dialogs


def load_scenario(path: Path) -> Scenario:
    """A scripted visit; its patient and recordings must be there. Raises ContentError."""
    data, lines = read_mapping(path)
    scenario = validate(data, Scenario, path, lines)
    file = _File(path, lines)
    if scenario.patient is not None and not (path.parent / scenario.patient).is_file():
        raise file.wrong(("patient",), "there is no such patient file", scenario.patient)
    for number, step in enumerate(scenario.steps):
        if step.say is None and step.do is None:
            raise file.wrong(("steps", number), "a step says something or does something")
        if step.audio is not None and not (path.parent / step.audio).is_file():
            raise file.wrong(("steps", number, "audio"), "there is no such recording", step.audio)
    return scenario


def _passages(folder: Path) -> tuple[PassageText, ...]:
    passages: dict[str, PassageText] = {}
    for path in sorted(folder.glob("*.yaml")):
        data, lines = read_mapping(path)
        for number, passage in enumerate(validate(data, Knowledge, path, lines).passages):
            if passage.id in passages:
                raise _File(path, lines).wrong(("passages", number, "id"), "this id stands twice", passage.id)
            passages[passage.id] = passage
    return tuple(passages.values())


def _check_moves(dialogs: Dialogs, files: Mapping[str, _File]) -> None:
    """Every phrase, state and intent that a flow names exists."""
    path = dialogs.folder / "everywhere.yaml"
    everywhere = _File(path, read_mapping(path)[1])
    for number, move in enumerate(dialogs.everywhere.moves):
        _check_move(dialogs, everywhere, ("moves", number), move)
    _check_state(dialogs, everywhere, ("start",), dialogs.everywhere.start)
    _check_state(dialogs, everywhere, ("menu",), dialogs.everywhere.menu)
    _check_state(dialogs, everywhere, ("red_flag",), dialogs.everywhere.red_flag)
    _check_move(dialogs, everywhere, ("cleared",), dialogs.everywhere.cleared)
    for flow_name, state_name, state in states(dialogs):
        file, at = files[flow_name], ("states", state_name.partition(".")[2])
        for index, phrase in enumerate(state.say):
            _check_phrase(dialogs, file, (*at, "say", index), phrase)
        for number, move in enumerate(state.moves):
            _check_move(dialogs, file, (*at, "moves", number), move)
        _check_state(dialogs, file, (*at, "timeout", "to"), state.timeout.to)
        for index, phrase in enumerate(state.timeout.say):
            _check_phrase(dialogs, file, (*at, "timeout", "say", index), phrase)


def _check_move(dialogs: Dialogs, file: _File, at: Location, move: Move) -> None:
    known = move.intent in dialogs.intents.intents or move.intent in EVENT_INTENTS
    if not known and not move.intent.startswith("decline_"):
        raise file.wrong((*at, "intent"), "there is no such intent", move.intent)
    here = {passage.id for passage in dialogs.passages}
    for index, passage in enumerate(move.passages):
        if passage not in here:
            raise file.wrong((*at, "passages", index), "there is no such passage", passage)
    if (move.do == "advise") != bool(move.passages):
        raise file.wrong((*at, "passages"), "`advise` needs passages, and nothing else has any", move.do)
    for name in move.when:
        if name not in _slots(dialogs):
            raise file.wrong((*at, "when", name), "no state asks for this slot, and no move sets it", name)
    if move.to is not None:
        _check_state(dialogs, file, (*at, "to"), move.to)
    for index, phrase in enumerate(move.say):
        _check_phrase(dialogs, file, (*at, "say", index), phrase)


def _slots(dialogs: Dialogs) -> set[str]:
    """The names under which something is remembered."""
    moves = [*dialogs.everywhere.moves, *(move for _, _, state in states(dialogs) for move in state.moves)]
    asked = {state.slot.name for _, _, state in states(dialogs) if state.slot is not None}
    return asked | RECORDED_SLOTS | {name for move in moves for name in move.set}


def _check_phrase(dialogs: Dialogs, file: _File, at: Location, phrase: str) -> None:
    if phrase not in dialogs.phrases.phrases:
        raise file.wrong(at, "there is no such phrase in phrases.yaml", phrase)


def _check_state(dialogs: Dialogs, file: _File, at: Location, name: str) -> None:
    flow, _, state = name.partition(".")
    if flow not in dialogs.flows or state not in dialogs.flows[flow].states:
        raise file.wrong(at, "this leads nowhere: there is no such state", name)


def _check_emergency(dialogs: Dialogs, files: Mapping[str, _File]) -> None:
    """What safety rests on: an emergency holds, hears everything, and cannot be talked over; a nurse can be called."""
    path, everywhere = dialogs.folder / "everywhere.yaml", dialogs.everywhere
    file = _File(path, read_mapping(path)[1])
    if not dialogs.flows[everywhere.red_flag.partition(".")[0]].latched:
        raise file.wrong(("red_flag",), "a red flag must lead into a flow that is latched", everywhere.red_flag)
    nurse = [(number, move) for number, move in enumerate(everywhere.moves) if move.intent == "nurse"]
    if not nurse:
        raise file.wrong(("moves",), "there must be a move for the intent 'nurse'")
    for number, move in nurse:
        if move.do != "call_nurse":
            raise file.wrong(("moves", number, "do"), "who asks for a nurse must get one: do: call_nurse", move.do)
    for flow, name, state in states(dialogs):
        needed = ["anything"] if dialogs.flows[flow].latched else []
        needed += ["call_failed", "call_delivered"] if name == everywhere.red_flag else []
        for intent in needed:
            if intent not in {move.intent for move in state.moves}:
                at = ("states", name.partition(".")[2], "moves")
                raise files[flow].wrong(at, f"a move for '{intent}' is missing in this latched state")
    path = dialogs.folder / "phrases.yaml"
    for key, phrase in dialogs.phrases.phrases.items():
        if key.startswith("emergency_") and key != "emergency_over" and phrase.interruptible:
            at = ("phrases", key, "interruptible")
            raise _File(path, read_mapping(path)[1]).wrong(at, "an emergency phrase must not be interruptible", True)


def _check_ways(dialogs: Dialogs, files: Mapping[str, _File]) -> None:
    """Every state can be reached. That each can be left is in the model: every state has a time-out."""
    everywhere = {move.to for move in dialogs.everywhere.moves if move.to}
    ways: dict[str, set[str]] = {}
    for flow_name, name, state in states(dialogs):
        out = {move.to for move in state.moves if move.to} | {state.timeout.to}
        ways[name] = out if dialogs.flows[flow_name].latched else out | everywhere
    reached = {dialogs.everywhere.start, dialogs.everywhere.red_flag}
    frontier = list(reached)
    while frontier:
        for name in ways[frontier.pop()] - reached:
            reached.add(name)
            frontier.append(name)
    for flow_name, name, _ in states(dialogs):
        if name not in reached:
            at = ("states", name.partition(".")[2])
            raise files[flow_name].wrong(at, "no move leads into this state", name)


def states(dialogs: Dialogs) -> Iterator[tuple[str, str, State]]:
    """(flow name, full state name, State) of every state, in the order of the files."""
    for flow in dialogs.flows.values():
        for name, state in flow.states.items():
            yield flow.flow, f"{flow.flow}.{name}", state
