"""What a long question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.think.inquiry import KINDS, inquiry

LETTER = "Hello. My father, 71, has gout since May. He lives alone. How is it treated? Thank you. [NAME]"


def test_the_gist_is_the_subject_and_what_asks() -> None:
    asked = inquiry(LETTER)
    assert asked.gist == "My father, 71, has gout since May. How is it treated?"
    assert asked.kinds == {"treatment"}
    assert "[NAME]" not in asked.text
    assert "lives alone" in asked.text


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("gout", set()),
        ("What is (are) Gout?", {"information"}),
        ("what are the signs of gout", {"symptoms"}),
        ("Is gout hereditary?", {"inheritance"}),
        ("how do I get rid of gout and how can I prevent it", {"treatment", "prevention"}),
        ("which gene causes it?", {"genetic changes", "causes"}),
        ("life expectancy with gout", {"outlook"}),
        ("what should I eat with gout", {"considerations"}),
    ],
)
def test_the_kinds_of_answer_asked_for(text: str, kinds: set[str]) -> None:
    assert inquiry(text).kinds == kinds


def test_a_few_words_are_their_own_gist() -> None:
    assert inquiry("gout &amp; diet").gist == "gout & diet"
    assert inquiry("痛风怎么治疗？我爸爸有痛风。").gist == "痛风怎么治疗？"


@given(st.text(max_size=300))
def test_any_text_is_a_question(text: str) -> None:
    asked = inquiry(text)
    assert len(asked.gist) <= 160
    assert asked.kinds <= set(KINDS)
