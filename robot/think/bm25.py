"""BM25 over short texts: how much of what a query could reach a document reaches.

The score is Lucene's, given as a share of the most that the query could reach, so that one threshold serves short and
long questions. Written out here because the usual libraries take longer to import than a whole start may last; the
tests hold it against one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from robot.think.postings import Postings, Scores, best

K1 = 1.2
B = 0.75


class Bm25Index:
    """Finds documents that share words with a query."""

    def __init__(self, postings: Postings) -> None:
        """`postings` are weighted as `of` does it."""
        self.postings = postings
        self.size = postings.size

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> Bm25Index:
        """The index of `documents`, which are lists of terms; repeated terms weigh more."""
        counted = Postings.of(documents)
        lengths = np.array([len(each) for each in documents], np.float64)
        damping = K1 * (1 - B + B * lengths / (lengths.mean() if lengths.any() else 1.0))
        gained = counted.weights / (counted.weights + damping[counted.numbers])
        return cls(replace(counted, weights=gained.astype(np.float32)))

    def scores(self, terms: Sequence[str]) -> Scores:
        """The share of the reachable score of every document, from 0 to below 1.

        A term that no document has counts in full against all of them.
        """
        scores = np.zeros(self.size, np.float32)
        most = 0.0
        for term in dict.fromkeys(terms):
            having = self.postings.having(term)
            rare = float(rarity(self.size, having.stop - having.start))
            most += rare
            scores[self.postings.numbers[having]] += self.postings.weights[having] * np.float32(rare)
        return scores / np.float32(most) if most else scores

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The best `k` documents above 0, best first. Of equal documents the earlier one is first."""
        return best(self.scores(terms), k)


def rarity(size: int, having: int | npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How much a term tells (inverse document frequency) that `having` of `size` documents have."""
    return np.asarray(np.log(1 + (size - having + 0.5) / (having + 0.5)), np.float64)
