"""Plays a journal's visit again on the simulated clock and compares decision for decision.

A journal of a scripted visit names its scenario, seed and configuration; that is enough, because a visit is decided by
its frames. A journal of a live conversation can be replayed when it was recorded with `--reveal`: then the patient's
words are in it, and they are handed over as text.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from dialogs.model import Scenario, Step
from hardware.clock import SimulatedClock
from hardware.room import Room
from robot.app import build
from robot.config import Config
from robot.errors import InputError
from robot.events import Decision, Event, Sentence
from robot.records.journal import describe, read_journal
from robot.simulate.run import Visit, play_visit, scenario_path
from robot.simulate.scenario import ScriptedPatient

_COMPARED = {
    "Decision": ("intent", "state", "action", "urgency", "red_flags", "language", "effects"),
    "Sentence": ("topic", "rung", "language", "digest"),
}
_MADE_BY_THE_CLOCK = "one_moment"
"""Said when an engine is slow; simulated time has no slow engines."""


@dataclass(frozen=True)
class Difference:
    """Where a replay went another way: the number of the decision, what the journal has, what was decided now."""

    number: int
    recorded: dict[str, Any] | None
    replayed: dict[str, Any] | None


def replay(path: Path, config: Config) -> list[Difference]:
    """The differences between the journal and its replay; empty: the same decisions and sentences.

    Raises InputError: not a journal, the scenario changed since, or a live journal without words.
    """
    entries = list(read_journal(path))
    if not entries:
        raise InputError("journal_unreadable", f"{path}: is empty.", "Record a new one.")
    about = entries[0]
    _check(path, entries)
    config = _configured(path, about, config)
    recorded = _decided(entries)
    replayed = _replay_scenario(path, about, config) if "scenario" in about else _replay_words(path, entries, config)
    longest = max(len(recorded), len(replayed))
    pairs = zip(_padded(recorded, longest), _padded(replayed, longest), strict=True)
    return [Difference(number, old, new) for number, (old, new) in enumerate(pairs, 1) if old != new]


def _damaged(path: Path, problem: str) -> InputError:
    return InputError("journal_unreadable", f"{path}: {problem}", "Record a new one.")


def _check(path: Path, entries: list[dict[str, Any]]) -> None:
    """Raises InputError: an entry lacks what a replay reads of it."""
    needed = _COMPARED | {"Transcript": ("text", "final")}
    for number, entry in enumerate(entries, 1):
        for key in needed.get(entry["kind"], ()):
            if key not in entry:
                raise _damaged(path, f"line {number} lacks '{key}'.")
    match entries[0]:
        case {"scenario": str(), "scenario_digest": str(), "seed": int(seed), "ears": "voice" | "text"} if seed >= 0:
            pass
        case {"scenario": _}:
            raise _damaged(path, "its first line lacks scenario, scenario_digest, seed or ears.")


def _configured(path: Path, about: dict[str, Any], config: Config) -> Config:
    """`config` with what the journal was recorded with over it."""
    recorded = about.get("config", {})
    if not isinstance(recorded, dict):
        raise _damaged(path, "its configuration is not an object.")
    try:
        return Config.model_validate({**config.model_dump(), **recorded})
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise _damaged(path, f"its configuration does not fit at '{key}'.") from None


def _replay_scenario(path: Path, about: dict[str, Any], config: Config) -> list[dict[str, Any]]:
    scenario = scenario_path(about["scenario"])
    if not scenario.is_file():
        raise InputError("scenario_missing", f"{path}: its scenario {scenario} is gone.", "Run from the same folder.")
    if hashlib.sha256(scenario.read_bytes()).hexdigest()[:16] != about["scenario_digest"]:
        raise InputError("scenario_changed", f"{scenario} has changed since {path} was recorded.", "Record a new one.")
    entries: list[dict[str, Any]] = []
    visit = Visit(scenario, fast=True, seed=about["seed"], ears=about["ears"])
    play_visit(config, visit, Console(quiet=True), observers=(lambda event: _note(event, entries),))
    return _decided(entries)


def _replay_words(path: Path, entries: list[dict[str, Any]], config: Config) -> list[dict[str, Any]]:
    words = [entry["text"] for entry in entries if entry["kind"] == "Transcript" and entry["final"]]
    if not all(isinstance(text, str) for text in words):
        raise InputError(
            "journal_without_words", f"{path} has no words of the patient in it.", "Record with --reveal to replay."
        )
    scenario = Scenario(title="Replay", steps=[Step(say=text) for text in words if text])
    clock = SimulatedClock()
    noted: list[dict[str, Any]] = []

    async def play() -> None:
        room = Room(clock)
        conversation = build(config, observers=(lambda event: _note(event, noted),), clock=clock, room=room)
        patient = ScriptedPatient(scenario, path.parent, conversation, room, ears="text")
        async with conversation:
            await patient.play()

    clock.run(play())
    return _decided(noted)


def _note(event: Event, entries: list[dict[str, Any]]) -> None:
    if isinstance(event, Decision | Sentence):
        entries.append({"kind": type(event).__name__, **describe(event, reveal=False)})


def _decided(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All decisions that do something, then all sentences: what falls between what is a matter of milliseconds."""
    return [
        {key: list(value) if isinstance(value := entry[key], tuple) else value for key in _COMPARED[kind]}
        for kind in _COMPARED
        for entry in entries
        if entry["kind"] == kind and entry.get("topic") != _MADE_BY_THE_CLOCK and entry.get("effects") != []
    ]


def _padded(entries: list[dict[str, Any]], length: int) -> list[dict[str, Any] | None]:
    return [*entries, *([None] * (length - len(entries)))]


def print_replay(path: Path, config: Config, console: Console) -> int:
    """Replay and say how it went; returns the exit status."""
    differences = replay(path, config)
    for difference in differences[:10]:
        console.print(f"{difference.number}: recorded {difference.recorded}\n   replayed {difference.replayed}")
    console.print("the same decisions" if not differences else f"{len(differences)} decisions differ", style="bold")
    return 0 if not differences else 1
