"""Tells texts that are like given examples from everyday ones: logistic regression over words and meaning.

The words and pairs of words of a text (in Chinese: its characters and pairs of them) and, where an embedder knows the
language, its meaning. Words alone know nothing of words they have not seen; meaning alone confuses whoever asks how to
avoid a thing with whoever asks how to do it. It is learned when it is made, and remembered (`robot.think.embed`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np

from robot.events import Language
from robot.think.embed import Embedder, Floats, kept, remembered
from robot.think.terms import terms
from robot.think.understand import language_of

_WIDTH = 4096
_WORDS = 0.7
"""Weight of the words beside the meaning."""
_DECAY = 2e-4
_ROUNDS = 300
_RATE = 0.05
_LONGEST = 400
_HALF = 0.5
_RECENT = 256
"""Texts whose words are kept, in memory only: a text is judged ahead and when it is decided, by each classifier."""
_LATIN = re.compile(r"[a-z']+")
_CHINESE = re.compile(r"[㐀-鿿]")


class ExampleClassifier:
    """One language. `examples` are (text, kind); `others` are everyday texts that are like none of them."""

    def __init__(
        self,
        examples: Sequence[tuple[str, str]],
        others: Sequence[str],
        embedder: Embedder | None,
        cache: Path | None = None,
    ) -> None:
        texts = [text for text, _ in examples]
        everything = [*texts, *others]
        size = _WIDTH + (embedder.size if embedder else 0) + 1
        name = f"examples-{_digest(everything, len(texts), embedder)}.npy"
        self._embedder = embedder
        self._kinds = [kind for _, kind in examples]
        self._weights = remembered(name, (size,), lambda: _learned(_joined(everything, embedder), len(texts)), cache)
        self._examples = (kept(texts, embedder, cache) if embedder else _joined(texts, None)).astype(np.float16)
        """What tells the kinds apart; half-precise, because there are thousands of numbers each."""

    def judge(self, text: str) -> tuple[float, str | None]:
        """How likely `text` is to be one of the examples' kinds (0…1), and the kind of the example most like it.

        No kind below one half: to find it takes ten times as long as the rest.
        """
        plain = text.lower()[:_LONGEST]
        (found,) = _joined([plain], self._embedder)
        score = float(found @ self._weights[:-1] + self._weights[-1])
        probability = float(1 / (1 + np.exp(-score)))
        if probability < _HALF:
            return probability, None
        likeness = self._examples @ (found if self._embedder is None else found[: self._embedder.size])
        return probability, self._kinds[int(np.argmax(likeness))]


@dataclass(frozen=True, slots=True)
class Judged:
    """A text as one of the examples' kinds: how likely (0…1), which (None below one half), and by what."""

    probability: float
    kind: str | None
    language: Language
    by_meaning: bool


class BilingualClassifier:
    """An `ExampleClassifier` for each language, made when first needed: that takes seconds. `warm` makes both.

    examples   (text, kind) in a language
    others     everyday texts in it
    """

    def __init__(
        self,
        examples: Callable[[Language], Sequence[tuple[str, str]]],
        others: Callable[[Language], Sequence[str]],
        embedder: Embedder | None,
        cache: Path | None,
    ) -> None:
        self._examples = examples
        self._others = others
        self._embedder = embedder
        self._cache = cache
        self._sides: dict[Language, ExampleClassifier] = {}

    def judge(self, text: str) -> Judged:
        """Judge `text` by the language that it is written in."""
        language = language_of(text, "en")
        probability, kind = self._side(language).judge(text)
        return Judged(probability, kind, language, self._knows(language) is not None)

    def warm(self) -> None:
        """Make both languages' now."""
        for language in get_args(Language):
            self._side(language)

    def _knows(self, language: Language) -> Embedder | None:
        return self._embedder if self._embedder is not None and language in self._embedder.languages else None

    def _side(self, language: Language) -> ExampleClassifier:
        if language not in self._sides:
            examples, others = self._examples(language), self._others(language)
            self._sides[language] = ExampleClassifier(examples, others, self._knows(language), self._cache)
        return self._sides[language]


def _joined(texts: Sequence[str], embedder: Embedder | None) -> Floats:
    """Meaning (where it is known) and words, a row a text."""
    words = np.stack([_words(text) for text in texts])
    joined: Floats = words if embedder is None else np.concatenate([embedder.embed(texts), _WORDS * words], axis=1)
    return joined


@lru_cache(maxsize=_RECENT)
def _words(text: str) -> Floats:
    """A unit vector of the words and pairs of words, each at a place that its hash decides; not to be written to."""
    low = text.lower()
    parts = ["^", *(list(_CHINESE.findall(low)) or [_stemmed(word) for word in _LATIN.findall(low)]), "$"]
    found = np.zeros(_WIDTH, np.float32)
    for part in {*parts, *(f"{one} {other}" for one, other in pairwise(parts))}:
        found[int.from_bytes(hashlib.blake2b(part.encode(), digest_size=4).digest(), "big") % _WIDTH] = 1.0
    length = float(np.sqrt(found.sum()))
    unit: Floats = found / np.float32(max(1.0, length))
    return unit


def _stemmed(word: str) -> str:
    found = terms(word, "en")
    return found[0] if found else word


def _digest(texts: Sequence[str], examples: int, embedder: Embedder | None) -> str:
    shape = f"{embedder.name if embedder else 'words'} {examples} {_WIDTH} {_WORDS} {_DECAY} {_ROUNDS} {_RATE}"
    return hashlib.sha256("\0".join([shape, *texts]).encode()).hexdigest()[:16]


def _learned(inputs: Floats, examples: int) -> Floats:
    """Weights and, last, the offset: Adam (Kingma and Ba 2015) on the cross-entropy, both sides of equal weight."""
    rows = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], axis=1)
    wanted = np.zeros(len(rows), np.float32)
    wanted[:examples] = 1.0
    share = np.where(wanted > 0, 1.0, examples / max(1, len(rows) - examples)).astype(np.float32)
    weights = np.zeros(rows.shape[1])
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _ROUNDS + 1):
        told = 1 / (1 + np.exp(-(rows @ weights)))
        gradient = rows.T @ (share * (told - wanted)) / len(rows) + _DECAY * weights
        mean = 0.9 * mean + 0.1 * gradient
        spread = 0.999 * spread + 0.001 * gradient * gradient
        weights -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    learned: Floats = weights.astype(np.float32)
    return learned
