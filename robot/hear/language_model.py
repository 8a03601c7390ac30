"""Makes the general language model expect our dialogs: n-gram counts of our own texts, interpolated into it.

For every history h (one or two words) that our texts contain,

    p(w | h) = λ(h) · c(h w) / c(h)  +  (1 − λ(h)) · p_general(w | h),    λ(h) = weight · c(h) / (c(h) + t(h))

with t(h) the number of different words that follow h (Witten and Bell 1991). Scaling the back-off weight of h by
1 − λ(h) keeps the distribution a distribution; histories that our texts do not contain stay as they were, so that a
sentence nobody foresaw is recognized as well as before. Figures: docs/decisions/0002-recognizer-language-model.md.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from robot.folders import cache_folder
from robot.hear.ngram_trie import LOG_BASE, Floats, Keys, NgramTrie

WEIGHT = 0.5
"""Share of our own texts at a history that they contain often; see the decision record."""

_VERSION = b"1"  # part of a cached model's name: change it when this file computes something else
_NEW_WORD = 1e-6  # probability of a word that the general model lacks: about that of its rarer words

Ngram = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """Lower-case words as the pronunciation dictionary writes them (`don't`)."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower().replace("’", "'"))


def adapted(
    texts: Sequence[str], general: Path, dictionary: Path, weight: float = WEIGHT, cache: Path | None = None
) -> Path:
    """A model file for `texts` and everything else; made once (some seconds), then found in the folder `cache`.

    `general` is the model to start from, `dictionary` the pronunciations: a word without one cannot be recognized, and
    a text is cut at it. By default the folder is `bedside` in the user's cache.
    """
    sentences = sorted({" ".join(words_of(text)) for text in texts} - {""})
    digest = hashlib.sha256(b"\n".join([_VERSION, str(weight).encode(), str(general.stat().st_size).encode()]))
    digest.update("\n".join(sentences).encode())
    folder = cache or cache_folder()
    path = folder / f"language-model-{digest.hexdigest()[:16]}.bin"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        trie = NgramTrie.read(general)
        interpolate(trie, count((sentence.split() for sentence in sentences), _pronounceable(dictionary)), weight)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            pass
        trie.write(Path(file.name))
        Path(file.name).replace(path)  # so that nobody ever reads half a model
    return path


def count(sentences: Iterable[Sequence[str]], pronounceable: Collection[str]) -> Counter[Ngram]:
    """Bigrams and trigrams of the sentences, with `<s>` and `</s>` at their ends."""
    counts: Counter[Ngram] = Counter()
    for sentence in sentences:
        padded = ["<s>", *(word if word in pronounceable else "" for word in sentence), "</s>"]
        for order in (2, 3):
            ngrams = (tuple(padded[at : at + order]) for at in range(len(padded) - order + 1))
            counts.update(ngram for ngram in ngrams if "" not in ngram)
    return counts


def interpolate(trie: NgramTrie, counts: Counter[Ngram], weight: float) -> None:
    """Mix the counts into the general model `trie`, in place."""
    if not 0.0 < weight < 1.0:
        raise ValueError(f"the weight of our own texts must lie between 0 and 1, not {weight}")
    _add_words(trie, {word for ngram in counts for word in ngram})
    ids = {word: index for index, word in enumerate(trie.words)}
    for order in (2, 3):
        _mix(trie, {tuple(ids[w] for w in ngram): n for ngram, n in counts.items() if len(ngram) == order}, weight)


def _add_words(trie: NgramTrie, words: Collection[str]) -> None:
    """Words that the general model lacks get a unigram at the end, so that ids stay; keys are made anew."""
    known = set(trie.words)
    new = sorted(set(words) - known)
    if not new:
        return
    n, m = len(trie.words), len(trie.words) + len(new)
    trie.words += new
    trie.unigrams = np.append(trie.unigrams, np.full(len(new), _log(_NEW_WORD), np.float32))
    trie.unigram_backoffs = np.append(trie.unigram_backoffs, np.zeros(len(new), np.float32))
    trie.bigram_keys = trie.bigram_keys // n * m + trie.bigram_keys % n
    word, rest = np.divmod(trie.trigram_keys, n * n)
    trie.trigram_keys = word * m * m + rest // n * m + rest % n


