"""The adapted language model: still a distribution, expects our sentences, and is a file that the decoder reads."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.hear.language_model import adapted, count, interpolate, words_of
from robot.hear.ngram_trie import LOG_BASE, NgramTrie

WORDS = ["</s>", "<s>", "chest", "hurts", "my", "pain"]
MODEL = Path(pocketsphinx.get_model_path("en-us"))
GENERAL, DICTIONARY = MODEL / "en-us.lm.bin", MODEL / "cmudict-en-us.dict"


def log(probability: float) -> float:
    return float(np.log(probability) / np.log(LOG_BASE))


def small() -> NgramTrie:
    """Six words, p(chest | my) = .5, p(hurts | chest) = .3 and p(hurts | my chest) = .6, backed off to normalize."""
    n = len(WORDS)
    unigrams = np.full(n, log(0.2), np.float32)
    unigrams[1] = log(1e-30)  # <s> is never predicted
    backoffs = np.zeros(n, np.float32)
    backoffs[4], backoffs[2] = log(0.5 / 0.8), log(0.7 / 0.8)
    return NgramTrie(
        words=list(WORDS),
        unigrams=unigrams,
        unigram_backoffs=backoffs,
        bigram_keys=np.array([2 * n + 4, 3 * n + 2]),
        bigrams=np.array([log(0.5), log(0.3)], np.float32),
        bigram_backoffs=np.array([log(0.4 / 0.7), 0.0], np.float32),
        trigram_keys=np.array([(3 * n + 2) * n + 4]),
        trigrams=np.array([log(0.6)], np.float32),
        tables=np.sort(np.linspace([log(1e-4)] * 3, [0.0, log(2.0), 0.0], 1 << 16).T.astype(np.float32), axis=1),
    )


def probability(trie: NgramTrie, *ngram: str) -> float:
    """p(last | the words before), looked up as a recognizer does."""
    n, ids = len(trie.words), [trie.words.index(word) for word in ngram]
    if len(ids) == 1:
        return float(LOG_BASE ** trie.unigrams[ids[0]])
    keys, values = (trie.bigram_keys, trie.bigrams) if len(ids) == 2 else (trie.trigram_keys, trie.trigrams)
    key = sum(index * n**place for place, index in enumerate(ids))
    at = np.flatnonzero(keys == key)
    if at.size:
        return float(LOG_BASE ** values[at[0]])
    history = sum(index * n**place for place, index in enumerate(ids[:-1]))
    if len(ids) == 2:
        backoff = float(trie.unigram_backoffs[history])
    else:
        found = np.flatnonzero(trie.bigram_keys == history)
        backoff = float(trie.bigram_backoffs[found[0]]) if found.size else 0.0
    return float(LOG_BASE**backoff) * probability(trie, *ngram[1:])


sentences = st.lists(st.lists(st.sampled_from(["chest", "hurts", "my", "pain"]), max_size=5), min_size=1, max_size=6)


@given(sentences, st.floats(0.1, 0.9))
@settings(max_examples=40, deadline=None)
def test_every_history_keeps_a_distribution(texts: list[list[str]], weight: float) -> None:
    trie = small()
    interpolate(trie, count(texts, WORDS), weight)
    for history in [("my",), ("chest",), ("pain",), ("<s>",), ("pain", "my"), ("hurts", "pain"), ("<s>", "pain")]:
        assert sum(probability(trie, *history, word) for word in trie.words) == pytest.approx(1.0, abs=1e-3)


@given(sentences)
@settings(max_examples=20, deadline=None)
def test_histories_that_our_texts_lack_stay_as_they_were(texts: list[list[str]]) -> None:
    trie, before = small(), small()
    counts = count(texts, WORDS)
    interpolate(trie, counts, 0.5)
    for history in {"chest", "hurts", "my", "pain"} - {ngram[0] for ngram in counts if len(ngram) == 2}:
        for word in WORDS:
            assert probability(trie, history, word) == pytest.approx(probability(before, history, word), rel=1e-4)


def test_the_share_follows_witten_and_bell() -> None:
    trie = small()
    interpolate(trie, count([["my", "pain"], ["my", "pain"], ["my", "chest"]], WORDS), 0.5)
    share = 0.5 * 3 / (3 + 2)
    assert probability(trie, "my", "pain") == pytest.approx(share * 2 / 3 + (1 - share) * 0.125, rel=1e-3)
    assert probability(trie, "my", "chest") == pytest.approx(share * 1 / 3 + (1 - share) * 0.5, rel=1e-3)
    assert probability(trie, "my", "hurts") == pytest.approx((1 - share) * 0.125, rel=1e-3)


@pytest.mark.parametrize("weight", [0.0, 1.0, -1.0])
def test_a_weight_is_a_share(weight: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        interpolate(small(), Counter({("my", "pain"): 1}), weight)


def test_texts_are_cut_at_words_without_pronunciation() -> None:
    counts = count([["my", "zzyzx", "hurts"]], {"my", "hurts"})
    assert counts == {("<s>", "my"): 1, ("hurts", "</s>"): 1}


def test_words_are_spelt_as_in_the_dictionary() -> None:
    assert words_of("Don’t panic — I'm 80, aren't you?") == ["don't", "panic", "i'm", "aren't", "you"]


def test_a_trie_survives_its_file(tmp_path: Path) -> None:
    trie = small()
    interpolate(trie, count([["my", "pain", "hurts"], ["chest", "pain"]], WORDS), 0.5)
    trie.write(tmp_path / "small.bin")
    read = NgramTrie.read(tmp_path / "small.bin")
    assert read.words == trie.words
    assert np.array_equal(read.bigram_keys, trie.bigram_keys)
    assert np.array_equal(read.trigram_keys, trie.trigram_keys)
    step = float(np.diff(trie.tables).max())
    for field in ("unigrams", "unigram_backoffs", "bigrams", "bigram_backoffs", "trigrams"):
        assert np.allclose(getattr(read, field), getattr(trie, field), atol=step), field


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"Trie Language Monster")
    with pytest.raises(ValueError, match="not a binary trigram model"):
        NgramTrie.read(tmp_path / "x.bin")


def test_the_adapted_model_expects_our_sentences_and_is_made_once(tmp_path: Path) -> None:
    texts = ["How can I stop smoking?", "Could I have a zzyzx?", "Is a decaf cappuccino healthy"]
    path = adapted(texts, GENERAL, DICTIONARY, cache=tmp_path)
    made = path.stat().st_mtime_ns
    assert adapted(list(reversed(texts)), GENERAL, DICTIONARY, cache=tmp_path) == path
    assert path.stat().st_mtime_ns == made
    assert list(tmp_path.iterdir()) == [path]

    general, ours = NgramTrie.read(GENERAL), NgramTrie.read(path)
    assert general.words == ours.words[: len(general.words)]
    ids = {word: index for index, word in enumerate(ours.words)}
    assert "zzyzx" not in ids
    for previous, word in (("stop", "smoking"), ("<s>", "how"), ("decaf", "cappuccino")):
        key = ids[word] * len(ours.words) + ids[previous]
        at = np.searchsorted(ours.bigram_keys, key)
        assert ours.bigram_keys[at] == key
        assert LOG_BASE ** ours.bigrams[at] > 0.05

    decoder = pocketsphinx.Decoder(lm=str(path), loglevel="FATAL")  # raises when it cannot read the file
    assert decoder.lookup_word("cappuccino")
