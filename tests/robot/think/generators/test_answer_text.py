"""Tokens become text piece by piece, whole characters only, and an answer ends where it should."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robot.errors import GeneratorError
from robot.think.generators.answer_text import AnswerText, loops
from tests.tiny_model import save_tiny_model

LABELS = ("Patient:", "病人：")
SPOKEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(save_tiny_model(tmp_path_factory.mktemp("tokenizer")))


def pieces(tokenizer: Any, text: str, *, most: int = 10_000) -> tuple[list[str], AnswerText]:
    """What comes of the tokens of `text` and the end token, until the answer is over."""
    answer = AnswerText(tokenizer, {0}, LABELS, most)
    found = []
    for token in [*tokenizer.encode(text), 0]:
        found.append(answer.push(token))
        if answer.done:
            break
    return found, answer


def written(tokenizer: Any, text: str) -> str:
    return "".join(pieces(tokenizer, text)[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(SPOKEN)
def test_the_pieces_join_to_the_text(tokenizer: Any, text: str) -> None:
    """Whatever the characters are, one byte a token; line ends at the very end are not said."""
    if "\n" not in text and "�" not in text and not loops(tokenizer.encode(text)):
        assert written(tokenizer, text) == text


def test_no_piece_ends_inside_a_character(tokenizer: Any) -> None:
    found, _ = pieces(tokenizer, "盐 5 g 🧂 é")
    assert [piece for piece in found if piece] == ["盐", " ", "5", " ", "g", " ", "🧂", " ", "é"]


def test_decoding_looks_at_a_few_tokens_only(tokenizer: Any) -> None:
    class Counting:
        longest = 0

        def decode(self, tokens: list[int], **options: Any) -> str:
            self.longest = max(self.longest, len(tokens))
            return str(tokenizer.decode(tokens, **options))

    counting = Counting()
    text = " ".join(map(str, range(100, 180)))
    answer = AnswerText(counting, {0}, LABELS, 1000)
    assert "".join(answer.push(token) for token in tokenizer.encode(text)) == text
    assert counting.longest <= 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Eat less.\nPatient: why", "Eat less."),
        ("Eat less.\n\n Patient: why", "Eat less."),
        ("少吃盐。\n病人：为什么", "少吃盐。"),
        ("One.\nTwo.", "One.\nTwo."),
        ("One.\nPatience is good.", "One.\nPatience is good."),
        ("One.\n", "One."),
        ("One.\nPat", "One.\nPat"),
        ("\nPatient: x", ""),
    ],
)
def test_an_answer_ends_before_anothers_line(tokenizer: Any, text: str, said: str) -> None:
    found, answer = pieces(tokenizer, text)
    assert "".join(found) == said
    assert answer.done


def test_an_answer_that_does_not_end_is_not_finished_for_it(tokenizer: Any) -> None:
    with pytest.raises(GeneratorError) as caught:
        pieces(tokenizer, "no more than 50 g", most=14)
    assert caught.value.code == "generator_unfinished"


@pytest.mark.parametrize("text", ["ha" * 20, "Eat less salt. " * 5, "aaaaaaaaaaaaaaaa"])
def test_a_circle_is_noticed(tokenizer: Any, text: str) -> None:
    with pytest.raises(GeneratorError) as caught:
        pieces(tokenizer, f"Well: {text}")
    assert caught.value.code == "generator_repeats"


@pytest.mark.parametrize("text", ["ha ha ha.", "1000000 steps", "very, very, very well"])
def test_saying_a_word_again_is_no_circle(tokenizer: Any, text: str) -> None:
    assert written(tokenizer, text) == text


@given(st.lists(st.integers(1, 9), max_size=30), st.lists(st.integers(1, 9), min_size=1, max_size=32))
def test_what_is_said_four_times_and_long_is_a_circle(before: list[int], stretch: list[int]) -> None:
    assert loops(before + stretch * (4 if len(stretch) > 2 else 12))
