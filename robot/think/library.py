"""An imported knowledge base on disk: searched where it lies, by words, subject, kind of question and meaning.

    <library>/current        name of the build that is valid
    <library>/<build>/       meta.json · documents.jsonl · arrays (.npy), memory-mapped

A build is written aside and becomes valid when `current` is replaced: a reader sees the old or the new one, whole.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robot.errors import InputError
from robot.think.bm25 import Bm25Index
from robot.think.embed import Embedder, Floats
from robot.think.inquiry import KINDS, inquiry
from robot.think.postings import Postings, Scores, best
from robot.think.terms import mixed_terms

FORMAT = 1
CURRENT = "current"
HASH = np.dtype("V16")
"""How the hash of an embedded text is stored."""


@dataclass(frozen=True)
class Document:
    """One text of an imported knowledge base. `title` is its heading, or the question that `text` answers.

    `focus` names its subject (a disease), `kind` is one of `robot.think.inquiry.KINDS` or anything else; both may be
    empty. `source` and `url` say where it comes from.
    """

    id: str
    title: str
    text: str
    focus: str = ""
    kind: str = ""
    source: str = ""
    url: str = ""


@dataclass(frozen=True)
class Weights:
    """How much each feature counts in a document's score; they add up to 1.

    Set by hand; a search over one half of the questions found nothing better for the other half. Measured with 16,407
    questions and answers of MedQuAD and the letters of LiveQA 2017 (training part) that they can answer, by stand-ins
    for judgements: subject and kind agree (148 letters), or the text is like a reference answer (212 letters).

                                MAP@10 / MRR@10, subject and kind       like a reference answer
        BM25 alone                       .23 / .33                            .15 / .26
        meaning of titles alone          .53 / .57                            .22 / .38
        BM25 and meaning                 .53 / .61                            .24 / .41
        all, without meaning             .63 / .75                            .26 / .46
        all                              .70 / .79                            .28 / .48
    """

    title_words: float = 0.20
    all_words: float = 0.20
    subject: float = 0.25
    kind: float = 0.05
    meaning: float = 0.30


DEFAULT = Weights()


class Library:
    """A valid build, open for reading; any number of searches may share one."""

    def __init__(self, folder: Path, embedder: Embedder | None) -> None:
        """Raises InputError: `library_missing`, `library_invalid`, `library_changed` (made with another embedder)."""
        build = current_build(folder)
        if build is None:
            raise InputError("library_missing", f"There is no imported knowledge in {folder}.", _ADVICE)
        try:
            meta = json.loads((build / "meta.json").read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise ValueError("another format")
            self.size = int(meta["size"])
            self._offsets, self._kinds, self._rows, self._vectors = (
                np.load(build / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in ("offsets", "kinds", "rows", "vectors")
            )
            self._titles = Bm25Index(Postings.open(build, "titles", self.size))
            self._texts = Bm25Index(Postings.open(build, "texts", self.size))
            self._subjects = Postings.open(build, "subjects", self.size)
            with (build / "documents.jsonl").open("rb") as file:
                self._documents = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if int(self._offsets[-1]) != len(self._documents) or len(self._rows) != self.size:
                raise ValueError("parts that do not fit together")
        except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError) as error:
            raise InputError(
                "library_invalid", f"The imported knowledge in {folder} cannot be read ({error}).", _ADVICE
            ) from None
        if meta["embedder"] != (embedder.name if embedder else ""):
            raise InputError(
                "library_changed", f"The knowledge in {folder} was imported with another embedder.", _ADVICE
            )
        self._embedder = embedder

    def search(self, query: str, k: int, weights: Weights = DEFAULT) -> list[tuple[Document, float]]:
        """The best `k` documents with a score above 0, best first; scores compare within one call only."""
        asked = inquiry(query)
        terms = mixed_terms(asked.text)
        if not terms:
            return []
        scores = weights.title_words * self._titles.scores(terms) + weights.all_words * self._texts.scores(terms)
        scores += weights.subject * self._named(terms)
        scores += weights.kind * self._of_kind(asked.kinds)
        if self._embedder is not None:
            alike = self._vectors @ self._embedder.embed([asked.gist])[0]
            scores += weights.meaning * alike[self._rows]
        return [(self.document(place), score) for place, score in best(scores, k)]

    def document(self, place: int) -> Document:
        """The document at `place`, from 0 to below `size`."""
        begin, end = int(self._offsets[place]), int(self._offsets[place + 1])
        return Document(**json.loads(self._documents[begin:end]))

    def _named(self, terms: list[str]) -> Scores:
        """How much of each document's subject the query names, by the rarity of its words: 0 to 1."""
        named = np.zeros(self.size, np.float32)
        for term in dict.fromkeys(terms):
            having = self._subjects.having(term)
            named[self._subjects.numbers[having]] += self._subjects.weights[having]
        return named

    def _of_kind(self, kinds: frozenset[str]) -> Scores:
        """1 for documents of the kinds asked for, else 0."""
        wanted = np.zeros(len(KINDS) + 1, np.float32)
        wanted[[KINDS.index(kind) for kind in kinds]] = 1
        scores: Scores = wanted[self._kinds]
        return scores


def current_build(folder: Path) -> Path | None:
    """The folder of the build that is valid; None when nothing was imported, or it is gone."""
    try:
        build = folder / (folder / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return build if (build / "meta.json").is_file() else None


def vectors_of(build: Path, embedder: str) -> Mapping[bytes, Floats]:
    """The vectors of a build by the hash of their text; none where another embedder made them or it is damaged."""
    try:
        if json.loads((build / "meta.json").read_text(encoding="utf-8"))["embedder"] != embedder:
            return {}
        hashes, vectors = (np.load(build / f"{name}.npy", allow_pickle=False) for name in ("hashes", "vectors"))
        return dict(zip(hashes.tolist(), vectors, strict=True)) if hashes.dtype == HASH else {}
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return {}


_ADVICE = "Import it: bedside knowledge import FILE."
