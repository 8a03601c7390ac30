"""From words to intents: plain forms, languages, questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.think.understand import Understanding, is_question, language_of, plain
from tests.conversations import shared

UNDERSTANDING = Understanding(shared().dialogs.intents)


@pytest.mark.parametrize(
    ("text", "otherwise", "language"),
    [
        ("hello there", "zh", "en"),
        ("你好", "en", "zh"),
        ("今天吃 pizza 可以吗", "en", "zh"),
        ("OK", "zh", "zh"),
        ("no", "zh", "zh"),
        ("ok", "en", "en"),
        ("123", "zh", "zh"),
        ("", "zh", "zh"),
        ("🙂", "en", "en"),
    ],
)
def test_the_language_of_a_text(text: str, otherwise: str, language: str) -> None:
    """A Chinese character decides; so does an English word, but not the OK that Chinese speakers say too."""
    assert language_of(text, otherwise) == language  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Um, please, STOP!!! ", "stop"),
        ("嗯， 请 叫 护士。", "请叫护士"),
        ("I don’t know…", "i don't know"),
        ("well", "well"),
        ("", ""),
        ("...", ""),
        ("so what", "what"),
        ("sodium", "sodium"),
    ],
)
def test_the_plain_form(text: str, words: str) -> None:
    assert plain(text) == words


@given(st.text(max_size=500))
def test_the_plain_form_is_stable_and_bounded(text: str) -> None:
    words = plain(text)
    assert len(words) <= 500
    assert words == words.strip()
    assert "  " not in words
    assert is_question(text) in (True, False)
    assert UNDERSTANDING.intent(text, "en") in {None, *shared().dialogs.intents.intents}


@pytest.mark.parametrize("text", ["how much salt", "Is it safe", "salt?", "盐吃多少", "能吃鱼吗", "tell me about salt"])
def test_questions_are_seen(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["I like soup", "the isle of man", "我喜欢喝汤", ""])
def test_statements_are_no_questions(text: str) -> None:
    assert not is_question(text)


def test_the_other_language_is_tried_too() -> None:
    assert UNDERSTANDING.intent("再见", "en") == "goodbye"
    assert UNDERSTANDING.intent("goodbye", "zh") == "goodbye"


def test_a_long_story_is_looked_at_in_an_instant() -> None:
    assert UNDERSTANDING.intent("and then we went to the market " * 20_000, "en") is None
