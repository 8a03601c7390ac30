"""What people say to a question of the robot in speech: ranges, halves, slips of the tongue, echoes of the verb."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialogs.model import Slot
from dialogs.triage import load_triage
from robot.events import Language
from robot.think.slots import read_slot
from robot.think.triage.clinic import Clinic

NOW = datetime(2026, 11, 25, 16)
TIMES = Slot(name="x", kind="number", low=0, high=20, unit="times")
HOURS = Slot(name="x", kind="number", low=0, high=16, unit="hours")
MOMENT = Slot(name="x", kind="moment")
YES_NO = Slot(name="x", kind="yes_no")


@pytest.mark.parametrize(
    ("slot", "language", "said", "meant"),
    [
        (TIMES, "en", "nine, no wait, actually three", 3),
        (TIMES, "en", "six, sorry, seven", 7),
        (TIMES, "en", "three, actually", 3),
        (TIMES, "en", "two, maybe three", 2.5),
        (TIMES, "zh", "九份，不对，三份", 3),
        (TIMES, "zh", "三四份", 3.5),
        (TIMES, "zh", "十二份", 12),
        (HOURS, "en", "eight hours, no I mean seven", 7),
        (HOURS, "zh", "六个半小时", 6.5),
        (HOURS, "zh", "七个钟头", 7),
        (HOURS, "zh", "一个半钟头", 1.5),
        (MOMENT, "en", "in half an hour", 1800),
        (MOMENT, "zh", "半小时后", 1800),
        (MOMENT, "zh", "两个半小时以后", 9000),
        (YES_NO, "zh", "很少喝", False),
        (YES_NO, "zh", "喝", True),
        (YES_NO, "zh", "天天喝", True),
        (YES_NO, "zh", "不加", False),
        (YES_NO, "en", "rarely", False),
        (YES_NO, "en", "some times", True),
        (YES_NO, "en", "dunno", None),
    ],
)
def test_an_answer_is_read_as_it_is_said(slot: Slot, language: Language, said: str, meant: float | bool | None) -> None:
    assert read_slot(slot, said, language, NOW) == meant


@pytest.mark.parametrize("said", ["五六个小时", "五六个钟头"])
def test_two_digits_side_by_side_are_a_range(said: str) -> None:
    value = read_slot(HOURS, said, "zh", NOW)
    assert isinstance(value, float) and 5 <= value <= 6


@pytest.mark.parametrize("said", ["Four out of ten.", "three out of 10", "0 out of 10"])
def test_a_mild_pain_on_the_scale_is_not_a_severe_one(said: str) -> None:
    assert Clinic(load_triage()).read(said, "en") == []
