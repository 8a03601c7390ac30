"""The tokenizer: loses nothing, and writes the same words the same way wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs import prompt
from dialogs.loader import load
from robot.learn.model import load_tokenizer
from robot.learn.tokenizer import END, PAD, train_tokenizer
from robot.think.generators.encode import encode, parts

PASSAGES = load().passages
TEXTS = [text for passage in PASSAGES for text in (passage.text.en, passage.text.zh, *passage.questions.en)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    assert train_tokenizer(TEXTS, folder, vocabulary=2000, window=512) <= 2000
    return load_tokenizer(folder)


@given(text=st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_every_text_comes_back(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_special_tokens_are_known_and_not_added(tokenizer: Any) -> None:
    assert (tokenizer.pad_token, tokenizer.eos_token) == (PAD, END)
    assert tokenizer.eos_token_id not in tokenizer.encode("Drink water.")
    assert tokenizer.model_max_length == 512


def test_digits_stand_one_by_one(tokenizer: Any) -> None:
    pieces = [tokenizer.decode([token]) for token in tokenizer.encode("about 1500 ml, 2.5 g; 每天300克")]
    assert all(piece == digit for digit in "1500253" for piece in pieces if digit in piece)


def test_chinese_characters_are_never_merged(tokenizer: Any) -> None:
    pieces = tokenizer.encode("世界卫生组织建议成年人每天吃盐少于5克，大约平平的一茶匙。")
    assert max(len(tokenizer.decode([token])) for token in pieces) == 1


def test_a_sentence_is_the_same_tokens_in_evidence_and_answer(tokenizer: Any) -> None:
    for passage in PASSAGES[:30]:
        answer = tokenizer.encode(prompt.answer(passage.text.zh, "zh"))
        evidence = tokenizer.encode(prompt.evidence([passage.text.zh], "zh"))
        assert any(evidence[at : at + len(answer)] == answer for at in range(len(evidence))), passage.id
        answer = tokenizer.encode(prompt.answer(passage.text.en, "en"))
        evidence = tokenizer.encode(prompt.evidence([passage.text.en], "en"))
        assert any(evidence[at : at + len(answer)] == answer for at in range(len(evidence))), passage.id


def test_parts_joined_are_the_prompt_and_keep_their_tokens(tokenizer: Any) -> None:
    history = [("patient", "how much salt"), ("robot", "Less than 5 g.")]
    written = parts("Be kind.", history, "and sugar", ["Less is better."], "en")
    assert "".join(written) == prompt.prompt("Be kind.", history, "and sugar", ["Less is better."], "en")
    early = encode(tokenizer, written[:3])
    assert encode(tokenizer, written)[: len(early)] == early
    assert tokenizer.decode(encode(tokenizer, written)) == "".join(written)