def _mix(trie: NgramTrie, counts: dict[tuple[int, ...], int], weight: float) -> None:
    """Mix in the counts of one order (2 or 3); the order below must be mixed already."""
    if not counts:
        return
    n = len(trie.words)
    totals: Counter[tuple[int, ...]] = Counter()
    followers: Counter[tuple[int, ...]] = Counter()
    for ngram, times in counts.items():
        totals[ngram[:-1]] += times
        followers[ngram[:-1]] += 1
    shares = {history: weight * totals[history] / (totals[history] + followers[history]) for history in totals}

    ours = sorted(counts, key=lambda ngram: ngram[::-1])
    keys = np.array([_key(ngram, n) for ngram in ours], np.int64)
    general = np.array([_probability(trie, ngram) for ngram in ours])
    share = np.array([shares[ngram[:-1]] for ngram in ours])
    ml = np.array([counts[ngram] / totals[ngram[:-1]] for ngram in ours])
    mixed = _log(share * ml + (1.0 - share) * np.power(LOG_BASE, general)).astype(np.float32)

    histories = np.array(sorted(_key(history, n) for history in shares), np.int64)
    left = np.zeros(histories.size, np.float32)
    for history, value in shares.items():
        left[np.searchsorted(histories, _key(history, n))] = _log(1.0 - value)

    if len(ours[0]) == 2:
        trie.unigram_backoffs[histories] += left
        _scale(trie.bigrams, trie.bigram_keys % n, histories, left)
        at, absent = _find(trie.bigram_keys, keys)
        trie.bigrams[at[~absent]] = mixed[~absent]
        trie.bigram_keys = np.insert(trie.bigram_keys, at[absent], keys[absent])
        trie.bigrams = np.insert(trie.bigrams, at[absent], mixed[absent])
        trie.bigram_backoffs = np.insert(trie.bigram_backoffs, at[absent], 0.0)
    else:
        at, _ = _find(trie.bigram_keys, histories)
        trie.bigram_backoffs[at] += left
        _scale(trie.trigrams, trie.trigram_keys % (n * n), histories, left)
        at, absent = _find(trie.trigram_keys, keys)
        trie.trigrams[at[~absent]] = mixed[~absent]
        trie.trigram_keys = np.insert(trie.trigram_keys, at[absent], keys[absent])
        trie.trigrams = np.insert(trie.trigrams, at[absent], mixed[absent])


def _probability(trie: NgramTrie, ngram: tuple[int, ...]) -> float:
    """The logarithm of p(last word | the words before), backing off as a recognizer does."""
    if len(ngram) == 1:
        return float(trie.unigrams[ngram[0]])
    keys, values = (trie.bigram_keys, trie.bigrams) if len(ngram) == 2 else (trie.trigram_keys, trie.trigrams)
    at, absent = _find(keys, np.array([_key(ngram, len(trie.words))]))
    if not absent[0]:
        return float(values[at[0]])
    return _backoff(trie, ngram[:-1]) + _probability(trie, ngram[1:])


def _backoff(trie: NgramTrie, history: tuple[int, ...]) -> float:
    if len(history) == 1:
        return float(trie.unigram_backoffs[history[0]])
    at, absent = _find(trie.bigram_keys, np.array([_key(history, len(trie.words))]))
    return 0.0 if absent[0] else float(trie.bigram_backoffs[at[0]])


def _key(ngram: tuple[int, ...], n: int) -> int:
    """The n-gram as the trie orders it: last word first."""
    key = 0
    for word in reversed(ngram):
        key = key * n + word
    return key


def _find(ascending: Keys, keys: Keys) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """Where each key stands, or would stand, and whether it is absent."""
    at = np.searchsorted(ascending, keys)
    return at, ascending[np.minimum(at, ascending.size - 1)] != keys


def _scale(values: Floats, histories: Keys, ours: Keys, factors: Floats) -> None:
    """Add to each value the factor of its history, where the history is one of `ours` (ascending)."""
    at, absent = _find(ours, histories)
    values[~absent] += factors[at[~absent]]


def _log(probability: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.log(probability) / math.log(LOG_BASE))


def _pronounceable(dictionary: Path) -> set[str]:
    """The words of a pronunciation dictionary: the first column, `the(2)` being another way to say `the`."""
    with dictionary.open(encoding="utf-8") as lines:
        return {line.split(maxsplit=1)[0] for line in lines if line.strip()}
