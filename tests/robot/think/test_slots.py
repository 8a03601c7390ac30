"""Answers to what was asked for: numbers, yes and no, how long, when, one of several."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.model import Slot
from robot.events import Language
from robot.think.slots import in_passing, moment_s, read_slot, since_days, yes_or_no
from tests.conversations import shared

NOW = datetime(2026, 11, 25, 14, 0)


def slot(kind: str, **changes: Any) -> Slot:
    return Slot.model_validate({"name": "x", "kind": kind, **changes})


SCALE = slot("scale", low=0, high=10)
PORTIONS = slot("number", low=0, high=20, unit="times")


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("seven", "en", 7),
        ("about 7 I think", "en", 7),
        ("seven out of ten", "en", 7),
        ("七分", "zh", 7),
        ("十分里七分", "zh", 7),
        ("大概八分吧", "zh", 8),
        ("10/10", "en", 10),
        ("it is unbearable", "en", 10),
        ("满分", "zh", 10),
        ("twenty", "en", None),
        ("a lot", "en", None),
        ("", "en", None),
    ],
)
def test_a_scale(text: str, language: Language, value: float | None) -> None:
    assert read_slot(SCALE, text, language, NOW) == value


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [("two", "en", 2), ("twice", "en", 2), ("never", "en", 0), ("两份", "zh", 2), ("三次", "zh", 3), ("从不", "zh", 0)],
)
def test_a_number_of_times(text: str, language: Language, value: float) -> None:
    assert read_slot(PORTIONS, text, language, NOW) == value


@pytest.mark.parametrize(
    ("text", "language", "days"),
    [
        ("since yesterday", "en", 1),
        ("for three days", "en", 3),
        ("two weeks", "en", 14),
        ("from Monday on, for a week", "en", 7),
        ("昨天开始的", "zh", 1),
        ("三天了", "zh", 3),
        ("两个星期", "zh", 14),
        ("all my life", "en", 7300),
        ("no idea", "en", None),
    ],
)
def test_since_when(text: str, language: Language, days: float | None) -> None:
    found = since_days(text, language, NOW)
    assert found == (None if days is None else pytest.approx(days, abs=1.0))


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        ("in two hours", "en", 7200),
        ("in half an hour", "en", 1800),
        ("at three", "en", 3600),
        ("at one", "en", 23 * 3600),
        ("at one in the morning", "en", 11 * 3600),
        ("两小时后", "zh", 7200),
        ("下午三点", "zh", 3600),
        ("whenever", "en", None),
    ],
)
def test_when(text: str, language: Language, seconds: float | None) -> None:
    assert moment_s(text, language, NOW) == (None if seconds is None else pytest.approx(seconds, abs=1))


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("yes", "en", True),
        ("yeah a bit", "en", True),
        ("no not really", "en", False),
        ("not at all", "en", False),
        ("有一点", "zh", True),
        ("没有", "zh", False),
        ("不疼", "zh", False),
        ("purple", "en", None),
    ],
)
def test_yes_and_no(text: str, language: Language, value: bool | None) -> None:
    assert yes_or_no(text, language) is value


def test_what_a_complaint_tells_in_passing() -> None:
    assert in_passing("my knee hurts since yesterday, seven out of ten", "en", NOW) == (pytest.approx(1, abs=1), 7)
    assert in_passing("my baby is 3 weeks old and coughs", "en", NOW) == (None, None)


SLOTS = [
    state.slot for flow in shared().dialogs.flows.values() for state in flow.states.values() if state.slot is not None
]


@given(st.sampled_from(SLOTS), st.text(max_size=120), st.sampled_from(["en", "zh"]))
def test_any_words_fill_a_slot_within_its_range_or_do_not(wanted: Slot, text: str, language: Language) -> None:
    value = read_slot(wanted, text, language, NOW)
    if isinstance(value, float) and not isinstance(value, bool):
        assert wanted.low is None or value >= wanted.low
        assert wanted.high is None or value <= wanted.high
    if wanted.kind == "choice":
        assert value is None or value in wanted.choices


@pytest.mark.parametrize("wanted", [each for each in SLOTS if each.kind == "choice"], ids=lambda each: each.name)
def test_the_examples_of_a_choice_mean_it(wanted: Slot) -> None:
    for key, said in wanted.choices.items():
        for language in ("en", "zh"):
            for example in getattr(said, language).examples:
                assert read_slot(wanted, example, language, NOW) == key, example
