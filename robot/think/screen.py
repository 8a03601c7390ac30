"""Hears an emergency in what a patient says: patterns of `dialogs/redflags.yaml` on a plain form of the words.

It needs no model and no context, so it works on partial transcripts and with everything else down. Patterns of both
languages are always tried, because people mix them, on every way to read the text (`robot.think.plain`). A near miss
("no chest pain", "my neighbour had a stroke") is only believed when it touches the match inside its own clause; more
words elsewhere can raise a flag but never remove one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from dialogs.redflags import Grammar, NearMiss, RedFlags, Signs, beginning, ending, whole
from robot.events import Language
from robot.think.plain import PlainText, Reader

_NEAR = 80
"""Characters on either side of one of a flag's words in which its patterns are tried: twelve words of a sentence."""
_BEFORE = 60
_SHORTER = 8
_RECENT = 4
_STEM = 3
_LIST = 240
"""Characters before a match in which a list of what is denied may begin."""


@dataclass(frozen=True, slots=True)
class RedFlag:
    """An emergency in a text: its class, how urgent it is, and where its words stand in the text."""

    id: str
    urgency: Literal["emergency", "urgent"]
    span: tuple[int, int]


class RedFlagScreen:
    """Finds red flags in English, Chinese and mixed text."""

    def __init__(self, redflags: RedFlags) -> None:
        grammars: list[tuple[Grammar, Language]] = [(redflags.en, "en"), (redflags.zh, "zh")]
        self._urgency = {key: flag.urgency for key, flag in redflags.flags.items()}
        self._reader = Reader(redflags)
        self._stems: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._parts: list[tuple[str, int]] = []
        self._detectors: list[_Detector] = []
        for grammar, language in grammars:
            excuses = [_Excuse(rule, grammar) for rules in grammar.near_misses.values() for rule in rules]
            for key, flag in redflags.flags.items():
                signs = flag.en if language == "en" else flag.zh
                for word in signs.words:
                    if language == "en":
                        self._stems[word[:_STEM]].append((word, len(self._detectors)))
                    else:
                        self._parts.append((word, len(self._detectors)))
                own = [excuse for excuse in excuses if excuse.holds_for(key)]
                self._detectors.append(_Detector(key, signs, grammar, own))

    def screen(self, text: str, language: Language) -> tuple[RedFlag, ...]:
        """The red flags in `text`, one of each class at most, in the order of the file.

        `text` may be final or partial, any length; `language` is what the recognizer believed and decides nothing.
        """
        found: dict[str, tuple[int, int]] = {}
        for plain in self._reader.readings(text):
            for number, places in sorted(self._places(plain).items()):
                detector = self._detectors[number]
                if detector.id not in found and (span := detector.find(plain, places)):
                    found[detector.id] = plain.original(*span)
        return tuple(RedFlag(key, self._urgency[key], found[key]) for key in self._urgency if key in found)

    def names(self, text: str) -> bool:
        """Whether a pattern fits `text`, meant or not: "I have no chest pain" names chest pain."""
        for plain in self._reader.readings(text):
            places = self._places(plain)
            if any(self._detectors[number].names(plain, near) for number, near in places.items()):
                return True
        return False

    def _places(self, plain: PlainText) -> dict[int, list[int]]:
        """Where one of its words stands, for every detector that has any in the text."""
        places: dict[int, list[int]] = defaultdict(list)
        stems = self._stems
        for word, start in plain.words:
            for stem, number in stems.get(word[:_STEM], ()):
                if word.startswith(stem):
                    places[number].append(start)
        if plain.chinese:
            for part, number in self._parts:
                start = plain.text.find(part)
                while start >= 0:
                    places[number].append(start)
                    start = plain.text.find(part, start + 1)
        return places


