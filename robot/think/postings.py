"""An inverted index in plain arrays: which documents have a term, and what each gains by it.

The arrays can lie in memory-mapped files, so that an index of many thousand documents opens at once; a term is known by
a hash of 64 bits, so that no vocabulary has to be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
_ARRAYS = ("keys", "starts", "numbers", "weights")


@dataclass(frozen=True)
class Postings:
    """For every term the documents that have it."""

    size: int
    """How many documents there are."""
    keys: npt.NDArray[np.uint64]
    """Hashes of the terms, rising."""
    starts: npt.NDArray[np.int64]
    """Where each term's documents begin in `numbers`; one more entry than there are terms."""
    numbers: npt.NDArray[np.int32]
    """Numbers of the documents that have the term, rising within a term."""
    weights: Scores
    """What each of them gains by it; at first, how often it has it."""

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> Postings:
        """The index of `documents`, which are lists of terms."""
        size = len(documents)
        known: dict[str, int] = {}
        terms = np.array([known.setdefault(term, len(known)) for each in documents for term in each], np.int64)
        hashes = np.array([key(term) for term in known], np.uint64)
        order = np.argsort(hashes)
        rank = np.empty(len(known), np.int64)
        rank[order] = np.arange(len(known))
        # One whole number for each pair of a term and a document, so that equal pairs can be counted.
        owners = np.repeat(np.arange(size), [len(each) for each in documents])
        pairs, counts = np.unique(rank[terms] * max(1, size) + owners, return_counts=True)
        return cls(
            size,
            hashes[order],
            np.searchsorted(pairs, np.arange(len(known) + 1) * max(1, size)),
            (pairs % max(1, size)).astype(np.int32),
            counts.astype(np.float32),
        )

    def having(self, term: str) -> slice:
        """Where the documents that have `term` stand in `numbers` and `weights`; empty: none has it."""
        at = int(np.searchsorted(self.keys, np.uint64(hashed := key(term))))
        heard = at < len(self.keys) and int(self.keys[at]) == hashed
        return slice(int(self.starts[at]), int(self.starts[at + 1])) if heard else slice(0, 0)

    @property
    def spread(self) -> npt.NDArray[np.int64]:
        """For every entry of `numbers`, how many documents have its term."""
        counts = np.diff(self.starts)
        return np.repeat(counts, counts)

    def save(self, folder: Path, name: str) -> None:
        """Write the arrays into `folder`, which exists."""
        for array in _ARRAYS:
            np.save(folder / f"{name}-{array}.npy", getattr(self, array))

    @classmethod
    def open(cls, folder: Path, name: str, size: int) -> Postings:
        """The index of `size` documents that was saved there, memory-mapped. Raises OSError, ValueError."""
        arrays = (np.load(folder / f"{name}-{array}.npy", mmap_mode="r", allow_pickle=False) for array in _ARRAYS)
        return cls(size, *arrays)


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
