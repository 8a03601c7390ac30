"""The dialogs folder, checked as a whole: the one that ships is right, and a wrong one is named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dialogs.loader import EVENT_INTENTS, HERE, load, load_scenario, states
from dialogs.yaml_file import ContentError

SCENARIOS = sorted(HERE.glob("scenarios/*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped dialogs that a test may spoil."""
    copy = tmp_path / "dialogs"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("*.flac", "__pycache__", "*.py"))
    return copy


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is no longer in {path.name}; choose another place"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_what_ships_is_right() -> None:
    dialogs = load()
    assert {"greeting", "menu", "question", "repair", "emergency", "goodbye"} <= set(dialogs.flows)
    assert len(dialogs.passages) > 50


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_are_right(path: Path) -> None:
    assert load_scenario(path).steps


def test_a_copy_of_the_folder_is_as_good(folder: Path) -> None:
    assert load(folder).phrases == load().phrases


WRONG: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a phrase that does not exist": (
        "flows/menu.yaml",
        lambda path: replace(path, "[still_here]", "[still_hear]"),
        "still_hear",
    ),
    "a state that does not exist": (
        "flows/menu.yaml",
        lambda path: replace(path, "to: menu.quiet", "to: menu.quite"),
        "menu.quite",
    ),
    "an intent that does not exist": (
        "flows/menu.yaml",
        lambda path: replace(path, "intent: affirm", "intent: afirm"),
        "afirm",
    ),
    "a state that nobody reaches": (
        "flows/menu.yaml",
        lambda path: append(path, "  lost:\n    about: x\n    timeout: {seconds: 1, to: menu.waiting}\n"),
        "no move leads into",
    ),
    "a state without a time-out": (
        "flows/menu.yaml",
        lambda path: append(path, "  lost:\n    about: x\n"),
        "Field required",
    ),
    "a time-out of no time": (
        "flows/menu.yaml",
        lambda path: replace(path, "seconds: 25", "seconds: 0"),
        "greater than 0",
    ),
    "an unknown key": ("flows/menu.yaml", lambda path: replace(path, "about: Waits", "abuot: Waits"), "abuot"),
    "a flow that stands twice": (
        "flows/question.yaml",
        lambda path: replace(path, "flow: question", "flow: menu"),
        "stands in",
    ),
    "a start that does not exist": (
        "everywhere.yaml",
        lambda path: replace(path, "start: greeting.hello", "start: greeting.helo"),
        "greeting.helo",
    ),
    "a pattern that is none": (
        "intents.yaml",
        lambda path: replace(path, "'^护士$'", "'^护士($'"),
        "not a regular expression",
    ),
    "a phrase in one language": (
        "phrases.yaml",
        lambda path: append(path, "  only_english:\n    en: Hello.\n"),
        "Field required",
    ),
    "an empty phrase": ("phrases.yaml", lambda path: append(path, "  empty:\n    en: ''\n    zh: ''\n"), "at least 1"),
    "a passage that stands twice": (
        "knowledge/diet.yaml",
        lambda path: replace(path, "id: diet-salt-china", "id: diet-salt-who"),
        "stands twice",
    ),
    "a red flag that leads into an open flow": (
        "everywhere.yaml",
        lambda path: replace(path, "red_flag: emergency.calling", "red_flag: menu.waiting"),
        "latched",
    ),
    "an emergency that is not latched": (
        "everywhere.yaml",
        lambda path: replace(path.parent / "flows" / "emergency.yaml", "latched: true", "latched: false"),
        "red_flag",
    ),
    "a latched state that hears nothing": (
        "flows/emergency.yaml",
        lambda path: replace(path, "- {intent: anything,", "- {intent: thanks,"),
        "'anything' is missing",
    ),
    "an emergency that does not hear that its call failed": (
        "flows/emergency.yaml",
        lambda path: replace(path, "- {intent: call_failed,", "- {intent: thanks,"),
        "'call_failed' is missing",
    ),
    "an emergency that does not hear that its call went through": (
        "flows/emergency.yaml",
        lambda path: replace(path, "- {intent: call_delivered,", "- {intent: thanks,"),
        "'call_delivered' is missing",
    ),
    "a nurse who is not called": (
        "everywhere.yaml",
        lambda path: replace(path, "say: [calling_nurse], do: call_nurse,", "say: [calling_nurse],"),
        "do: call_nurse",
    ),
    "a nurse nobody can ask for": (
        "everywhere.yaml",
        lambda path: replace(path, "- {intent: nurse,", "- {intent: thanks,"),
        "intent 'nurse'",
    ),
    "an emergency phrase that can be talked over": (
        "phrases.yaml",
        lambda path: replace(path, "emergency_stay:", "emergency_stay:\n    interruptible: true"),
        "phrases.emergency_",
    ),
    "a file that is missing": ("persona.yaml", lambda path: path.unlink(), "no such file"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_its_file_and_line(folder: Path, what: str) -> None:
    name, spoil, said = WRONG[what]
    spoil(folder / name)
    with pytest.raises(ContentError) as raised:
        load(folder)
    message = str(raised.value)
    assert name in message and said in message, message
    assert "\n" not in message
    assert raised.value.line is not None or what == "a file that is missing"


def test_a_latched_flow_is_not_left_by_its_own_moves() -> None:
    dialogs = load()
    for flow, name, state in states(dialogs):
        if dialogs.flows[flow].latched:
            ways = [move.to for move in state.moves if move.to] + [state.timeout.to]
            assert all(way.startswith(f"{flow}.") for way in ways), name
            assert {"anything"} <= {move.intent for move in state.moves}, f"{name} has an answer to everything"


def test_every_intent_that_words_decide_is_used_and_event_intents_have_no_wording() -> None:
    dialogs = load()
    used = {move.intent for _, _, state in states(dialogs) for move in state.moves}
    used |= {move.intent for move in dialogs.everywhere.moves}
    assert set(dialogs.intents.intents) <= used
    assert not EVENT_INTENTS & set(dialogs.intents.intents)


def test_every_phrase_is_used() -> None:
    dialogs = load()
    used = {key for _, _, state in states(dialogs) for key in [*state.say, *state.timeout.say]}
    used |= {key for _, _, state in states(dialogs) for move in state.moves for key in move.say}
    used |= {key for move in [*dialogs.everywhere.moves, dialogs.everywhere.cleared] for key in move.say}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (HERE.parent / "robot").rglob("*.py"))
    unused = {key for key in set(dialogs.phrases.phrases) - used if f'"{key}"' not in code}
    assert unused == set()


