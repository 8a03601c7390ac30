"""A text cut into its sentences, each with where it stands and who says it.

    "Doctor: Any fever? Any cough?\\nPatient: No."  →  Doctor's turn: "Any fever?", "Any cough?" · Patient's turn: "No."

A text is a dialogue when its lines begin with who speaks. What was cut is the text itself: `text[part.start:part.end]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dialogs.summary import shipped

Who = Literal["clinician", "patient", "family", "note"]

_LABEL = re.compile(
    r"(?:^|\n)[ \t]*(?:\*\*)?"
    r"(?:[\[(【<]\s*(?P<bracket>[^\W\d][\w .-]{0,24}?)\s*[\])】>]"
    r"|(?P<plain>[^\W\d][\w .-]{0,24}?)\s*(?=[:：]))\s*[:：]?(?:\*\*)?"
)
_INLINE = re.compile(r"(?<=[.?!。？！])\s+(?P<plain>[A-Z][A-Za-z_]{0,14})\s*(?=:)[:：]")
_END = re.compile(r"(?:[.?!]+[\"')\]]*(?=\s|$|[A-Z])|[。？！；]|\n\s*\n|\n(?=\s*(?:[-•*·]|\d{1,2}[.)]|[（(]\d))|\n)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|vs|approx|e\.g|i\.e|a\.m|p\.m|"
    r"q\.d|b\.i\.d|t\.i\.d|p\.o|p\.r\.n|jr|sr|mt)\.|(?<![a-z] )\b[a-z]\.|^\s*\d{1,2}\.)$",
    re.IGNORECASE,
)
_LONG = 26
"""Words after which a sentence is cut at a word that begins something new; `_BARE` where nobody wrote punctuation."""
_BARE = 9
_LONG_ZH = 40
"""Characters after which a Chinese sentence is cut at its commas, into clauses of at least `_CLAUSE_ZH`."""
_CLAUSE_ZH = 12
_TURNING = re.compile(
    r"(?<!\bwe)(?<!\bi)\s+(?=(?:okay|ok|alright|all right|so|now|but|and then|and also|and i|and you|and the|because|"
    r"are you|do you|did you|have you|let's|on your|on my|for your)\b)",
    re.IGNORECASE,
)
_SHORT = 3
_LONGEST = 600
"""Characters of a part. A sentence is never that long; what is not one is cut, so that every pattern stays fast."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence: where it stands in the text, who says it, and in which turn (or paragraph)."""

    start: int
    end: int
    text: str
    who: Who
    turn: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its parts."""

    text: str
    dialogue: bool
    parts: tuple[Part, ...]


@lru_cache(maxsize=1)
def _roles() -> dict[str, Who]:
    speakers = shipped().speakers
    named: tuple[tuple[Who, list[str]], ...] = (
        ("clinician", speakers.clinician),
        ("patient", speakers.patient),
        ("family", speakers.family),
    )
    return {label: who for who, labels in named for label in labels}


def role(label: str) -> Who | None:
    """Who a label names: "Guest_family_1" is family, "Dr. Smith" a clinician; None where it names nobody."""
    low = re.sub(r"[\s_.-]*\d*$", "", label.strip().lower())
    known = _roles()
    if low in known:
        return known[low]
    first = re.split(r"[\s.]+", low)[0]
    return known.get(first) if first in ("dr", "doctor", "nurse") else None


def read(text: str) -> Document:
    """The parts of `text`; empty lines and labels of speakers belong to none."""
    turns = _turns(text)
    dialogue = bool(turns)
    parts: list[Part] = []
    bare = dialogue and len(re.findall(r"[.,?!]", text)) * 40 < len(text.split())
    number, speaking = 0, None
    for start, end, who in turns or [(0, len(text), "note")]:
        number += who != speaking  # somebody who goes on after a pause is still in the same turn
        speaking = who
        for left, right in _sentences(text, start, end, _BARE if bare else _LONG):
            for begin, stop in _bounded(text, left, right):
                parts.append(Part(begin, stop, text[begin:stop], who, number))
    return Document(text, dialogue, tuple(parts))


def _turns(text: str) -> list[tuple[int, int, Who]]:
    """(start, end, who) of each turn; empty where the text is no dialogue."""
    found: list[tuple[int, int, Who]] = []
    for match in _labels(text):
        who = role(match.groupdict().get("bracket") or match["plain"])
        if who is not None:
            found.append((match.start(), match.end(), who))
    speaking = {who for _, _, who in found}
    lines = sum(1 for line in text.split("\n") if line.strip())
    if len(found) < 2 or (len(speaking) < 2 and len(found) * 2 < lines):
        return []
    if len(found) < 4 and len(found) * 3 < lines:  # a note with a line "Patient: …" in its head
        return []
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    turns: list[tuple[int, int, Who]] = [(begin, end, who) for (_, begin, who), end in zip(found, ends, strict=True)]
    if text[: found[0][0]].strip():
        turns.insert(0, (0, found[0][0], "note"))
    return turns


def _labels(text: str) -> Iterator[re.Match[str]]:
    matches = [*_LABEL.finditer(text), *(match for match in _INLINE.finditer(text) if role(match["plain"]))]
    yield from sorted(matches, key=lambda match: match.start())


def _sentences(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _END.finditer(text, start, end):
        if match[0][0] == "." and _ABBREVIATION.search(text[max(begin, match.end() - 8) : match.end()]):
            continue
        if match[0] == "\n" and not _ends_line(text, begin, match, end):
            continue
        yield from _pieces(text, begin, match.end(), longest)
        begin = match.end()
    yield from _pieces(text, begin, end, longest)


def _ends_line(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    """Whether a line break ends a sentence: not inside a sentence that was wrapped at a margin."""
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    following = text[match.end() : match.end() + 1]
    return not (len(line) > 60 and following.islower() and match.end() < end)


def _pieces(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """The stretch without blank ends; cut where it is long and was written without punctuation."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end -= len(text[start:end]) - len(text[start:end].rstrip())
    if start >= end or not any(character.isalnum() for character in text[start:end]):
        return
    stretch = text[start:end]
    if len(stretch) > _LONG_ZH and "，" in stretch:
        yield from _clauses(stretch, start)
        return
    if len(stretch.split()) <= longest or stretch.count(",") * 12 > len(stretch.split()):
        yield start, end
        return
    begin = 0
    for match in _TURNING.finditer(stretch):
        enough = len(stretch[begin : match.start()].split()) >= _SHORT
        if enough and len(stretch[match.end() :].split()) >= _SHORT:
            yield start + begin, start + match.start()
            begin = match.end()
    yield start + begin, end


def _clauses(stretch: str, start: int) -> Iterator[tuple[int, int]]:
    begin = 0
    for match in re.finditer("，", stretch):
        if match.start() - begin >= _CLAUSE_ZH and len(stretch) - match.end() >= _CLAUSE_ZH:
            yield start + begin, start + match.start()
            begin = match.end()
    yield start + begin, start + len(stretch)


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch in pieces of at most `_LONGEST` characters, cut at blanks where there are any."""
    while end - start > _LONGEST:
        blank = text.rfind(" ", start + 1, start + _LONGEST)
        cut = blank if blank > 0 else start + _LONGEST
        yield start, cut
        start = cut + (blank > 0)
    if any(character.isalnum() for character in text[start:end]):
        yield start, end
