"""An embedder that remembers its last texts, so that a question is embedded while it is spoken and then looked up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from robot.think.embed import Embedder, Floats

KEPT = 256
"""Texts whose vectors are kept: a few for each of some dozens of conversations. They are in memory only."""


class RecentVectors:
    """An `Embedder` before another one. Threads may share it."""

    def __init__(self, embedder: Embedder, kept: int = KEPT) -> None:
        self._embedder = embedder
        self._kept = kept
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self.name, self.size, self.languages = embedder.name, embedder.size, embedder.languages

    def embed(self, texts: Sequence[str]) -> Floats:
        """The vectors of `texts`; a single text is remembered, many at once are a library and are not."""
        if len(texts) != 1:
            return self._embedder.embed(texts)
        (text,) = texts
        vector = self._vectors.pop(text, None)
        if vector is None:
            vector = self._embedder.embed(texts)[0]
        self._vectors[text] = vector
        while len(self._vectors) > self._kept:
            try:
                self._vectors.popitem(last=False)
            except KeyError:  # another thread was quicker
                break
        return np.asarray(vector[None], np.float32)
