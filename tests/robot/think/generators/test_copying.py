"""What was begun to be copied is favoured, to the end of its sentence and no further."""

from __future__ import annotations

from typing import Any

import pytest

from robot.think.generators.copying import LEAST, Copier
from tests.tiny_engine import save_chain

FACTS = ("Eat less than 5 g of salt a day. Herbs help.", "Eat more fruit a day.")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(save_chain(tmp_path_factory.mktemp("chain"), (" a",), window=64))


def made(tokenizer: Any, text: str) -> list[str]:
    """What is favoured after each token of `text`, as text."""
    copying = Copier(tokenizer, 4.0).open(FACTS, "en")
    tokens = tokenizer.encode(text, add_special_tokens=False)
    found = [copying.favoured(None)] + [copying.favoured(token) for token in tokens]
    return ["|".join(tokenizer.decode([token]) for token in tokens) for tokens in found]


def test_nothing_is_favoured_before_a_run_stands_there(tokenizer: Any) -> None:
    found = made(tokenizer, " less")
    assert found[:LEAST] == [""] * LEAST


def test_a_run_is_followed_as_the_evidence_has_it(tokenizer: Any) -> None:
    text = " less than 5 g of salt a day"
    following = made(tokenizer, text)
    spelled = [tokenizer.decode([token]) for token in tokenizer.encode(text + ".", add_special_tokens=False)]
    assert following[LEAST:] == spelled[LEAST:]


def test_the_longest_run_decides(tokenizer: Any) -> None:
    """Both facts have "a day"; only the second has "fruit a day"."""
    copying = Copier(tokenizer, 4.0).open(("I walk a day or two.", "Eat fruit a day."), "en")
    tokens = tokenizer.encode(" fruit a day", add_special_tokens=False)
    last = [copying.favoured(token) for token in tokens][-1]
    assert [tokenizer.decode([token]) for token in last] == ["."]


def test_a_full_stop_ends_what_is_favoured(tokenizer: Any) -> None:
    assert made(tokenizer, "salt a day.")[-1] == ""


def test_words_that_stand_nowhere_favour_nothing(tokenizer: Any) -> None:
    assert made(tokenizer, "zzz qqq")[-1] == ""
