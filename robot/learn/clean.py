"""Decides what imported text may be learned from, counts what is dropped and why, and forgets who is named in it.

A text is dropped rather than mended: with an address, a telephone number, a long number, a date of birth or the name of
a person in it, it is no loss for a corpus, and a mended one may still give somebody away.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

ALLOWED_LICENCES = ("own", "CC BY 4.0", "MIT", "public domain")

_NEAR = 0.6
"""Share of common shingles above which a text repeats an earlier one."""
_SHINGLE = 5
_COMMON = 40
"""A shingle of so many texts is a turn of phrase; it is not followed any further."""
_MOST_WORDS = 60
"""Longer evidence than this is cut after the sentence before; a sentence that is longer alone is dropped."""
_BEGINNING = 3000
"""Characters of an answer that are looked at."""
_BRACKETS = re.compile(
    r"\s*\((?:[^()]*(?:https?:|www\.|see |Figure|Table|also called)[^()]*)\)|\s*\([A-Z]{2,}s?\)|\s*\[[^\]]*\]"
)
_ITEM = re.compile(r"^\s*(?:[-*•–]|\d+[.)])\s")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!\bMr\.)(?<!\bDr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\b[A-Z]\.)\s+(?=[A-Z0-9\"'(])")
_BOILERPLATE = (
    "key points|for more information|click|fact sheet|factsheet|this page|this website|this booklet|this summary"
    "|this section|see the|resources|clinical trial|visit the|contact |please note|last updated|copyright|the following"
    "|as follows|national institute|frequency of this|this condition|references|et al|genetics home|orphanet|hpo| nih "
    "|listed below|table |figure |read more|call your|faq|medline| gene | genes |mutation"
    "|phenotype|approximate number| - |different types of treatment|you might have a"
).split("|")
"""What stands in sentences that speak of the text, of its makers, or of genes."""
_LEANING = ("however", "in addition", "additionally", "furthermore", "in these", "although", "but ")
"""How sentences begin that lean on one that may have been dropped."""
_HARD = re.compile(
    r"[A-Za-z-]{17,}|\b(?=\w*\d)(?=\w*[A-Z])\w{4,}\b|[a-z][,;][a-z]|\*|What I [Nn]eed|[Rr]esearch|[Gg]enetic"
    r"|[Ii]nherited|[Hh]ereditary|people are affected|rare (?:disease|disorder|condition)"
)
"""Words that nobody says aloud, broken text, and questions that no patient on a ward asks."""
_LONG_WORD = re.compile(r"\b[a-z-]{11,}\b")
_MOST_LONG_WORDS = 0.12
_IDENTIFYING = {
    "email": re.compile(r"\S+@\S+\.\w"),
    "date": re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\bborn (?:on|in) \d"),
    "telephone": re.compile(r"\b(?:\+?\d[\d ()./-]{7,}\d)\b|\b1-8\d\d-"),
    "long_number": re.compile(r"\d{6,}"),
    "name": re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Miss)\.? ?[A-Z][a-z]+|\b[A-Z][a-z]+ [A-Z]\. [A-Z][a-z]+\b"),
}
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")


@dataclass(frozen=True)
class SourceText:
    """A question and an answer as a file has them."""

    id: str
    question: str
    answer: str
    focus: str
    source: str
    licence: str


@dataclass(frozen=True)
class CleanText:
    """What is left of one: a question, and one to three sentences that begin its answer."""

    id: str
    question: str
    sentences: tuple[str, ...]
    focus: str
    source: str
    licence: str


@dataclass
class Cleaned:
    """What was kept, and how many texts were dropped for which reason."""

    kept: list[CleanText] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, int]:
        """For a manifest: `kept`, and `dropped.<reason>` for each reason, in a fixed order."""
        return {"kept": len(self.kept)} | {
            f"dropped.{reason}": number for reason, number in sorted(self.dropped.items())
        }


def clean(texts: Iterable[SourceText], licences: Sequence[str] = ALLOWED_LICENCES) -> Cleaned:
    """Those of `texts` that may be learned from, in order, shortened to what can be evidence."""
    result = Cleaned()
    known = _Known()
    for text in texts:
        if text.licence not in licences:
            result.dropped["licence"] += 1
            continue
        kept = tuple(_speakable(text.answer))
        if reason := _reason(text, kept) or known.repeats(f"{text.question} {' '.join(kept)}"):
            result.dropped[reason] += 1
        else:
            result.kept.append(
                CleanText(text.id, _question(text.question), kept, text.focus, text.source, text.licence)
            )
    return result


def identifying(text: str) -> str | None:
    """The kind of thing in `text` that may tell who somebody is; None where there is nothing."""
    return next((kind for kind, pattern in _IDENTIFYING.items() if pattern.search(text)), None)


def _reason(text: SourceText, kept: Sequence[str]) -> str | None:
    """Why `text` is dropped, or None."""
    if not text.question.strip() or not text.answer.strip():
        return "empty"
    if len(text.question) > 120:
        return "long_question"
    if not kept:
        return "nothing_speakable"
    words = " ".join(kept)
    long_words = len(_LONG_WORD.findall(words))
    if _HARD.search(f"{text.question} {words}") or long_words > _MOST_LONG_WORDS * len(words.split()):
        return "hard_to_say"
    if kind := identifying(f"{text.question} {words}"):
        return f"identifying_{kind}"
    return None


def _speakable(answer: str) -> Iterator[str]:
    """The first sentences of `answer` that may be spoken: no headings, lists, links, boilerplate; 60 words in all."""
    words = found = 0
    for line in answer[:_BEGINNING].splitlines():
        if _ITEM.match(line):
            continue
        for part in _SENTENCE.split(_BRACKETS.sub("", line).strip()):
            sentence = " ".join(part.split()).removeprefix("Summary : ")
            if not sentence.endswith((".", "!")) or _boilerplate(sentence):
                if found:
                    return
                continue
            size = sentence.count(" ") + 1
            if size < 5 or size > _MOST_WORDS or words + size > _MOST_WORDS or found == 3:
                if found:
                    return
                continue
            words, found = words + size, found + 1
            yield sentence


def _boilerplate(sentence: str) -> bool:
    low = sentence.lower()
    return low.startswith(_LEANING) or "http" in low or "www." in low or any(part in low for part in _BOILERPLATE)


def _question(text: str) -> str:
    """As it is spoken: no question mark, no brackets."""
    plain = re.sub(r"\s*\((?:is|are|s)\)", "", text)
    plain = re.sub(r"\s*[?]+\s*$", "", " ".join(plain.split()))
    return plain[:1].lower() + plain[1:]


class _Known:
    """Remembers texts by the hashes of their shingles (runs of five words)."""

    def __init__(self) -> None:
        self._exact: set[bytes] = set()
        self._texts: dict[int, list[int]] = {}
        self._sizes: list[int] = []

    def repeats(self, text: str) -> str | None:
        """`duplicate` or `near_duplicate` where an earlier text says the same; else None, and `text` is remembered."""
        words = _WORD.findall(text.lower())
        whole = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
        if whole in self._exact:
            return "duplicate"
        size = min(_SHINGLE, len(words)) or 1
        shingles = {hash(tuple(words[at : at + size])) for at in range(len(words) - size + 1)}
        shared: Counter[int] = Counter()
        for shingle in shingles:
            shared.update(self._texts.get(shingle, ()))
        if any(2 * number / (len(shingles) + self._sizes[other]) > _NEAR for other, number in shared.items()):
            return "near_duplicate"
        self._exact.add(whole)
        for shingle in shingles:
            places = self._texts.setdefault(shingle, [])
            if len(places) < _COMMON:
                places.append(len(self._sizes))
        self._sizes.append(len(shingles))
        return None
