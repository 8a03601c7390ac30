"""Whether evidence says what a sentence says in other words, by the meaning of both: sentence embeddings.

It speaks for a sentence that shares too few words with its evidence (`claims`), never against one, and it cannot excuse
a wrong figure, medicine, comparison or negation: vectors of a sentence and of its opposite lie close together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from robot.events import Passage
from robot.think.embed import Embedder, Floats

ALIKE = 0.8
"""Cosine from which on a sentence counts as said by the evidence. Of 900 rewordings of the passages' sentences 75 % are
as near to their own passage, and .08 % of 100,000 pairs to another one (`tests/robot/think/test_entail.py`)."""
_KEPT = 512
"""Passages whose vectors are kept."""
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z])|(?<=[。！？])(?=.)")


class EmbeddingEntailment:
    """Judges sentences in the languages that `embedder` knows; in others it speaks for none."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[Passage, Floats] = {}

    def __call__(self, text: str, evidence: Sequence[Passage]) -> bool:
        known = [passage for passage in evidence if passage.language in self._embedder.languages]
        if not known:
            return False
        (vector,) = self._embedder.embed([text])
        return any(float((self._vectors(passage) @ vector).max()) >= ALIKE for passage in known)

    def _vectors(self, passage: Passage) -> Floats:
        if passage not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            whole = f"{passage.title}. {passage.text}"
            self._known[passage] = self._embedder.embed([whole, *_SENTENCE_END.split(passage.text)])
        return self._known[passage]