class _Excuse:
    """A near-miss rule, compiled."""

    def __init__(self, rule: NearMiss, grammar: Grammar) -> None:
        fragments = grammar.fragments
        self._not_for = frozenset(rule.not_for)
        self._only_for = frozenset(rule.only_for)
        self._before = ending(rule.before, fragments) if rule.before else None
        self._match = beginning(rule.match, fragments) if rule.match else None
        self._after = beginning(rule.after, fragments) if rule.after else None
        self._unless = whole(rule.unless, fragments) if rule.unless else None
        self._breaks = re.compile("|".join(grammar.breaks))

    def holds_for(self, flag: str) -> bool:
        """Whether it may excuse matches of `flag` at all."""
        return flag not in self._not_for and (not self._only_for or flag in self._only_for)

    def holds(self, plain: PlainText, start: int, end: int) -> bool:
        """Whether the match from `start` to `end` is not meant."""
        text = plain.text
        if self._match and not self._match.match(text, start, end):
            return False
        if self._before:
            low = max(plain.clause(start), start - _BEFORE)
            for cut in self._breaks.finditer(text, low, start):
                low = cut.end()
            if not self._before.search(text, low, start):
                return False
        if self._after and not self._after.match(text, end, plain.clause_end(end)):
            return False
        return not (self._unless and self._unless.search(text, *plain.sentence(start)))


class _Detector:
    """One flag in one language."""

    def __init__(self, key: str, signs: Signs, grammar: Grammar, excuses: list[_Excuse]) -> None:
        self.id = key
        self._patterns = [whole(pattern, grammar.fragments) for pattern in signs.patterns]
        self._idioms = [whole(pattern, grammar.fragments) for pattern in signs.idioms]
        self._excuses = excuses
        self._breaks = re.compile("|".join(grammar.breaks))
        lists = grammar.denied_lists
        self._denies = re.compile("|".join(f"(?:{cue})" for cue in lists.cues))
        self._ends = re.compile(lists.ends)

    def find(self, plain: PlainText, places: list[int]) -> tuple[int, int] | None:
        """The first match near `places` that is meant, as positions in the plain text."""
        for low, high in _windows(places, plain.text):
            idioms = [
                found.span()
                for idiom in self._idioms
                for found in idiom.finditer(plain.text, low, high)
                if plain.clause(found.start()) == plain.clause(found.end() - 1)
            ]
            excused: list[tuple[int, int]] = []
            for span in sorted(self._matches(plain.text, low, high), key=lambda span: (span[0], -span[1])):
                if plain.put_back is not None and not _touches(span, plain.put_back):
                    continue
                if _touches(span, idioms):
                    continue
                if any(self._part_of(plain, span, whole) for whole in excused[-_RECENT:]):
                    continue
                if not self._listed(plain, span) and not any(excuse.holds(plain, *span) for excuse in self._excuses):
                    return span
                excused.append(span)
        return None

    def names(self, plain: PlainText, places: list[int]) -> bool:
        """Whether there is a match near `places`, also one that is excused, or an idiom."""
        for low, high in _windows(places, plain.text):
            if any(pattern.search(plain.text, low, high) for pattern in (*self._patterns, *self._idioms)):
                return True
        return False

    def _matches(self, text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
        """All matches, also overlapping ones: one that is not meant may overlap one that is."""
        for pattern in self._patterns:
            start = low
            while found := pattern.search(text, start, high):
                yield found.span()
                start = found.start() + 1

    def _listed(self, plain: PlainText, span: tuple[int, int]) -> bool:
        """Whether the match stands in a list of what is denied, in the text as it was given."""
        start, _ = plain.original(*span)
        before = plain.given[max(0, start - _LIST) : start]
        cues = list(self._denies.finditer(before))
        return bool(cues) and self._ends.search(before, cues[-1].end()) is None

    def _part_of(self, plain: PlainText, part: tuple[int, int], whole: tuple[int, int]) -> bool:
        """Whether what excuses `whole` also excuses `part`: it is the same without a word or two before it."""
        if not (whole[0] <= part[0] <= whole[0] + _SHORTER and part[1] <= whole[1]):
            return False
        return plain.clause(part[0]) <= whole[0] and not self._breaks.search(plain.text, whole[0], part[0] + 1)


def _touches(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(begin < span[1] and span[0] < end for begin, end in others)


def _windows(places: list[int], text: str) -> Iterator[tuple[int, int]]:
    """Stretches of whole words around `places`, merged where they overlap."""
    low = high = -1
    for place in sorted(places):
        start = max(0, text.rfind(" ", 0, max(0, place - _NEAR)))
        stop = text.find(" ", min(len(text), place + _NEAR))
        stop = len(text) if stop < 0 else stop + 1
        if high < 0:
            low, high = start, stop
        elif start <= high:
            high = max(high, stop)
        else:
            yield low, high
            low, high = start, stop
    if high >= 0:
        yield low, high