def test_phrases_that_code_names_exist() -> None:
    phrases = load().phrases.phrases
    named = {"cannot_say", "one_moment", "answer_source", "answer_not_for_you", "nothing_known", "nothing_to_repeat"}
    assert named | {"trouble_hearing", "trouble_device", "trouble_thinking"} <= set(phrases)
    with_places = {key for key, phrase in phrases.items() if re.search(r"[{}]", phrase.en + phrase.zh)}
    filled = {"answer_source", "did_you_mean", "medicine_allergy", "reminder", "recall_once_more", "we_spoke_about"}
    assert with_places == filled, "only code that knows the values fills places in"


def test_emergency_phrases_may_not_be_interrupted() -> None:
    dialogs = load()
    for flow, name, state in states(dialogs):
        if dialogs.flows[flow].latched:
            for key in {*state.say, *state.timeout.say, *(key for move in state.moves for key in move.say)}:
                assert not dialogs.phrases.phrases[key].interruptible, (name, key)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{}", "a step says something or does something"),
        ("{say: hello, audio: none.flac}", "no such recording"),
        ("{say: hello, pause_s: 9999}", "less than or equal to 120"),
        ("{do: dance}", "unplug_microphone"),
        ("{say: hello, expekt: {}}", "unknown key"),
    ],
)
def test_a_wrong_scenario_is_named(tmp_path: Path, step: str, said: str) -> None:
    path = tmp_path / "visit.yaml"
    path.write_text(f"title: A visit\nsteps:\n  - {step}\n", encoding="utf-8")
    with pytest.raises(ContentError) as raised:
        load_scenario(path)
    assert said in str(raised.value)
    assert raised.value.line == 3
