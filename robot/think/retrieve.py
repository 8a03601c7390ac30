"""Finds the passages that answer a question: BM25 over title, questions and text, one index a language.

English words are stemmed; Chinese is indexed by single characters and pairs of them, which finds more than a word
segmenter does on short spoken questions (92 against 82 % first places on questions that no index had seen).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dialogs.model import PassageText
from robot.events import Language, Passage, Source

ENOUGH: dict[Language, float] = {"en": 0.42, "zh": 0.45}
"""How well a passage must fit a question (0…1, see `_Index.fit`); below it the robot abstains.

Set on 30 English and 23 Chinese lifestyle questions against 35 and 25 on other matters, none of them from the files:
83 % of the lifestyle questions are answered in both languages, 14 % and 12 % of the others too (2026-11-21). The next
retriever, with sentence embeddings, has to beat that.
"""

_ONE_WORD = 0.4
_NOT_IN_TITLE = 0.7
_FOREIGN = 0.85
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_CHINESE = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_LONGEST = 600
_STOP = frozenset(
    "a an and are as at be been but by can could did do does for from get had has have how i if in is it its just many"
    " may me much my of on or please should so some tell than that the their them then there these they this to too us"
    " was we what when where which who why will with would you your about really want know think like need good bad"
    " i'm it's don't what's that's day during".split()
)
_STOP_CHINESE = frozenset("的了吗呢啊我你您是有在和就都也还要能会可以这那个什么怎么多少几呀吧请问一想知道应该")


class PassageRetriever:
    """The `Retriever` over reviewed passages. Indexes are built when a language is first asked for."""

    def __init__(self, passages: Sequence[PassageText]) -> None:
        self._passages = passages
        self._indexes: dict[Language, _Index] = {}

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        if not self._passages:
            return []
        if language not in self._indexes:
            self._indexes[language] = _Index([_document(passage, language) for passage in self._passages], language)
        found = self._indexes[language].search(query[:_LONGEST], k)
        return [(as_passage(self._passages[number], language), score) for number, score in found]


def as_passage(passage: PassageText, language: Language) -> Passage:
    """A passage of the files in the language of the conversation."""
    title = passage.title.zh if language == "zh" else passage.title.en
    text = passage.text.zh if language == "zh" else passage.text.en
    source = Source(passage.id, passage.source.document, passage.source.org, passage.source.year)
    return Passage(passage.id, passage.topic, title, text, language, source, frozenset(passage.never_if))


@dataclass(frozen=True)
class _Document:
    """What is indexed of a passage in one language."""

    title: str
    questions: str
    text: str
    foreign: bool
    """The guideline of another country: it comes after one of the patient's own, or of none."""


class _Index:
    """BM25 over the documents of one language; what comes first must also fit."""

    def __init__(self, documents: Sequence[_Document], language: Language) -> None:
        import bm25s

        self._terms = _english_terms() if language == "en" else _chinese_terms
        self._enough = ENOUGH[language]
        self._titles = [frozenset(self._terms(document.title)) for document in documents]
        self._asked = [
            title | frozenset(self._terms(document.questions))
            for title, document in zip(self._titles, documents, strict=True)
        ]
        frequency = Counter(term for terms in self._asked for term in terms)
        self._idf = {term: math.log(1 + len(documents) / count) for term, count in frequency.items()}
        self._unknown_idf = math.log(1 + len(documents))
        self._locale = np.array([_FOREIGN if document.foreign else 1.0 for document in documents])
        corpus = [self._terms(f"{document.title}\n{document.questions}\n{document.text}") for document in documents]
        self._vocabulary = frozenset(term for terms in corpus for term in terms)
        self._bm25: Any = bm25s.BM25()
        self._bm25.index(corpus, show_progress=False)

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """(number, BM25 score) of at most `k` documents, best first; empty when the best does not fit."""
        terms = self._terms(query)
        known = [term for term in terms if term in self._vocabulary]
        if not known:
            return []
        scores = self._bm25.get_scores(known) * self._locale
        best = [int(number) for number in np.argsort(-scores, kind="stable")[: max(1, k)] if scores[number] > 0]
        if not best or self.fit(frozenset(terms), best[0]) < self._enough:
            return []
        return [(number, float(scores[number])) for number in best]

    def fit(self, terms: frozenset[str], number: int) -> float:
        """Share of the query's information (idf) that the title and questions of a document hold, 0…1.

        Less counts a match that is not in the title, and least a single word: it may stand there by chance.
        """
        matched = terms & self._asked[number]
        mass = sum(self._weight(term) for term in terms)
        covered = sum(self._weight(term) for term in matched) / mass if mass else 0.0
        if matched & self._titles[number]:
            return covered
        return covered * (_ONE_WORD if len(matched) < 2 else _NOT_IN_TITLE)

    def _weight(self, term: str) -> float:
        return self._idf.get(term, self._unknown_idf)


def _document(passage: PassageText, language: Language) -> _Document:
    if language == "zh":
        return _Document(passage.title.zh, "\n".join(passage.questions.zh), passage.text.zh, passage.locale == "us")
    return _Document(passage.title.en, "\n".join(passage.questions.en), passage.text.en, passage.locale == "cn")


def _english_terms() -> Callable[[str], list[str]]:
    import Stemmer

    stem: Callable[[list[str]], list[str]] = Stemmer.Stemmer("english").stemWords

    def terms(text: str) -> list[str]:
        return stem([word for word in _WORD.findall(text.lower()) if word not in _STOP])

    return terms


def _chinese_terms(text: str) -> list[str]:
    terms: list[str] = []
    for run in _CHINESE.findall(text.lower()):
        if run.isascii():
            terms.append(run)
            continue
        terms += [char for char in run if char not in _STOP_CHINESE]
        terms += [run[at : at + 2] for at in range(len(run) - 1)]
    return terms
