"""Remembered vectors are the vectors, and no more of them are kept than was said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robot.events import Language
from robot.think.embed import Embedder, Floats
from robot.think.embedders.recent import RecentVectors


class Lengths:
    """Embeds a text as its length, and counts."""

    name = "lengths"
    size = 1
    languages: frozenset[Language] = frozenset({"en"})

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.embedded += texts
        return np.array([[len(text)] for text in texts], np.float32)


def test_the_same_text_is_embedded_once_while_it_is_recent() -> None:
    inner = Lengths()
    recent = RecentVectors(inner, kept=2)
    assert isinstance(recent, Embedder)
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        assert recent.embed([text])[0, 0] == len(text)
    assert inner.embedded == ["a", "bb", "ccc", "bb"]


@given(st.lists(st.lists(st.text(max_size=5), max_size=3), max_size=20))
def test_whatever_is_asked_the_answer_is_the_embedders(calls: list[list[str]]) -> None:
    recent = RecentVectors(Lengths(), kept=2)
    for texts in calls:
        assert np.array_equal(recent.embed(texts), Lengths().embed(texts))
