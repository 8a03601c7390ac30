"""The prompt is one text, whatever order it is read in, and nobody can write a line of it that is not theirs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialogs import prompt as p

WORDS = st.text(max_size=60)


def test_a_prompt_reads_as_written_down() -> None:
    text = p.prompt(
        "You are kind.",
        [("patient", "hello"), ("robot", "Good morning.")],
        "how much salt",
        ["Less than 5 g a day.", "Herbs help."],
        "en",
    )
    assert text == (
        "You are kind.\nPatient: hello\nRobot: Good morning.\nPatient: how much salt\n"
        "Facts:\n- Less than 5 g a day.\n- Herbs help.\nRobot:"
    )
    assert p.answer("Less than 5 g.", "en") == " Less than 5 g."
    assert (
        p.prompt("好。", [], "盐吃多少", ["每天不到5克。"], "zh")
        == "好。\n病人：盐吃多少\n资料：\n- 每天不到5克。\n机器人："
    )


@given(WORDS, WORDS, WORDS)
def test_no_words_make_a_line_of_their_own(question: str, passage: str, earlier: str) -> None:
    text = p.prompt("x", [("patient", earlier)], question, [passage], "en")
    assert text.count("\n") == 5
    assert [line.split(":")[0] for line in text.split("\n")][-1] == "Robot"


@given(WORDS, st.lists(WORDS, max_size=3))
def test_the_parts_in_order_are_the_whole(question: str, passages: list[str]) -> None:
    """What is read early is the beginning of what is read in the end."""
    early = p.opening("x") + p.said([("robot", "yes")], "zh") + p.asked(question, "zh")
    assert p.prompt("x", [("robot", "yes")], question, passages, "zh") == early + p.evidence(passages, "zh")
