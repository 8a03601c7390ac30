"""Reads the figures out of a sentence: digits, number words and Chinese numerals, each with its unit.

Two sentences with the same figures say the same amounts, however these are written: "five grams", "5 g", "五克".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from dialogs.never import Unit


class Figure(NamedTuple):
    """A value and the name of its unit (`grams`); the unit is empty where none of the known ones follows."""

    value: Decimal
    unit: str


class Expression(NamedTuple):
    """Figures that belong together, with their unit, and where they stand in the text."""

    start: int
    end: int
    figures: tuple[Figure, ...]


def narrow(text: str) -> str:
    """Lower case, with full-width and other compatibility characters as plain ones (NFKC)."""
    return unicodedata.normalize("NFKC", text).lower()


_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_SMALL += " seventeen eighteen nineteen"
_WORDS: dict[str, int] = {word: value for value, word in enumerate(_SMALL.split())}
_WORDS |= {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
_FIXED = {
    "half": (Decimal("0.5"), ""),
    "quarter": (Decimal("0.25"), ""),
    "twice": (Decimal(2), "times"),
    "double": (Decimal(2), "times"),
    "triple": (Decimal(3), "times"),
}
NUMBER_WORDS = (*_WORDS, *_SCALES, *_FIXED)
"""English words that are numbers."""
_NUMBER_WORD = "|".join(sorted([*_WORDS, *_SCALES], key=len, reverse=True))

_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_EN_NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})|\b(?P<fixed>{'|'.join(_FIXED)})\b"
    rf"|\b(?P<words>(?:{_NUMBER_WORD})(?:(?:[ -]|\s+and\s+)(?:{_NUMBER_WORD})\b)*"
    rf"(?:\s+point(?:\s+(?:{_NUMBER_WORD}))+)?)\b"
)

_ZH_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ZH_SCALES = {"十": 10, "百": 100, "千": 1000}
_ZH_CHARS = "零〇一二三四五六七八九十百千万亿两"
_ZH_NUMBER = re.compile(
    rf"(?P<percent>百分之)?(?:(?P<digits>{_DIGITS})(?P<scale>[千万亿])?(?![卡克米瓦]\b)|(?P<words>[{_ZH_CHARS}]+(?:点[零〇一二三四五六七八九]+)?)|(?P<half>半))"
)
_ZH_NO_NUMBER = re.compile(
    r"十分(?!钟)|万一|千万(?=不|别|要|记)|一点(?![零〇一二三四五六七八九])|一(?:些|定|起|般|样|直|下|边|旦|向|律|致|切|同|旁|段|会儿|口气|并|共|块儿)|统一|唯一|四肢|五官|第一|三心二意|四周|四处|周[一二三四五六]|星期[一二三四五六]"
    r"|礼拜[一二三四五六]|万能|千方百计|百科|七上八下|乱七八糟|一一|其一|之一|另一|每一|逐一|哪一"
)


def idle_numerals(low: str) -> list[str]:
    """What is written with Chinese numerals in `low` and is no figure ("四处"), from its first numeral on."""
    found = (re.search(f"[{_ZH_CHARS}].*", match[0]) for match in _ZH_NO_NUMBER.finditer(low))
    return [rest[0] for rest in found if rest is not None and not rest[0].startswith(("一", "十", "千万"))]


class FigureReader:
    """Finds the figures of a text; the units come from `dialogs/never.yaml`."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        names = {alias.lower(): name for name, unit in units.items() for alias in unit.en}
        self._en_units = names
        ordered = sorted(names, key=len, reverse=True)
        self._en_unit = re.compile(rf"[ -]?(?:of )?(?:an? )?({'|'.join(map(re.escape, ordered))})(?![a-z])")
        self._zh_units = {alias: name for name, unit in units.items() for alias in unit.zh}
        ordered = sorted(self._zh_units, key=len, reverse=True)
        self._zh_unit = re.compile(rf" ?(?:个|多|来)?({'|'.join(map(re.escape, ordered))})")
        self._to = re.compile(r" ?(?:to|and|or|-|–|—|~|至|到|或|和|、) ?(?=[\d零〇一二三四五六七八九十百千万两a-z])")

    def read(self, text: str) -> list[Figure]:
        """The figures of `text` in order. In "7 to 9 hours" both numbers have the unit."""
        return [figure for expression in self.expressions(narrow(text)) for figure in expression.figures]

    def expressions(self, low: str) -> list[Expression]:
        """Where figures stand in `low`, which is `narrow` already: a range ("7 to 9 hours") is one expression."""
        found = sorted([*self._english(low), *self._chinese(low)])
        expressions: list[Expression] = []
        figures: list[Figure] = []
        start = None
        for index, (begin, end, value, unit) in enumerate(found):
            following = found[index + 1] if index + 1 < len(found) else None
            link = self._to.match(low, end) if following and not unit else None
            ranged = following is not None and link is not None and link.end() == following[0]
            figures.append(Figure(value, following[3] if following and ranged else unit))
            start = begin if start is None else start
            if not ranged:
                expressions.append(Expression(start, end, tuple(figures)))
                figures, start = [], None
        return expressions

    def _unit(self, text: str, end: int) -> tuple[str, int]:
        if after := self._en_unit.match(text, end):
            return self._en_units[after[1]], after.end()
        if after := self._zh_unit.match(text, end):
            return self._zh_units[after[1]], after.end()
        return "", end

    def _english(self, text: str) -> list[tuple[int, int, Decimal, str]]:
        found = []
        for match in _EN_NUMBER.finditer(text):
            end = match.end()
            if match["digits"]:
                start = match.start()
                if text[end : end + 1] in ("千", "万", "亿") or text[max(0, start - 3) : start] == "百分之":
                    continue  # the Chinese reading below takes it
                value = Decimal(match["digits"].replace(",", ""))
                unit, end = self._unit(text, end)
            elif match["fixed"]:
                value, unit = _FIXED[match["fixed"]]
                if not unit:
                    unit, end = self._unit(text, end)
            else:
                value = _english_value(match["words"])
                unit, end = self._unit(text, end)
                if match["words"] == "one" and not unit:
                    continue  # a pronoun far more often than a figure
            found.append((match.start(), end, value, unit))
        return found

    def _chinese(self, text: str) -> list[tuple[int, int, Decimal, str]]:
        idle = [match.span() for match in _ZH_NO_NUMBER.finditer(text)]
        found = []
        for match in _ZH_NUMBER.finditer(text):
            start, end = match.span()
            if any(low <= start < high for low, high in idle):
                continue
            if match["digits"]:
                if not (match["scale"] or match["percent"]):
                    continue  # read as English already
                value = Decimal(match["digits"].replace(",", ""))
                value *= {"千": 1000, "万": 10_000, "亿": 100_000_000}.get(match["scale"] or "", 1)
            elif match["half"]:
                value = Decimal("0.5")
            else:
                value = _chinese_value(match["words"])
            unit, end = ("percent", end) if match["percent"] else self._unit(text, end)
            if not unit and match[0] in ("一", "半"):
                continue
            found.append((start, end, value, unit))
        return found


