from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs import loader
from dialogs.redflags import load_redflags
from robot.think.plain import Reader

READER = Reader(load_redflags(loader.HERE / "redflags.yaml"))


def readings(text: str) -> list[str]:
    return [reading.text.strip() for reading in READER.readings(text)]


def test_the_first_reading_is_the_text_as_it_stands() -> None:
    assert readings("Well, I can't, um, breathe.")[0] == "i cant breathe ."


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I can't can't breathe", "i cant breathe"),
        ("my like um arm hurts", "my arm hurts"),
        ("I want to to die", "i want to die"),
        ("I have chess pain", "i have chest pain"),
        ("too many bills", "too many pills"),
        ("我我胸口疼", "我胸口疼"),
        ("我是我是不是心梗了", "我是不是心梗了"),
        ("凶口疼", "胸口疼"),
        ("宝宝发发烧", "宝宝发烧"),
    ],
)
def test_a_further_reading_has_what_was_meant(text: str, meant: str) -> None:
    assert meant in readings(text)


def test_a_plain_sentence_is_read_once() -> None:
    assert readings("the soup was cold") == ["the soup was cold"]
    assert readings("汤凉了") == ["汤凉了"]


def test_only_a_match_that_needs_the_word_put_back_may_count() -> None:
    *_, last = READER.readings("I play chess and my leg hurts")
    assert last.put_back is not None
    assert [last.text[slice(*span)] for span in last.put_back] == ["chest"]


@given(st.text(alphabet="ab 她胸凶口疼，.,I'mt\n", max_size=60))
def test_places_stay_inside_the_text_in_every_reading(text: str) -> None:
    for reading in READER.readings(text):
        for start, (word, at) in enumerate(reading.words):
            begin, end = reading.original(at, at + len(word))
            assert 0 <= begin < end <= len(text), start


def test_a_long_text_has_few_readings() -> None:
    assert len(readings("I may lift his week lag and fill the flaw " * 40)) <= 3
