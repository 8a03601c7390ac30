"""Tells requests that are declined whatever the knowledge base has from those that only sound alike.

Logistic regression over the words and pairs of words of a text (in Chinese: its characters and pairs of them) and,
where an embedder knows the language, over its meaning; learned from the examples of `dialogs/requests.yaml` and from
what patients ask and tell all day (`robot.think.everyday`), when it is made, and kept in the user's cache. Which class
it is, is that of the most similar example.

Words alone know nothing of words they have not seen; meaning alone confuses whoever asks how to avoid a thing with
whoever asks how to do it. Measured on requests nobody had seen: see `bedside evaluate safety`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dialogs.requests import Requests
from robot.events import Language
from robot.think.embed import Embedder, Floats, cache_folder, kept

_WIDTH = 4096
_WORDS = 0.7
"""Weight of the words beside the meaning."""
_DECAY = 2e-4
_ROUNDS = 300
_RATE = 0.05
LIKELY: dict[Language, float] = {"en": 0.6, "zh": 0.75}
"""Probability from which on a request is declined; Chinese is judged by its characters alone."""
_LIKELY_WORDS = 0.9
"""The same for English without an embedder."""
CERTAIN = 0.85
"""From here on it is declined even where the text tells of a complaint."""
_LONGEST = 400
_LATIN = re.compile(r"[a-z']+")
_CHINESE = re.compile(r"[㐀-鿿]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is declined: its class, which answer it gets, and how sure that is (0…1)."""

    kind: str
    say: str
    probability: float


class RequestFilter:
    """Made once for the content of a dialogs folder.

    everyday    what patients ask and tell, by language: none of it is declined
    """

    def __init__(
        self,
        requests: Requests,
        everyday: Callable[[Language], Sequence[str]],
        embedder: Embedder | None = None,
        cache: Path | None = None,
    ) -> None:
        self._requests = requests
        self._everyday = everyday
        self._embedder = embedder
        self._cache = cache
        self._sides: dict[Language, _Side] = {}

    def check(self, text: str) -> Refusal | None:
        """The refusal that `text` deserves, or None. The first call in a language takes seconds."""
        language: Language = "zh" if _CHINESE.search(text) else "en"
        side = self._side(language)
        probability, kind = side.judge(text)
        if probability < (_LIKELY_WORDS if language == "en" and not side.embeds else LIKELY[language]):
            return None
        return Refusal(kind, self._requests.decline[kind].say, round(probability, 3))

    def warm(self) -> None:
        """Learn, or read what was learned, ahead of the first patient."""
        for language in ("en", "zh"):
            self._side(language)

    def _side(self, language: Language) -> _Side:
        if language not in self._sides:
            requests, embedder = self._requests, self._embedder
            declined = [(text, kind) for kind, each in requests.decline.items() for text in getattr(each, language)]
            harmless = [text for each in requests.harmless.values() for text in getattr(each, language)]
            knows = embedder if embedder is not None and language in embedder.languages else None
            self._sides[language] = _Side(declined, [*harmless, *self._everyday(language)], knows, self._cache)
        return self._sides[language]


class _Side:
    """The filter in one language."""

    def __init__(
        self,
        declined: Sequence[tuple[str, str]],
        harmless: Sequence[str],
        embedder: Embedder | None,
        cache: Path | None,
    ) -> None:
        texts = [text for text, _ in declined] + list(harmless)
        self._embedder = embedder
        self._kinds = [kind for _, kind in declined]
        meaning = kept(texts, embedder, cache) if embedder else None
        self._examples = (
            _joined(texts[: len(declined)], None).astype(np.float16) if meaning is None else meaning[: len(declined)]
        )
        """What tells the classes apart; half-precise, because there are thousands of numbers each."""
        self._weights = _kept_weights(texts, len(declined), meaning, embedder, cache)

    @property
    def embeds(self) -> bool:
        """Whether it knows the meaning of a text, and not only its words."""
        return self._embedder is not None

    def judge(self, text: str) -> tuple[float, str]:
        """How likely `text` is to be declined, and the class of the example most like it."""
        plain = text.lower()[:_LONGEST]
        meaning = self._embedder.embed([plain]) if self._embedder else None
        (found,) = _joined([plain], meaning)
        score = float(found @ self._weights[:-1] + self._weights[-1])
        likeness = self._examples @ (found if meaning is None else meaning[0])
        return float(1 / (1 + np.exp(-score))), self._kinds[int(np.argmax(likeness))]


def _joined(texts: Sequence[str], meaning: Floats | None) -> Floats:
    words = np.stack([_words(text) for text in texts])
    joined: Floats = words if meaning is None else np.concatenate([meaning, _WORDS * words], axis=1)
    return joined


def _words(text: str) -> Floats:
    """A unit vector of the words and pairs of words, each at a place that its hash decides."""
    low = text.lower()
    parts = ["^", *(list(_CHINESE.findall(low)) or [_stemmed(word) for word in _LATIN.findall(low)]), "$"]
    found = np.zeros(_WIDTH, np.float32)
    for part in {*parts, *(f"{one} {other}" for one, other in pairwise(parts))}:
        found[int.from_bytes(hashlib.blake2b(part.encode(), digest_size=4).digest(), "big") % _WIDTH] = 1.0
    length = float(np.sqrt(found.sum()))
    unit: Floats = found / np.float32(max(1.0, length))
    return unit


def _stemmed(word: str) -> str:
    from robot.think.terms import terms

    found = terms(word, "en")
    return found[0] if found else word


def _kept_weights(
    texts: Sequence[str], declined: int, meaning: Floats | None, embedder: Embedder | None, cache: Path | None
) -> Floats:
    """The weights, learned once for these texts."""
    name = embedder.name if embedder else "words"
    shape = f"{name} {declined} {_WIDTH} {_WORDS} {_DECAY} {_ROUNDS} {_RATE}"
    digest = hashlib.sha256("\0".join([shape, *texts]).encode()).hexdigest()
    path = (cache or cache_folder()) / f"requests-{digest[:16]}.npy"
    try:
        found: Floats = np.load(path, allow_pickle=False)
        if found.shape == (_WIDTH + (0 if meaning is None else meaning.shape[1]) + 1,):
            return found
    except (OSError, ValueError, EOFError):
        pass
    weights = _learned(_joined(texts, meaning), declined)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{id(weights)}.part.npy")
    np.save(part, weights)
    part.replace(path)
    return weights


def _learned(inputs: Floats, declined: int) -> Floats:
    """Weights and, last, the offset: Adam (Kingma and Ba 2015) on the cross-entropy, both sides of equal weight."""
    rows = np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], axis=1)
    wanted = np.zeros(len(rows), np.float32)
    wanted[:declined] = 1.0
    share = np.where(wanted > 0, 1.0, declined / max(1, len(rows) - declined)).astype(np.float32)
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
