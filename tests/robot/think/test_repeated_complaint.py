from __future__ import annotations

import pytest

from dialogs import loader
from dialogs.triage import load_triage
from hardware.clock import SystemClock
from robot.app import build_thinking
from robot.config import Config, Embedding, Generation
from robot.content import load_content
from robot.events import Decision, Language, Sensitive, Transcript
from robot.patient import Patient
from robot.stages import Decider
from robot.think.triage.case import Case
from robot.think.triage.clinic import Clinic

CONFIG = Config(embedder=Embedding(engine="none"), generator=Generation(engine="passage"))
CONTENT = load_content()
CLINIC = Clinic(load_triage(loader.HERE / "triage"))


def conversation() -> Decider:
    return build_thinking(CONFIG, CONTENT, patient=Patient(), clock=SystemClock())[0]


def say(decider: Decider, text: str, language: Language) -> Decision:
    decision = decider.decide(Transcript(Sensitive(text), language))
    assert decision is not None
    return decision


@pytest.mark.parametrize(("text", "language"), [("my knee hurts", "en"), ("我膝盖疼", "zh")])
def test_a_complaint_said_three_times_brings_a_person(text: str, language: Language) -> None:
    decider = conversation()
    assert [say(decider, text, language).nurse_call for _ in range(3)] == [False, False, True]


def test_the_count_begins_anew_once_somebody_was_called() -> None:
    decider = conversation()
    calls = [say(decider, "my knee hurts", "en").nurse_call for _ in range(6)]
    assert calls[2] and not calls[3] and not calls[4]


def test_other_complaints_in_between_do_not_hide_it() -> None:
    decider = conversation()
    said = ["my knee hurts", "my ear itches", "my knee hurts", "my ear itches", "my knee hurts"]
    assert say(decider, said[0], "en").action == "ask"
    assert any(say(decider, text, "en").nurse_call for text in said[1:])


def level(text: str) -> str:
    case = Case()
    case.add(CLINIC.read(text, "en"))
    return CLINIC.level(case)


@pytest.mark.parametrize("before", ["my wife says it is nothing but ", "my mother thinks I make too much of it but "])
def test_what_relatives_say_of_it_does_not_make_it_theirs(before: str) -> None:
    assert level(f"{before}i vomit blood") == level("i vomit blood") == "emergency"
    assert level("my wife vomits blood") == "routine"


def test_being_frightened_does_not_lower_the_level() -> None:
    text = "my baby is six weeks old and has a fever"
    assert level(f"I am panicking, {text}") == level(text)
