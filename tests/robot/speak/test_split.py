"""The sentence splitter: where it cuts, where it must not, and that nothing depends on how the stream was cut."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.events import Language
from robot.speak.split import LIMIT, SentenceSplitter, clauses


def split(pieces: list[str], language: Language = "en") -> list[str]:
    splitter = SentenceSplitter(language)
    sentences = [sentence for piece in pieces for sentence in splitter.push(piece)]
    return sentences + splitter.flush()


@pytest.mark.parametrize(
    "sentences",
    [
        ["Hello there.", "How are you?", "Good!"],
        ["Walk, e.g. in the park, at 8 a.m. each day.", "Then rest."],
        ["The doctor comes at 8 a.m.", "He is early."],
        ["Dr. Smith and Mrs. Jones agree.", "So do I.", "Right."],
        ["Take 1.5 g.", "It is 5.", "Then rest."],
        ["1. Eat well.", "2. Sleep well."],
        ["See www.who.int/x?y=1.", "Then ask."],
        ["Write to help@ward.org.", "Then wait."],
        ['"Drink water."', "Then rest."],
        ["He said “Rest.”", "Then he left."],
        ["Eat fruit (and nuts.)", "Sleep."],
        ["Take vitamin C.", "Eat kiwis."],
        ["Vitamin D.", "Eat fish."],
        ["John F. Kennedy was here.", "Yes."],
        ["U.S. data say so.", "Yes."],
        ["Use nuts, seeds, etc. in salads.", "Fine."],
        ["The answer is no.", "Sleep."],
    ],
)
def test_english_is_cut_at_sentence_ends_only_whatever_the_chunks(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert split([text]) == sentences
    assert split(list(text)) == sentences
    assert split(re.findall(r"\s?\S+", text)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["你好。", "每天吃5.5克盐！", "好吗？"],
        ["“多喝水。”", "他说；", "好的。"],
        ["「走吧！」", "（慢慢走。）", "然后休息。"],
        ["等一等……", "好了。"],
    ],
)
def test_chinese_is_cut_with_its_closing_marks(sentences: list[str]) -> None:
    assert split(["".join(sentences)], "zh") == sentences


def test_the_end_needs_no_further_text_where_the_words_decide() -> None:
    assert SentenceSplitter("en").push("Eat more fruit.") == ["Eat more fruit."]
    assert SentenceSplitter("zh").push("多吃水果。") == ["多吃水果。"]
    assert SentenceSplitter("en").push('He said "rest."') == ['He said "rest."']


def test_a_figure_or_an_open_quotation_waits_for_one_character() -> None:
    splitter = SentenceSplitter("en")
    assert splitter.push("Take 1.") == []
    assert splitter.push("5 g") == []
    assert splitter.push(" of it.") == ["Take 1.5 g of it."]
    assert splitter.push('"Rest.') == []
    assert splitter.push('"') == ['"Rest."']


def test_runs_and_ellipses_in_one_piece_stay_together() -> None:
    assert split(["Wait?! No!! Well... maybe. Well... Then."]) == [
        "Wait?!",
        "No!!",
        "Well... maybe.",
        "Well...",
        "Then.",
    ]


def test_lists_and_paragraphs_end_sentences_but_wrapped_lines_do_not() -> None:
    assert split(["- Eat\n- Drink\n\nRest\n1. one\n2. two"]) == ["- Eat", "- Drink", "Rest", "1. one", "2. two"]
    assert split(["Walk for\n30 minutes\nevery day."]) == ["Walk for\n30 minutes\nevery day."]


def test_a_sentence_without_an_end_is_cut_at_a_comma_or_space() -> None:
    parts = split(["word " * 40 + "word, " + "word " * 60])
    assert all(len(part) <= LIMIT for part in parts)
    assert parts[0].endswith("word,")
    assert [len(part) for part in split(["好" * 500], "zh")] == [LIMIT, LIMIT, 60]


@given(
    st.lists(
        st.sampled_from(["Eat", " ", ".", "1", ".5", '"', "e.g.", "a.m.", "\n", "…", "好", "。", "”", "(", ")", "X"])
    ),
    st.sampled_from(["en", "zh"]),
)
def test_nothing_is_lost_or_added(pieces: list[str], language: Language) -> None:
    text = "".join(pieces)
    expected = re.sub(r"\s", "", text)
    for chunks in (pieces, [text], list(text)):
        assert re.sub(r"\s", "", "".join(split(chunks, language))) == expected


@given(st.text(alphabet='aA1 .,!?。"(好', max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_sentences_do_not_depend_on_the_chunks(text: str, cuts: list[int]) -> None:
    text = re.sub(r"[.!?。\"(]{2,}", ".", text)  # runs are the documented exception
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(edges)]
    assert split(chunks) == split([text])


@given(st.text(alphabet="ab ,.好，。1", max_size=400))
def test_clauses_cover_the_text_and_stay_short(text: str) -> None:
    spans = list(clauses(text))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= 120 for start, end in spans)
