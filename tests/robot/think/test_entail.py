"""Sentences in other words: the evidence speaks for its own, and for hardly any other's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dialogs import loader
from dialogs.never import load_never
from robot.config import Config
from robot.content import load_configured
from robot.evaluate.mutate import Mutations
from robot.events import Passage, Sentence, Source
from robot.think.embedders.bert import BertEmbedder
from robot.think.entail import ALIKE, EmbeddingEntailment
from robot.think.guard import SentenceGuard

SALT = Passage(
    "salt", "diet", "Salt", "Adults should eat less than 5 g of salt a day. Herbs and lemon give taste without it.",
    "en", Source("x", "X", "WHO", 2020),
)  # fmt: skip


@pytest.fixture(scope="module")
def entails() -> EmbeddingEntailment:
    return EmbeddingEntailment(BertEmbedder())


def test_other_words_for_the_same(entails: EmbeddingEntailment) -> None:
    assert entails("Herbs or lemon can add flavour instead.", [SALT])
    assert not entails("Bananas and chocolate cure every headache.", [SALT])
    assert not entails("Herbs or lemon can add flavour instead.", [])


def test_it_has_no_say_in_a_language_that_the_embedder_does_not_know(entails: EmbeddingEntailment) -> None:
    chinese = replace(SALT, text="成年人每天吃盐少于5克。", language="zh")
    assert not entails("成年人每天吃盐少于5克。", [chinese])


def test_it_excuses_no_wrong_figure_and_no_opposite() -> None:
    content = load_configured(Config())
    guard = SentenceGuard(content.never, claims=content.claims)
    for text in ("Grown people should eat less than 6 g of salt daily.", "Adults should not eat herbs and lemon."):
        assert guard.check(Sentence(text, "en", "salt", "gpt"), (SALT,)), text


def test_the_bar_is_where_rewordings_pass_and_other_passages_do_not(entails: EmbeddingEntailment) -> None:
    """Of all rewordings at least 70 % are near enough to their own passage, of other passages at most .1 %."""
    folder = loader.HERE
    said = Mutations(loader.load(folder), load_never(folder / "never.yaml"))._said
    reworded = [(text, passage) for text, passage in said if passage.language == "en" and text not in passage.text]
    passages = list({passage.id: passage for _, passage in reworded}.values())
    spoken = BertEmbedder().embed([text for text, _ in reworded])
    nearest = np.stack([(entails._vectors(passage) @ spoken.T).max(axis=0) for passage in passages])
    own = np.array([[passage.id == of.id for _, of in reworded] for passage in passages])
    assert (nearest[own] >= ALIKE).mean() >= 0.70
    assert (nearest[~own] >= ALIKE).mean() <= 0.001