def _english_value(words: str) -> Decimal:
    whole, _, fraction = words.partition(" point ")
    total = current = 0
    for word in re.findall("[a-z]+", whole):
        if word in _WORDS:
            current += _WORDS[word]
        elif word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, 0
    value = Decimal(total + current)
    if fraction:
        value += Decimal("0." + "".join(str(_WORDS[word]) for word in fraction.split() if word in _WORDS))
    return value


def _chinese_value(words: str) -> Decimal:
    whole, _, fraction = words.partition("点")
    total = section = digit = 0
    plain = [str(_ZH_DIGITS[char]) for char in whole if char in _ZH_DIGITS]
    if len(plain) == len(whole) and len(whole) > 1:  # read digit by digit: 二零二四
        total = int("".join(plain))
    else:
        for char in whole:
            if char in _ZH_DIGITS:
                digit = _ZH_DIGITS[char]
            elif char in _ZH_SCALES:
                section, digit = section + max(digit, 1) * _ZH_SCALES[char], 0
            else:
                total = (total + max(section + digit, 1)) * (10_000 if char == "万" else 100_000_000)
                section = digit = 0
        total += section + digit
    value = Decimal(total)
    if fraction:
        value += Decimal("0." + "".join(str(_ZH_DIGITS[char]) for char in fraction))
    return value
