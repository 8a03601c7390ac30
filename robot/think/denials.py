"""What a text denies: each negation with the word that it stands before.

An answer may deny only what its evidence denies. That is asked twice: of the text as it comes, token by token (`lock`),
and of the finished sentence (`claims`). A negation is never steered away from as a figure is: a model that may not say
"not" says the opposite. It is stopped, and the passage speaks for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from robot.think.comparisons import blank_bounds

NEGATION = re.compile(
    r"\b(?:not|no|never|none|without|nobody|nothing|neither|nor|cannot|avoid(?:s|ed|ing)?|keep away|stay away"
    r"|instead of|rather than|leave out)\b|n't\b"
    r"|(?:不|没有?|勿|未|无|避免|以免|禁止)|(?<![特分级个区识鉴])别(?!的|人|处)"
)
_IDLE = re.compile(
    r"\bnot only\b|\bno (?:doubt|wonder|problem)\b|\bno longer than\b|\bnot (?:just|alone)\b"
    r"|不错|不同|差不多|不但|不仅|不过|不管|不论|不断|不一样|要不|不好意思|对不起|不知不觉|无论|没关系|没问题|不舒服|不只|有没有"
    r"|(.)不\1"
)
"""Words with a negation in them that deny nothing."""
_FOLLOWING = re.compile(r"[^a-z一-鿿.,;:!?。，；：！？]{0,12}([a-z]+|[一-鿿]{1,2})")
_ANYTHING = frozenset("it them this that these those the a an any one so to".split())
"""Words that stand for what was named before: denied in the evidence is whatever it denies."""
_STEM = 5
_CLAUSE_END = re.compile(r"[.;:!?](?= )|[。；：！？]")
_NEXT_WORD = re.compile(r"[a-z]* +[a-z]+ |[一-鿿]|[,，]")
_LATIN = re.compile(r"[a-z]{3,}")
_PAIR = re.compile(r"(?=([一-鿿]{2}))")


class Denial(NamedTuple):
    """`word` is the beginning of what is denied, "" where that is not named; it begins at `start` and ends at `end`."""

    word: str
    start: int
    end: int


def plain_of(low: str) -> str:
    """`low` (`figures.narrow`), of the same length, without what only sounds like a negation."""
    return _IDLE.sub(lambda found: " " * len(found[0]), blank_bounds(low))


def denials(plain: str) -> list[Denial]:
    """What `plain` (`plain_of`) denies, in order."""
    return [_denial(plain, negation.end()) for negation in NEGATION.finditer(plain)]


def _denial(plain: str, at: int) -> Denial:
    word = _FOLLOWING.match(plain, at)
    if word is None or word[1] in _ANYTHING:
        return Denial("", at, word.end() if word else at)
    return Denial(word[1][:_STEM], word.start(1), word.end())


class Denied(NamedTuple):
    """What one text denies, and what it says otherwise; beginnings of words."""

    words: frozenset[str]
    said: frozenset[str]

    @classmethod
    def by(cls, low: str) -> Denied:
        """`low` is as `figures.narrow` makes it."""
        plain = plain_of(low)
        found = denials(plain)
        return cls(frozenset(denial.word for denial in found), _said(plain, found))

    @classmethod
    def loosely_by(cls, low: str) -> Denied:
        """The same with what only sounds like a negation: of an unfinished text it cannot be told apart."""
        return cls(frozenset(denial.word for denial in [*denials(low), *denials(plain_of(low))]), frozenset())


def is_denied(denial: Denial, known: Sequence[Denied]) -> bool:
    """Whether one of the texts denies it too; of Chinese words the first character may be enough."""
    words = frozenset[str]().union(*(each.words for each in known))
    if not denial.word:
        return bool(words)
    return any(word and (word.startswith(denial.word) or denial.word.startswith(word)) for word in words)


def says_what_is_denied(plain: str, known: Sequence[Denied]) -> bool:
    """Whether a sentence (`plain_of`) says a word that the texts have in the negative only."""
    found = denials(plain)
    if any(not denial.word for denial in found):
        return False  # "avoid them": what is denied stands somewhere else in the sentence
    denied = frozenset[str]().union(*(each.words for each in known))
    only = denied.difference(*(each.said for each in known))
    return bool(_said(plain, found) & only)


def _said(plain: str, found: Sequence[Denial]) -> frozenset[str]:
    """The beginnings of English words, and the pairs of Chinese characters, that are not denied."""
    denied = {denial.start for denial in found}
    words = {word[0][:_STEM] for word in _LATIN.finditer(plain) if word.start() not in denied}
    pairs = {pair[1] for pair in _PAIR.finditer(plain) if pair.start() not in denied}
    return frozenset(words | pairs)


class DenialWatch:
    """Follows one answer as it is written; `known` is what its evidence, and talk around it, denies (`loosely_by`)."""

    def __init__(self, known: Sequence[Denied]) -> None:
        self._known = known
        self._tail = ""

    def push(self, text: str) -> bool:
        """Whether the answer, with `text` (as `figures.narrow` makes it), still denies nothing of its own."""
        tail = self._tail = _CLAUSE_END.split(self._tail + text)[-1]
        if not NEGATION.search(tail):
            return True
        plain = plain_of(tail)
        return all(is_denied(each, self._known) for each in denials(plain) if each.word and _is_settled(each, plain))


def _is_settled(denial: Denial, plain: str) -> bool:
    """Whether what follows cannot change any more what is denied, as "than" does behind "no more"."""
    return bool(_NEXT_WORD.match(plain, denial.end))
