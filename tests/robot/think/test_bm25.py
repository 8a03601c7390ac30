from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.think.bm25 import Bm25Index

DOCUMENTS = st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=12), min_size=1, max_size=12)
QUERY = st.lists(st.sampled_from("abcdefgxyz"), max_size=6)


@given(DOCUMENTS, QUERY, st.integers(0, 5))
def test_scores_are_shares_in_falling_order(documents: list[list[str]], query: list[str], k: int) -> None:
    found = Bm25Index.of(documents).search(query, k)
    scores = [score for _, score in found]
    assert len(found) <= k
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert all(set(documents[number]) & set(query) for number, _ in found)


@given(DOCUMENTS, QUERY)
def test_words_that_nobody_has_only_lower_the_scores(documents: list[list[str]], query: list[str]) -> None:
    index = Bm25Index.of(documents)
    plain, more = index.search(query, 20), index.search([*query, "unheard"], 20)
    assert [number for number, _ in plain] == [number for number, _ in more]
    assert all(before > after for (_, before), (_, after) in zip(plain, more, strict=True))


def test_an_empty_index_and_an_empty_query_find_nothing() -> None:
    assert Bm25Index.of([]).search(["a"], 3) == []
    assert Bm25Index.of([["a"]]).search([], 3) == []
    assert Bm25Index.of([[], []]).search(["a"], 3) == []


def test_the_scores_are_those_of_a_known_library() -> None:
    bm25s = pytest.importorskip("bm25s")
    documents = [
        ["salt", "day", "salt"],
        ["sleep", "night", "hours", "day"],
        ["walk", "day"],
        ["salt", "walk", "steps"],
    ]
    oracle = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    oracle.index(documents, show_progress=False)
    index = Bm25Index.of(documents)
    for query in (["salt"], ["salt", "day"], ["walk", "steps", "night"]):
        numbers, scores = oracle.retrieve([query], k=4, show_progress=False, n_threads=0)
        expected = {int(number): float(score) for number, score in zip(numbers[0], scores[0], strict=True) if score > 0}
        found = dict(index.search(query, 4))
        assert found.keys() == expected.keys()
        ratios = [found[number] / expected[number] for number in expected]
        assert max(ratios) == pytest.approx(min(ratios), rel=1e-5)
