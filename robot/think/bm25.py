"""BM25 over a few thousand short texts: an inverted index whose weights are worked out when it is built.

The score is Lucene's, given as a share of the most that the query could reach, so that one threshold
serves short and long questions. Written out here because the usual libraries take longer to import than a whole start
may last; the tests hold it against one of them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

K1 = 1.2
B = 0.75


class Bm25Index:
    """Finds documents that share words with a query."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        """`documents` are lists of terms; repeated terms weigh more."""
        self._size = len(documents)
        average = sum(map(len, documents)) / max(1, self._size) or 1.0
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, document in enumerate(documents):
            damping = K1 * (1 - B + B * len(document) / average)
            for term, count in Counter(document).items():
                postings[term].append((number, count / (count + damping)))
        self._idf = {term: self._inverse_frequency(len(found)) for term, found in postings.items()}
        self._unheard = self._inverse_frequency(0)
        self._postings = dict(postings)

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """The best `k` documents with their share of the reachable score, above 0 and below 1, best first.

        A term that no document has counts in full against all of them. Of equal documents the earlier one is first.
        """
        wanted = dict.fromkeys(terms)
        if not wanted or not self._size or k < 1:
            return []
        scores: dict[int, float] = defaultdict(float)
        most = 0.0
        for term in wanted:
            idf = self._idf.get(term, self._unheard)
            most += idf
            for number, weight in self._postings.get(term, ()):
                scores[number] += weight * idf
        best = sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:k]
        return [(number, score / most) for number, score in best]

    def _inverse_frequency(self, documents: int) -> float:
        return math.log(1 + (self._size - documents + 0.5) / (documents + 0.5))
