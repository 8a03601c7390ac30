"""Ways in which a sentence can be made to say something wrong: each takes a true one and changes one thing in it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from dialogs.medicines import shipped
from dialogs.never import Unit
from robot.events import Language
from robot.think.figures import Expression, FigureReader, narrow

Slip = Callable[[str, Language, random.Random], "str | None"]
"""The sentence with one thing wrong, or None where it has nothing of that kind."""

_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_EN_SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
_ZH_SMALL = "零 一 二 三 四 五 六 七 八 九 十 十一 十二".split()

_OPPOSITE: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("no more than", "no less than"),
        ("less than", "more than"),
        ("fewer than", "more than"),
        ("at least", "at most"),
        ("up to", "at least"),
        ("below", "above"),
        ("under", "over"),
        ("or more", "or less"),
        ("and over", "and under"),
        ("better", "worse"),
        ("higher", "lower"),
        ("more", "less"),
    ),
    "zh": (
        ("不超过", "不少于"),
        ("少于", "多于"),
        ("低于", "高于"),
        ("至少", "至多"),
        ("最多", "最少"),
        ("以上", "以下"),
        ("以内", "以上"),
    ),
}
_ONLY_AT_FIGURES = frozenset(
    ("up to", "under", "over", "below", "above", "以上", "以下", "以内", "at least", "at most")
)
_AT_FIGURE = r"(?<![a-z]){0}(?= (?:about )?\d)|(?<=[克升杯次天岁种钟时\d]){0}"
"""Words that compare where a figure stands beside them, and mean other things elsewhere."""
_DENY: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\bdo not ", ""),
        (r"\bdoes not ", "does "),
        (r"\bcannot\b", "can"),
        (r"\b(is|are|was|were|can|should|may|must|will) not\b", r"\1"),
        (r"\bnever\b", "always"),
        (r"\bwithout\b", "with"),
        (r"\bno longer\b", "still"),
        (r"\b(is|are|can|should|may|must|will|helps?|counts?|do|does)\b(?! not)", r"\1 not"),
        (r"\b(eat|drink|keep|take|have|use|add|choose|walk|sit|sleep|tell|ask)\b", r"do not \1"),
    ),
    "zh": (
        ("不要", "要"),
        ("不能", "能"),
        ("不用", "要"),
        ("不算", "算"),
        ("不是", "是"),
        ("没有", "有"),
        ("(?<!不)(能|要|算|会|是)(?![不点])", r"不\1"),
        ("(建议|可以|应该|有助于|选)", r"不\1"),
    ),
}
_LATIN_NAMES = ("ibuprofen", "metformin", "warfarin", "aspirin", "melatonin", "lisinopril", "sertraline")
_SHORT = 4


class Slips:
    """The slips, for the units of `dialogs/never.yaml`."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._reader = FigureReader(units)
        self.kinds: dict[str, Slip] = {
            "figure": self.figure,
            "unit": self.unit,
            "comparison": comparison,
            "negation": negation,
            "medicine": medicine,
        }

    def figure(self, text: str, language: Language, chance: random.Random) -> str | None:
        """Another number, in digits or in words."""
        expression = self._any(text, chance)
        if expression is None:
            return None
        number = _DIGITS.search(text, expression.start, expression.end)
        if number is None:
            return None
        new = other_number(number[0], chance)
        small = _ZH_SMALL if language == "zh" else _EN_SMALL
        if new.isdigit() and int(new) < len(small) and chance.random() < 0.5:
            new = small[int(new)]
        return text[: number.start()] + new + text[number.end() :]

    def unit(self, text: str, language: Language, chance: random.Random) -> str | None:
        """The same number of something else."""
        expression = self._any(text, chance)
        if expression is None or not expression.figures[-1].unit:
            return None
        name = expression.figures[-1].unit
        aliases = self._units[name].zh if language == "zh" else self._units[name].en
        span = text[expression.start : expression.end]
        old = max((alias for alias in aliases if span.lower().endswith(alias)), key=len, default=None)
        others = [unit.zh if language == "zh" else unit.en for key, unit in self._units.items() if key != name]
        if old is None:
            return None
        new = chance.choice([each[-1] for each in others if each and each[-1] not in ("$", "°", "口气")])
        space = " " if language == "en" and not span[: -len(old)].endswith((" ", "-")) else ""
        return text[: expression.end - len(old)] + space + new + text[expression.end :]

    def _any(self, text: str, chance: random.Random) -> Expression | None:
        if len(low := narrow(text)) != len(text):
            return None
        found = self._reader.expressions(low)
        return chance.choice(found) if found else None


def other_number(digits: str, chance: random.Random) -> str:
    """A number that is not `digits`, of the same kind."""
    old = Decimal(digits.replace(",", ""))
    step = Decimal(1).scaleb(int(old.as_tuple().exponent))
    ways = (old * 10, old + step, old + step * chance.randint(2, 40), old * 2, abs(old - step) or old + step)
    new = chance.choice(ways)
    return format(new if new != old else old + step, "f")


def comparison(text: str, language: Language, chance: random.Random) -> str | None:
    """The other side of a figure."""
    pairs = [*_OPPOSITE[language], *((there, here) for here, there in _OPPOSITE[language])]
    chance.shuffle(pairs)
    for here, there in pairs:
        found = re.search(_AT_FIGURE.format(here) if here in _ONLY_AT_FIGURES else rf"(?<![a-z]){here}(?![a-z])", text)
        if found and not re.search(r"\b(?:no|not)\s$|不$", text[: found.start()]):
            return text[: found.start()] + there + text[found.start() + len(here) :]
    return None


def negation(text: str, language: Language, chance: random.Random) -> str | None:
    """The opposite of a clause."""
    ways = list(_DENY[language])
    chance.shuffle(ways)
    for pattern, new in ways:
        changed = re.sub(pattern, new, text, count=1)
        if changed != text:
            return changed
    return None


def medicine(text: str, language: Language, chance: random.Random) -> str | None:
    """A medicine in the place of a word."""
    if language == "zh":
        places = [match.start() for match in re.finditer("[吃喝用选和加]", text)]
        if not places:
            return None
        at = chance.choice(places) + 1
        return text[:at] + chance.choice(shipped().zh.names) + text[at:]
    words = [match for match in re.finditer(r"\b[a-z]+\b", text) if len(match[0]) > _SHORT]
    if not words:
        return None
    word = chance.choice(words)
    return text[: word.start()] + chance.choice([*_LATIN_NAMES, *shipped().en.names]) + text[word.end() :]
