"""A red flag that was perhaps not heard: in another reading of the sound, in words that sound alike or mean the same.

Nobody is called for it; the robot asks back. English words sound alike when their metaphones do (jellyfish), Chinese
characters when their syllables do, whatever the tone (pypinyin).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice, product

from dialogs.redflags import RedFlags
from robot.events import Language
from robot.think.alarm_sense import AlarmSense
from robot.think.screen import RedFlag, RedFlagScreen

_MOST = 24
"""Readings that are tried: the screen takes a third of a millisecond each."""
_LONGEST_WORDS, _LONGEST_CHARACTERS = 14, 30
"""Of a longer utterance some words are right, and its alarm is in them."""
_LEAST_LETTERS = 4
_WORD = re.compile(r"[a-z']+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Mishearings:
    """Made once for the red flags of a dialogs folder. What it knows of sounds is computed when first needed."""

    def __init__(self, redflags: RedFlags, screen: RedFlagScreen, sense: AlarmSense | None = None) -> None:
        self._redflags = redflags
        self._screen = screen
        self._sense = sense

    def among(self, alternatives: Sequence[str], language: Language) -> RedFlag | None:
        """The first red flag in what the recognizer thought possible besides."""
        return self._first(alternatives, language)

    def near(self, text: str, language: Language) -> RedFlag | None:
        """The first red flag in what sounds like `text`. Some milliseconds; 0.2 s at the first call of a language."""
        readings = self._chinese(text) if _CHINESE.search(text) else self._english(text)
        return self._first(islice(readings, _MOST), language)

    def meant(self, text: str, intent: str = "") -> RedFlag | None:
        """The red flag that `text` may speak of in words of its own; `intent` is what it was understood as."""
        if self._sense is None or not text.strip() or self._screen.names(text):
            return None  # what the patterns know and excuse is no surprise
        found = self._sense.suspect(text, intent)
        return None if found is None else RedFlag(found, self._redflags.flags[found].urgency, (0, len(text)))

    def prepare(self, text: str) -> None:
        """Compute beforehand, in any thread, what `meant` needs most time for; empty text: what it needs once."""
        if self._sense is None:
            return
        if text.strip():
            self._sense.suspect(text)
        else:
            self._sense.warm()

    def question(self, flag: str, language: Language) -> str:
        """What is asked back."""
        return getattr(self._redflags.flags[flag].ask, language)  # type: ignore[no-any-return]

    def _first(self, readings: Iterator[str] | Sequence[str], language: Language) -> RedFlag | None:
        for reading in readings:
            if flags := self._screen.screen(reading, language):
                return flags[0]
        return None

    def _english(self, text: str) -> Iterator[str]:
        """One word, then two, replaced by words of the red flags that sound alike."""
        words = _WORD.findall(text.lower())
        if not 0 < len(words) <= _LONGEST_WORDS:
            return
        from jellyfish import metaphone

        others = [self._by_sound.get(metaphone(word), ()) if len(word) >= _LEAST_LETTERS else () for word in words]
        changed = [number for number, found in enumerate(others) if set(found) - {words[number]}]
        for count in (1, 2):
            for places in _subsets(changed, count):
                for chosen in product(*(others[place] for place in places)):
                    reading = list(words)
                    for place, word in zip(places, chosen, strict=True):
                        reading[place] = word
                    if reading != words:
                        yield " ".join(reading)

    @cached_property
    def _by_sound(self) -> dict[str, tuple[str, ...]]:
        """Words of the red flags' examples by how they sound, and by that sound with one consonant less."""
        from jellyfish import metaphone

        found: dict[str, set[str]] = defaultdict(set)
        for flag in self._redflags.flags.values():
            for example in flag.en.examples:
                for word in _WORD.findall(example.lower()):
                    if len(word) >= _LEAST_LETTERS and (sound := metaphone(word)):
                        found[sound].add(word)
                        if len(sound) >= 3:
                            found[sound[:-1]].add(word)
        return {sound: tuple(sorted(words)) for sound, words in found.items()}

    def _chinese(self, text: str) -> Iterator[str]:
        """Characters replaced by those of the red flags with the same syllable, as many as can be."""
        if len(text) > _LONGEST_CHARACTERS:
            return
        from pypinyin import lazy_pinyin

        choices = []
        for character in text:
            alike: Sequence[str] = ()
            if _CHINESE.match(character):
                alike = self._by_syllable.get(lazy_pinyin(character)[0], ())
            choices.append([character, *(other for other in alike if other != character)])
        # The reading as it stands comes first and was screened already.
        yield from islice(("".join(reading) for reading in _nearest_first(choices)), 1, None)

    @cached_property
    def _by_syllable(self) -> dict[str, tuple[str, ...]]:
        from pypinyin import lazy_pinyin

        found: dict[str, set[str]] = defaultdict(set)
        for flag in self._redflags.flags.values():
            for example in (*flag.zh.examples, *flag.zh.words):
                for character in example:
                    if _CHINESE.match(character):
                        found[lazy_pinyin(character)[0]].add(character)
        return {syllable: tuple(sorted(characters)) for syllable, characters in found.items()}


def _subsets(places: Sequence[int], count: int) -> Iterator[tuple[int, ...]]:
    if count == 1:
        yield from ((place,) for place in places)
    else:
        yield from ((one, two) for at, one in enumerate(places) for two in places[at + 1 :])


def _nearest_first(choices: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """All readings, those first that change the fewest characters."""
    plain = tuple(options[0] for options in choices)
    yield plain
    places = [number for number, options in enumerate(choices) if len(options) > 1]
    for count in (1, 2):
        for chosen in _subsets(places, count):
            for characters in product(*(choices[place][1:] for place in chosen)):
                reading = list(plain)
                for place, character in zip(chosen, characters, strict=True):
                    reading[place] = character
                yield tuple(reading)
