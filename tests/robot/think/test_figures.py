from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialogs
from dialogs.never import load_never
from robot.think.figures import Figure, FigureReader

READER = FigureReader(load_never(Path(dialogs.__file__).parent / "never.yaml").units)


def read(text: str) -> list[tuple[str, str]]:
    return [(format(figure.value.normalize(), "f"), figure.unit) for figure in READER.read(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("less than 5 g of salt", [("5", "grams")]),
        ("less than five grams of salt", [("5", "grams")]),
        ("7 to 9 hours", [("7", "hours"), ("9", "hours")]),
        ("7–9 hours", [("7", "hours"), ("9", "hours")]),
        ("seven or eight hours", [("7", "hours"), ("8", "hours")]),
        ("2,300 mg", [("2300", "milligrams")]),
        ("two thousand three hundred milligrams", [("2300", "milligrams")]),
        ("one hundred and fifty minutes", [("150", "minutes")]),
        ("twenty-five kinds", [("25", "kinds")]),
        ("one point five litres", [("1.5", "litres")]),
        ("10% of your energy", [("10", "percent")]),
        ("ten per cent", [("10", "percent")]),
        ("half an hour", [("0.5", "hours")]),
        ("about half of it", [("0.5", "")]),
        ("twice a week", [("2", "times")]),
        ("one of the best ways", []),
        ("one glass a day", [("1", "glasses")]),
        ("between 18 and 64 years", [("18", "years"), ("64", "years")]),
        ("a 30-minute walk", [("30", "minutes")]),
        ("少于5克", [("5", "grams")]),
        ("少于五克", [("5", "grams")]),
        ("两千三百毫克", [("2300", "milligrams")]),
        ("一百五十分钟", [("150", "minutes")]),
        ("7到9小时", [("7", "hours"), ("9", "hours")]),
        ("七到九个小时", [("7", "hours"), ("9", "hours")]),
        ("一点五升", [("1.5", "litres")]),
        ("百分之三十", [("30", "percent")]),
        ("百分之30", [("30", "percent")]),
        ("半小时", [("0.5", "hours")]),
        ("6千步", [("6000", "steps")]),
        ("一万步", [("10000", "steps")]),
        ("三个苹果", [("3", "")]),
        ("一些蔬菜一起吃，十分好，千万不要急", []),
        ("每天一杯", [("1", "glasses")]),
        ("５克", [("5", "grams")]),
    ],
)
def test_figures_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


ONES = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """The usual reading of 1…99999."""
    parts, zero = "", False
    for power, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            parts += ("零" if zero and parts else "") + ONES[digit] + name
            zero = False
        else:
            zero = bool(parts)
    return parts


def english(number: int) -> str:
    """The usual reading of 1…99999."""
    small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    ones = [*small.split(), "seventeen", "eighteen", "nineteen"]
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{ones[number % 10]}" if number % 10 else "")
    name, size = ("thousand", 1000) if number >= 1000 else ("hundred", 100)
    rest = number % size
    return f"{english(number // size)} {name}" + (f" {english(rest)}" if rest else "")


@given(st.integers(2, 99_999))
def test_every_way_of_writing_a_number_is_the_same_figure(number: int) -> None:
    expected = [Figure(Decimal(number), "grams")]
    assert READER.read(f"{number} g") == expected
    assert READER.read(f"{number:,} grams") == expected
    assert READER.read(f"{english(number)} grams") == expected
    assert READER.read(f"{chinese(number)}克") == expected


@given(st.text(max_size=100))
def test_any_text_can_be_read(text: str) -> None:
    assert all(figure.value >= 0 for figure in READER.read(text))
