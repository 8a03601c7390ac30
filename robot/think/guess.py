"""What a sentence that no pattern knows probably means: the intent whose examples are most like it.

By meaning where an embedder knows the language, else by shared terms. What is likely is taken for it; what is only
possible is asked back: "Do you want me to call a nurse?"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialogs.model import Intents
from robot.events import Language
from robot.think.embed import Embedder, Floats, kept
from robot.think.terms import terms

LIKELY, POSSIBLE = 0.80, 0.62
"""Similarity from which on an intent is taken for meant, or asked for. Leaving out each of the 400 English examples in
turn and looking for it with the others: above the first 96 % are right, between the two 71 %
(`tests/robot/think/test_guess.py`)."""
_LIKELY_WORDS, _POSSIBLE_WORDS = 0.85, 0.6
_LONGEST_TERMS = 12
"""A story is no command."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent, and whether it may be taken for meant without asking."""

    intent: str
    sure: bool


class Guesser:
    """Made once; `intents` are those that may be guessed."""

    def __init__(self, intents: Intents, embedder: Embedder | None = None, cache: Path | None = None) -> None:
        self._examples: dict[Language, list[tuple[str, str]]] = {
            language: [
                (example, name)
                for name, intent in intents.intents.items()
                if intent.label is not None
                for example in getattr(intent, language).examples
            ]
            for language in ("en", "zh")
        }
        self._embedder = embedder
        self._cache = cache
        self._vectors: dict[Language, Floats] = {}

    def guess(self, text: str, language: Language) -> Guess | None:
        """The intent that `text` is most like, if it is like any."""
        words = terms(text, language)
        if not words or len(words) > _LONGEST_TERMS or not self._examples[language]:
            return None
        if self._embedder is not None and language in self._embedder.languages:
            scores, likely, possible = self._by_meaning(text, language), LIKELY, POSSIBLE
        else:
            scores, likely, possible = self._by_words(words, language), _LIKELY_WORDS, _POSSIBLE_WORDS
        best = int(np.argmax(scores))
        if scores[best] < possible:
            return None
        return Guess(self._examples[language][best][1], bool(scores[best] >= likely))

    def warm(self) -> None:
        """Compute, or read, what the first guess needs."""
        if self._embedder is not None:
            for language in self._embedder.languages & self._examples.keys():
                self._of(language)

    def _by_meaning(self, text: str, language: Language) -> Floats:
        assert self._embedder is not None
        scores: Floats = self._of(language) @ self._embedder.embed([text.lower()])[0]
        return scores

    def _of(self, language: Language) -> Floats:
        assert self._embedder is not None
        if language not in self._vectors:
            texts = [example for example, _ in self._examples[language]]
            self._vectors[language] = kept(texts, self._embedder, self._cache)
        return self._vectors[language]

    def _by_words(self, words: Sequence[str], language: Language) -> Floats:
        said = set(words)
        sets = (set(terms(example, language)) for example, _ in self._examples[language])
        return np.array([len(said & other) / max(1, len(said | other)) for other in sets], np.float32)
