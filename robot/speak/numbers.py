"""Numbers as words: digits, decimals and simple fractions, in English and Chinese.

Ours, and not the text-normalization library's, because a figure of an advice must be right every time: the library
reads "1,500" as "thousand five hundred", and in Chinese any bare 120 as a telephone number (docs/decisions/0003).
"""

from __future__ import annotations

import re
from itertools import groupby

from robot.events import Language

NUMBER = r"(?:[1-9]/(?:[2-9]|10)(?![\d/.])|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)"
"""What `say_number` takes: 1500, 1,500.25, 0.5, 3/4."""

_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
""".split()
_ONES, _TENS = _WORDS[:20], _WORDS[:1] + _WORDS[10:11] + _WORDS[20:]
_GROUPS = ("", " thousand", " million", " billion")
_PARTS = ("", "", "half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_DIGITS_ZH = "零一二三四五六七八九"
_LONGEST = 12
"""More digits than this are no quantity; they are read one by one."""


def say_number(written: str, language: Language) -> str:
    """`written` (see `NUMBER`) as words. A leading zero, or more than 12 digits, makes it digit by digit."""
    if "/" in written:
        above, _, below = written.partition("/")
        return _fraction(int(above), int(below), language)
    whole, point, decimals = written.replace(",", "").partition(".")
    if len(whole) > _LONGEST or (len(whole) > 1 and whole[0] == "0"):
        spoken = say_digits(whole, language)
    elif language == "zh":
        spoken = _chinese(int(whole))
    else:
        spoken = _english(int(whole))
    if not point:
        return spoken
    if language == "zh":
        return spoken + "点" + "".join(_DIGITS_ZH[int(digit)] for digit in decimals)
    return f"{spoken} point {say_digits(decimals, 'en')}"


def say_digits(written: str, language: Language) -> str:
    """Digit by digit, as telephone numbers are read; Chinese says 幺 for 1. Other characters are pauses."""
    if language == "zh":
        return "".join("幺" if digit == "1" else _DIGITS_ZH[int(digit)] for digit in re.sub(r"\D", "", written))
    groups = [" ".join(_ONES[int(digit)] for digit in group) for group in re.findall(r"\d+", written)]
    return ", ".join(groups)


def _fraction(above: int, below: int, language: Language) -> str:
    if language == "zh":
        return f"{_chinese(below)}分之{_chinese(above)}"
    part = _PARTS[below]
    return f"{_ONES[above]} {part if above == 1 else 'halves' if below == 2 else part + 's'}"


def _english(number: int) -> str:
    if number < 1000:
        return _english_group(number)
    words = []
    for power in range(len(_GROUPS) - 1, -1, -1):
        group, number = divmod(number, 1000**power)
        if group:
            words.append(_english_group(group) + _GROUPS[power])
    return " ".join(words)


def _english_group(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{_ONES[hundreds]} hundred" + (f" {_english_group(rest)}" if rest else "")


def _chinese(number: int) -> str:
    """四万五千零二十: groups of four digits; a gap is one 零; ten to nineteen begin with 十."""
    if number == 0:
        return "零"
    words, skipped = "", False
    for power, name in ((2, "亿"), (1, "万"), (0, "")):
        group, number = divmod(number, 10_000**power)
        if group:
            gap = "零" if words and (group < 1000 or skipped) else ""
            words += gap + _chinese_group(group) + name
        skipped = not group
    return words.removeprefix("一") if words.startswith("一十") else words


def _chinese_group(number: int) -> str:
    digits = f"{number:04d}"
    words = "".join(
        "零" if digit == "0" else _DIGITS_ZH[int(digit)] + name
        for digit, name in zip(digits, ("千", "百", "十", ""), strict=True)
    )
    return "".join("零" if key == "零" else "".join(run) for key, run in groupby(words)).strip("零")
