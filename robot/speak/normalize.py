"""Written text as it is spoken: figures, units, dates and times become words; markup and emoji fall silent.

Every replacement is local, so each spoken character knows the written one it came from, and the time grows with the
length of the text only. What is read how stands in `readings`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from robot.events import Language
from robot.speak.readings import READINGS, say_calendar
from robot.speak.units import plain

_RULES: dict[Language, re.Pattern[str]] = {
    language: re.compile("|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in readings.items()))
    for language, readings in READINGS.items()
}


@dataclass(frozen=True, slots=True)
class Normalized:
    """`spoken` text, and for each of its characters the place in the written text that it stands for."""

    spoken: str
    segments: tuple[tuple[int, int, bool], ...]
    """(start in `spoken`, start in the written text, copied as it stands), ascending."""

    @property
    def silent(self) -> bool:
        """True when nothing in it can be pronounced."""
        return not any(character.isalnum() for character in self.spoken)

    def written(self, offset: int) -> int:
        """The written character behind spoken character `offset`; never decreases. In a replacement: its beginning."""
        index = bisect_right(self.segments, offset, key=lambda segment: segment[0]) - 1
        if index < 0:
            return 0
        spoken, written, copied = self.segments[index]
        return written + offset - spoken if copied else written

    def marks(self, words: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """(sample, offset in `spoken`) of each word as (sample, written character); both rise, so a figure of several
        words has one mark."""
        last = -1
        for sample, offset in words:
            written = self.written(offset)
            if written > last:
                last = written
                yield sample, written


def normalize(text: str, language: Language) -> Normalized:
    """`text` as it is spoken in `language`. Never fails: what is not understood stays as written."""
    clean = plain(text.translate(_AUDIBLE))
    parts: list[str] = []
    segments: list[tuple[int, int, bool]] = []
    done = length = 0

    def add(part: str, written: int, copied: bool) -> None:
        nonlocal length
        if part:
            segments.append((length, written, copied))
            parts.append(part)
            length += len(part)

    readings = READINGS[language]
    for match in _RULES[language].finditer(clean):
        _, say = readings[match.lastgroup or ""]
        add(clean[done : match.start()], done, True)
        add(say(match, language), match.start(), False)
        done = match.end()
    add(clean[done:], done, True)
    return Normalized("".join(parts), tuple(segments))


def prepare() -> None:
    """Load the text-normalization library now (about a second), instead of at the first date or time."""
    say_calendar("1st", "en")
    say_calendar("2026年", "zh")


class _Audible(dict[int, str | None]):
    """A translation table, filled as characters turn up, that puts spaces for what has no sound.

    Length is kept, so offsets are. Full-width letters, digits and signs become ASCII.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if 0xFF01 <= code <= 0xFF5E and (character.isalnum() or character in "％＜＞＝～／＋－．"):
            heard = chr(code - 0xFEE0)
        elif character in "°℃℉<>=~+":
            heard = character
        elif category in ("Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Me") or character in "*_#|`\\^{}[]\ufe0e\ufe0f":
            heard = " "
        else:
            heard = character
        self[code] = heard
        return heard


_AUDIBLE = _Audible()
