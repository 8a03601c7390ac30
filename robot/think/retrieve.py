"""Finds the reviewed passages that answer a question, or none: better to abstain than to answer something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from dialogs.model import PassageText
from robot.events import Language, Passage, Source
from robot.think.bm25 import Bm25Index

ABSTAIN_BELOW: dict[Language, float] = {"en": 0.27, "zh": 0.20}
"""Share of the reachable score below which a passage does not answer the question.

Set where about one off-topic question in ten still finds something while five of six paraphrases of the passages'
questions do (`tests/robot/think/test_retrieve.py` measures both with every question left out of the index in turn).
"""

_TITLE_WEIGHT = 2
_ABROAD: dict[Language, str] = {"en": "cn", "zh": "us"}
_FOREIGN = 0.85
_MORE = 3
"""Further passages that are looked at before those of other countries are put back."""
_WORD = re.compile(r"[a-z0-9]+")
_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_EN_EMPTY = frozenset(
    "a an the is are was were be been am i my me you your we our it its this that these those of to in on at for with"
    " and or but if do does did can could should would may might will how what which when where who why there here as"
    " by from about so not no have has had any some get got go than then them they he she his her im please tell us"
    " much many".split()
)
_ZH_EMPTY = frozenset("的了吗呢吧啊我你您他她是在有和就都也还要可以能什么怎么多少每")


class PassageRetriever:
    """BM25 over title, questions and text of each passage, one index a language."""

    def __init__(self, passages: Sequence[PassageText]) -> None:
        import Stemmer  # compiled; imported here with the rest of the work

        stem = Stemmer.Stemmer("english").stemWords
        self._terms: dict[Language, Callable[[str], list[str]]] = {
            "en": lambda text: stem(_english_words(text)),
            "zh": _chinese_terms,
        }
        self._passages: dict[Language, list[Passage]] = {
            language: [_passage(passage, language) for passage in passages] for language in self._terms
        }
        self._nearness: dict[Language, list[float]] = {
            language: [_FOREIGN if passage.locale == _ABROAD[language] else 1.0 for passage in passages]
            for language in self._terms
        }
        self._indexes: dict[Language, Bm25Index] = {
            language: Bm25Index.of([self._document(passage, language) for passage in passages]) for language in self._terms
        }

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        """At most `k` passages in `language` with their score, best first; empty: nothing here answers `query`.

        The score is the share of what the query could reach, between the threshold of the language and 1. The
        guideline of another country comes after one of the patient's own, or of none, that fits about as well.
        """
        found = self._indexes[language].search(self._terms[language](query), k + _MORE)
        passages = self._passages[language]
        ranked = sorted(found, key=lambda item: -item[1] * self._nearness[language][item[0]])[:k]
        return [(passages[number], score) for number, score in ranked if score >= ABSTAIN_BELOW[language]]

    def _document(self, passage: PassageText, language: Language) -> list[str]:
        terms = self._terms[language]
        if language == "en":
            title, questions, text = passage.title.en, passage.questions.en, passage.text.en
        else:
            title, questions, text = passage.title.zh, passage.questions.zh, passage.text.zh
        return terms(title) * _TITLE_WEIGHT + [term for question in questions for term in terms(question)] + terms(text)


def _english_words(text: str) -> list[str]:
    words = _WORD.findall(text.lower().replace("'", "").replace("’", ""))
    return [word for word in words if word not in _EN_EMPTY]


def _chinese_terms(text: str) -> list[str]:
    """Pairs of neighbouring characters and single characters.

    Over the passages' own questions these find more than a dictionary's words do (65 % against 57 % at the first
    place), and need no dictionary, which takes a second to load.
    """
    terms: list[str] = []
    for run in _RUN.findall(text.lower()):
        if run.isascii():
            terms.append(run)
        else:
            terms += [run[index : index + 2] for index in range(len(run) - 1)]
            terms += [char for char in run if char not in _ZH_EMPTY]
    return terms


def _passage(passage: PassageText, language: Language) -> Passage:
    title, text = (passage.title.en, passage.text.en) if language == "en" else (passage.title.zh, passage.text.zh)
    source = Source(passage.id, passage.source.document, passage.source.org, passage.source.year)
    return Passage(passage.id, passage.topic, title, text, language, source, frozenset(passage.never_if))
