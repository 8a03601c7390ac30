"""BM25 over short texts: an inverted index whose weights are worked out when it is built, held in plain arrays.

The score is Lucene's, given as a share of the most that the query could reach, so that one threshold serves short and
long questions. Arrays can lie in memory-mapped files, so that an index of many thousand texts opens at once; a term is
known by a hash of 64 bits, so that no vocabulary has to be read. Written out here because the usual libraries take
longer to import than a whole start may last; the tests hold it against one of them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

K1 = 1.2
B = 0.75

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Bm25Index:
    """Finds documents that share words with a query."""

    size: int
    """How many documents there are."""
    keys: npt.NDArray[np.uint64]
    """Hashes of the terms, rising."""
    starts: npt.NDArray[np.int64]
    """Where each term's documents begin in `numbers`; one more entry than there are terms."""
    numbers: npt.NDArray[np.int32]
    """Numbers of the documents that have the term."""
    weights: Scores
    """What each of them gains by it, between 0 and 1, before the term's rarity is counted in."""

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> Bm25Index:
        """The index of `documents`, which are lists of terms; repeated terms weigh more."""
        size = len(documents)
        known: dict[str, int] = {}
        terms = np.array([known.setdefault(term, len(known)) for each in documents for term in each], np.int64)
        lengths = np.array([len(each) for each in documents], np.int64)
        hashes = np.array([key(term) for term in known], np.uint64)
        order = np.argsort(hashes)
        rank = np.empty(len(known), np.int64)
        rank[order] = np.arange(len(known))
        # One whole number for each pair of a term and a document, so that equal pairs can be counted.
        pairs, counts = np.unique(rank[terms] * max(1, size) + np.repeat(np.arange(size), lengths), return_counts=True)
        numbers = pairs % max(1, size)
        damping = K1 * (1 - B + B * lengths / (lengths.mean() if lengths.any() else 1.0))
        return cls(
            size,
            hashes[order],
            np.searchsorted(pairs, np.arange(len(known) + 1) * max(1, size)),
            numbers.astype(np.int32),
            (counts / (counts + damping[numbers])).astype(np.float32),
        )

    def scores(self, terms: Sequence[str]) -> Scores:
        """The share of the reachable score of every document, from 0 to below 1.

        A term that no document has counts in full against all of them.
        """
        scores = np.zeros(self.size, np.float32)
        most = 0.0
        for term in dict.fromkeys(terms):
            at = int(np.searchsorted(self.keys, np.uint64(hashed := key(term))))
            heard = at < len(self.keys) and int(self.keys[at]) == hashed
            span = slice(int(self.starts[at]), int(self.starts[at + 1])) if heard else slice(0, 0)
            rarity = self._inverse_frequency(span.stop - span.start)
            most += rarity
            scores[self.numbers[span]] += self.weights[span] * np.float32(rarity)
        return scores / np.float32(most) if most else scores

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The best `k` documents above 0, best first. Of equal documents the earlier one is first."""
        return best(self.scores(terms), k)

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, which exists."""
        for name in _ARRAYS:
            np.save(folder / f"bm25-{name}.npy", getattr(self, name))

    @classmethod
    def open(cls, folder: Path, size: int) -> Bm25Index:
        """The index of `size` documents that was saved there, memory-mapped. Raises OSError, ValueError."""
        return cls(size, *(np.load(folder / f"bm25-{name}.npy", mmap_mode="r") for name in _ARRAYS))

    def _inverse_frequency(self, documents: int) -> float:
        return math.log(1 + (self.size - documents + 0.5) / (documents + 0.5))


_ARRAYS = [field.name for field in fields(Bm25Index)][1:]


def key(term: str) -> int:
    """The hash by which a term is known: the same on every machine."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")


def best(scores: Scores, k: int) -> list[tuple[int, float]]:
    """The `k` highest scores above 0 with their places, highest first; of equal ones the earlier is first."""
    if k < 1:
        return []
    places = np.flatnonzero(scores > 0)
    if len(places) > k:
        bar = np.partition(scores[places], len(places) - k)[len(places) - k]
        places = places[scores[places] >= bar]
    return [(int(at), float(scores[at])) for at in places[np.argsort(-scores[places], kind="stable")][:k]]
