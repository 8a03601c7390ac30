"""The display shows one whole picture after another, made from the conversation's events."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from hardware.ports import Floor
from hardware.simulated import SimulatedDisplay
from robot.events import (
    Decision,
    Event,
    Fault,
    FloorChanged,
    Say,
    Sensitive,
    Sentence,
    Source,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from robot.speak.caption import Captions

SOURCE = Source("salt", "Salt", "WHO", 2020)
ONE = Sentence("Less salt.", "en", "salt", "passage", sources=(SOURCE,))
TWO = Sentence("Five grams.", "en", "salt", "passage", sources=(SOURCE,))


def shown(*events: Event) -> Any:
    display = SimulatedDisplay()
    captions = Captions(display)
    for event in events:
        captions(event)
    return display.screens[-1]


def decided(**changes: Any) -> Decision:
    return Decision(**{"intent": "question", "state": "menu.waiting", "action": "answer"} | changes)


@pytest.mark.parametrize("floor", get_args(Floor))
def test_the_floor_and_the_listening_light(floor: Floor) -> None:
    screen = shown(FloorChanged("patient"), FloorChanged("robot"), FloorChanged(floor))
    assert screen.floor == floor
    assert screen.listening == (floor in ("nobody", "patient", "paused"))


def test_both_sides_are_captioned() -> None:
    screen = shown(Transcript(Sensitive("how much salt")), decided(effects=(Say((ONE, TWO)),)), ONE, TWO)
    assert screen.patient_caption == "how much salt"
    assert screen.robot_caption == "Less salt. Five grams."
    assert (screen.source, screen.rung, screen.state) == ("WHO 2020", "passage", "menu.waiting")


def test_a_new_utterance_clears_the_old_words_of_the_patient_only() -> None:
    screen = shown(Transcript(Sensitive("how much salt")), ONE, SpeechStarted(1.0))
    assert (screen.patient_caption, screen.robot_caption) == ("", "Less salt.")


def test_a_new_reply_replaces_the_caption_of_the_last() -> None:
    assert shown(ONE, decided(), TWO).robot_caption == "Five grams."


def test_what_is_still_sounding_keeps_its_caption_when_nothing_new_is_said() -> None:
    """The rest of a sentence whose beginning raised the alarm is decided while the emergency sentence sounds."""
    assert shown(decided(urgency="emergency"), ONE, decided(urgency="emergency")).robot_caption == "Less salt."


@pytest.mark.parametrize(("urgency", "alert"), [("emergency", "emergency"), ("urgent", "emergency"), (None, "")])
def test_an_emergency_is_on_the_screen_as_long_as_it_lasts(urgency: Any, alert: str) -> None:
    assert shown(decided(urgency="emergency"), decided(urgency=urgency)).alert == alert


def test_a_fault_is_shown_but_does_not_hide_an_emergency() -> None:
    assert shown(Fault("microphone_gone", "trouble_device")).alert == "microphone_gone"
    assert shown(decided(urgency="emergency"), Fault("generator_late", "trouble_thinking")).alert == "emergency"


def test_the_display_is_told_only_of_changes() -> None:
    display = SimulatedDisplay()
    captions = Captions(display)
    for event in (FloorChanged("patient"), FloorChanged("patient"), SpeechEnded(1.0, 0.5)):
        captions(event)
    assert len(display.screens) == 1


def test_chinese_sentences_are_joined_without_a_space() -> None:
    one, two = (Sentence(text, "zh", "salt", "passage") for text in ("少吃盐。", "每天五克。"))
    assert shown(decided(language="zh"), one, two).robot_caption == "少吃盐。每天五克。"
