"""Finds the reviewed passages that answer a question, or none: better to abstain than to answer something else.

A passage's score is the sum of two shares, by words and by meaning:

    W · BM25 share  +  (1 − W) · ½ (cosine to the nearest of its questions + cosine to its title and text)

Where the embedder does not know the language, or there is none, words decide alone. The figures below were measured on
all questions of the passages, each left out of the index in turn, and on 52 questions and 56 statements that nothing
here answers (`tests/robot/think/test_retrieve.py` measures again).

    English                    right passage first / among 3     at 5 % false answers: answered, and by the right one
    BM25 alone                        68 / 83 %                            68 %, 53 %
    embeddings alone                  74 / 93 %                            87 %, 67 %
    reciprocal ranks fused            73 / 94 %                     (ranks say nothing of abstaining)
    sum as above, W = 0.3             80 / 97 %                            89 %, 73 %
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialogs.model import PassageText
from robot.events import Language, Passage, Source
from robot.think.bm25 import Bm25Index
from robot.think.embed import Embedder, Floats, kept
from robot.think.postings import Scores, best
from robot.think.terms import terms
from robot.think.understand import is_question

WORDS = 0.3
"""W: how much the words count beside the meaning."""


@dataclass(frozen=True)
class Thresholds:
    """The score below which a passage does not answer.

    A statement has to fit better than a question: who asks wants an answer, who tells something may just share a rare
    word with a passage ("the salt shaker is empty"). One or two words are a search, not a statement.
    """

    question: float
    statement: float

    def of(self, text: str, words: int) -> float:
        """The threshold for `text` of so many terms."""
        return self.question if is_question(text) or words <= 2 else self.statement


FUSED = Thresholds(question=0.40, statement=0.48)
"""Answers 94 % of the questions never seen and 56 % of the statements that a passage is for; of the others 0 of 52
questions and 2 of 56 statements; of 230 questions on medicines 8, on insulin, fish oil and salt water."""
BY_WORDS: dict[Language, Thresholds] = {
    "en": Thresholds(question=0.27, statement=0.38),
    "zh": Thresholds(question=0.20, statement=0.27),
}

_TITLE_WEIGHT = 2
_ABROAD: dict[Language, str] = {"en": "cn", "zh": "us"}
_FOREIGN = 0.85
_OTHERS = 0.92
"""A passage for other people than the patient comes after one for everybody that fits about as well."""
_OF_GROUPS = ("older_adults", "pregnancy", "children")
_LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True)
class _Shelf:
    """All passages in one language, as they are searched."""

    passages: list[Passage]
    index: Bm25Index
    nearness: Scores
    """How much a passage is meant for this patient: 1, or less where it is another country's or another group's."""
    thresholds: Thresholds
    embedder: Embedder | None
    questions: Floats
    """Vectors of all questions of all passages."""
    owners: npt.NDArray[np.int64]
    """The place of the passage that each question belongs to; rising."""
    texts: Floats
    """Vectors of title and text, one a passage."""

    def scores(self, query: str, words: list[str]) -> Scores:
        """The score of every passage, before nearness."""
        shares = self.index.scores(words)
        if self.embedder is None or not words or not self.passages:
            return shares
        (vector,) = self.embedder.embed([query])
        asked = np.maximum.reduceat(self.questions @ vector, np.searchsorted(self.owners, np.arange(len(shares))))
        fused: Scores = WORDS * shares + (1 - WORDS) / 2 * (asked + self.texts @ vector)
        return fused


class PassageRetriever:
    """Searches by words and, where an embedder knows the language, by meaning; one shelf of passages a language."""

    def __init__(
        self, passages: Sequence[PassageText], embedder: Embedder | None = None, cache: Path | None = None
    ) -> None:
        """The vectors of the passages are computed once (some seconds) and then remembered (`robot.think.embed`)."""
        self._sources = list(passages)
        self._shelves = {language: _shelf(self._sources, language, embedder, cache) for language in _LANGUAGES}

    @property
    def passages(self) -> dict[tuple[str, Language], Passage]:
        """Every passage by its id, in each language."""
        return {
            (passage.id, language): passage for language, shelf in self._shelves.items() for passage in shelf.passages
        }

    @property
    def embeds(self) -> bool:
        """Whether meaning is searched too, in any language: that takes too long for the event loop."""
        return any(shelf.embedder is not None for shelf in self._shelves.values())

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        """At most `k` passages in `language` with their score, best first; empty: nothing here answers `query`.

        Scores are above 0 and at most 1. The guideline of another country, or advice for another group of people, comes
        after one of the patient's own that fits about as well.
        """
        shelf = self._shelves[language]
        words = terms(query, language)
        scores = shelf.scores(query, words)
        enough = scores >= shelf.thresholds.of(query, len(words))
        found = best(np.where(enough, scores * shelf.nearness, np.float32(0)), k)
        return [(shelf.passages[place], min(1.0, score)) for place, score in found]

    def preferring(self, groups: Collection[str]) -> PassageRetriever:
        """The same passages for a patient of these groups (`older_adults`, `pregnancy`, `children`; none: an adult)."""
        other = PassageRetriever.__new__(PassageRetriever)
        other._sources = self._sources
        fits = [passage.audience not in _OF_GROUPS or passage.audience in groups for passage in self._sources]
        factors = np.where(np.array(fits, bool), 1.0, _OTHERS).astype(np.float32)
        other._shelves = {
            language: replace(shelf, nearness=(shelf.nearness * factors).astype(np.float32))
            for language, shelf in self._shelves.items()
        }
        return other


def _shelf(sources: Sequence[PassageText], language: Language, embedder: Embedder | None, cache: Path | None) -> _Shelf:
    passages = [_passage(source, language) for source in sources]
    questions: list[list[str]] = [getattr(source.questions, language) for source in sources]
    documents = [
        terms(passage.title, language) * _TITLE_WEIGHT
        + [term for question in asked for term in terms(question, language)]
        + terms(passage.text, language)
        for passage, asked in zip(passages, questions, strict=True)
    ]
    knows = embedder is not None and language in embedder.languages
    nothing = np.empty((0, 0), np.float32)
    texts = [f"{passage.title}. {passage.text}" for passage in passages]
    return _Shelf(
        passages,
        Bm25Index.of(documents),
        np.array([_FOREIGN if source.locale == _ABROAD[language] else 1.0 for source in sources], np.float32),
        FUSED if knows else BY_WORDS[language],
        embedder if knows else None,
        kept([question for asked in questions for question in asked], embedder, cache)
        if embedder and knows
        else nothing,
        np.repeat(np.arange(len(sources)), [len(asked) for asked in questions]),
        kept(texts, embedder, cache) if embedder and knows else nothing,
    )


def _passage(passage: PassageText, language: Language) -> Passage:
    title, text = (passage.title.en, passage.text.en) if language == "en" else (passage.title.zh, passage.text.zh)
    source = Source(passage.id, passage.source.document, passage.source.org, passage.source.year)
    return Passage(passage.id, passage.topic, title, text, language, source, frozenset(passage.never_if))
