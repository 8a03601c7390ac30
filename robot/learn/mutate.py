"""Changes a passage and all that goes with it alike, so that its answer cannot be learned by heart but only be copied.

A change holds for question, evidence and answer: other figures in the same order, another organisation, another food.
What comes out is untrue on purpose; it teaches where to look, and is spoken to nobody.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from dialogs.training import Swaps
from robot.events import Language
from robot.learn.grammar import Grammar, capitalised

Change = Callable[[str], str]

_DIGITS = re.compile(r"(?<![\w.])(?:\d+\.\d+|\d+)(?![\d])|(?<=[\u3000-\u9fff])(?:\d+\.\d+|\d+)(?![\d])")
_LIMITS = ((re.compile(r"%|percent|百分|\baged\b|岁"), 100), (re.compile(r"\bhours?\b|小时"), 24))
"""What the figures of a text stay below, where they are below it now."""
_MOST = 20_000


class Mutator:
    """Makes changes in one language."""

    def __init__(self, swaps: Swaps, grammar: Grammar, language: Language) -> None:
        self._language = language
        self._grammar = grammar
        self._keep = swaps.keep_when_asked
        self._names = [
            (_name_pattern(name, language), many)
            for many, names in ((False, swaps.one_organisation), (True, swaps.many_organisations))
            for name in names
        ]
        self._names.sort(key=lambda pair: -len(pair[0].pattern))
        self._groups: dict[str, tuple[str, ...]] = {word: group for group in swaps.words for word in group}
        self._word = _word_pattern(tuple(self._groups), language)

    def figures(self, text: str, rng: random.Random) -> Change:
        """Other values for the figures of `text`, in the same order of size and with as many decimals.

        A 1 stays, and nothing becomes one: its noun is in the singular.
        """
        found = sorted({Decimal(number) for number in _DIGITS.findall(text)})
        limits = [top for pattern, top in _LIMITS if pattern.search(text) and all(value <= top for value in found)]
        top = Decimal(min(limits, default=_MOST))
        rough = rng.random() < 0.7
        scale = math.exp(rng.uniform(-1.0, 1.0))
        table: dict[Decimal, Decimal] = {}
        last = Decimal(0)
        for value in found:
            if value == 1:
                last = value
                continue
            places = -int(value.as_tuple().exponent)
            step = Decimal(1).scaleb(-places) if places else _step(value, rough)
            wanted = float(value) * scale * math.exp(rng.uniform(-0.04, 0.04)) + (rng.choice((0, 1, 2)) * float(step))
            new = max(step, (Decimal(wanted) / step).to_integral_value() * step)
            new = min(new, top - step * 3)
            while new <= last or new in (1, value):
                new += step
            table[value] = last = new.quantize(Decimal(1).scaleb(-places))

        def change(match: re.Match[str]) -> str:
            new = table.get(Decimal(match[0]))
            return match[0] if new is None else str(new)

        return lambda other: _DIGITS.sub(change, other)

    def organisation(self, text: str, question: str, answer: str, rng: random.Random, *, held: bool) -> Change:
        """Another name for each organisation of `text`; none where question or answer speak of it in other words."""
        low = question.lower()
        if any(part in low for part in self._keep):
            return _same
        names: list[tuple[re.Pattern[str], str]] = []
        for pattern, many in self._names:
            if pattern.search(text):
                names.append((pattern, self._grammar.organisation(rng, many=many, held=held)))

        def change(other: str) -> str:
            for pattern, name in names:
                other = pattern.sub(partial(_like, name=name), other)
            return other

        new_text, new_answer = change(text).lower(), change(answer).lower()
        if any(part in new_answer and part not in new_text for part in self._keep):
            return _same
        return change

    def words(self, text: str, rng: random.Random) -> Change:
        """Another word of the same group for some of those in `text`."""
        present = sorted({match[0].lower() for match in self._word.finditer(text)})
        table = {}
        taken = set(present)
        for word in present:
            free = [other for other in self._groups[word] if other not in taken]
            if free and rng.random() < 0.7:
                table[word] = rng.choice(free)
                taken.add(table[word])

        def change(match: re.Match[str]) -> str:
            new = table.get(match[0].lower(), match[0])
            return capitalised(new) if match[0][0].isupper() else new

        return lambda other: self._word.sub(change, other)


def _same(text: str) -> str:
    return text


def _step(value: Decimal, rough: bool) -> Decimal:
    if not rough or value < 20:
        return Decimal(1)
    return Decimal(5) if value < 100 else Decimal(10) if value < 1000 else Decimal(100)


def _name_pattern(name: str, language: Language) -> re.Pattern[str]:
    """With a group `the` where the name has an article; compounds ("… experts") leave it out."""
    if language == "zh":
        return re.compile(re.escape(name))
    bare = name.removeprefix("the ")
    article = r"(?P<the>\b[Tt]he )?" if bare != name else ""
    return re.compile(rf"{article}\b(?i:{re.escape(bare)})\b")


def _like(match: re.Match[str], name: str) -> str:
    """`name` with article and capital as the name that it replaces."""
    bare = name.removeprefix("the ")
    if "the" in match.re.groupindex:
        return f"{match['the'] or ''}{bare}"
    before = match.string[: match.start()].rstrip()
    return capitalised(name) if not before or before.endswith((".", "!", "?", ":")) else name


def _word_pattern(words: tuple[str, ...], language: Language) -> re.Pattern[str]:
    ordered = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"\b(?:{ordered})\b" if language == "en" else ordered, re.IGNORECASE)
