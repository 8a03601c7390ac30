"""Follow-ups are understood by the question before, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.content import load_content
from robot.events import Answer, Language, Sensitive, Transcript
from robot.think.decide import DialogMachine
from robot.think.expand import expand, is_follow_up

SALT = [("patient", "How much salt is healthy?"), ("robot", "Less than 5 g.")]
COFFEE = [("patient", "每天可以喝多少咖啡？"), ("robot", "不超过四杯。")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("and for my mother?", "how much salt is healthy for my mother"),
        ("What about at night?", "how much salt is healthy at night"),
        ("okay and when I am pregnant", "how much salt is healthy when i am pregnant"),
        ("or with kidney disease", "how much salt is healthy with kidney disease"),
        ("my children?", "how much salt is healthy my children"),
        ("but why?", "how much salt is healthy why"),
        ("is that bad", "how much salt is healthy is that bad"),
    ],
)
def test_what_cannot_stand_alone_stands_behind_the_question_before(said: str, meant: str) -> None:
    assert expand(said, SALT, "en") == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("那晚上呢？", "每天可以喝多少咖啡晚上呢"),
        ("那我妈妈呢", "每天可以喝多少咖啡我妈妈呢"),
        ("要是怀孕了呢", "每天可以喝多少咖啡要是怀孕了呢"),
        ("为什么？", "每天可以喝多少咖啡为什么"),
    ],
)
def test_the_same_in_chinese(said: str, meant: str) -> None:
    assert expand(said, COFFEE, "zh") == meant


@pytest.mark.parametrize(
    "said",
    [
        "and thank you",
        "and my leg hurts",
        "no",
        "",
        "how much sleep do I need",
        "and how much water should I drink",
        "help",
    ],
)
def test_what_stands_alone_stays(said: str) -> None:
    assert expand(said, SALT, "en") == said


@pytest.mark.parametrize("said", ["", "不是", "谢谢", "我腿疼", "每天应该睡几个小时才够"])
def test_what_stands_alone_stays_in_chinese(said: str) -> None:
    assert expand(said, COFFEE, "zh") == said


def test_follow_ups_of_follow_ups_go_back_to_the_question() -> None:
    history = [*SALT, ("patient", "and for my mother?"), ("robot", "The same.")]
    assert expand("and at night?", history, "en") == "how much salt is healthy at night"


def test_without_a_question_before_nothing_is_made_up() -> None:
    assert expand("and for my mother?", [], "en") == "and for my mother?"
    assert expand("and for my mother?", [("robot", "How much salt?")], "en") == "and for my mother?"
    assert expand("and for my mother?", [*SALT, ("patient", "thanks")], "en") == "and for my mother?"


@given(
    st.text(max_size=80), st.lists(st.tuples(st.sampled_from(["patient", "robot"]), st.text(max_size=80)), max_size=4)
)
def test_only_follow_ups_change(said: str, history: list[tuple[str, str]]) -> None:
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        assert is_follow_up(said, language) or expand(said, history, language) == said


# ---- in the dialog ---------------------------------------------------------------------------------------------------

CONTENT = load_content()


def machine() -> DialogMachine:
    start = CONTENT.dialogs.everywhere.menu
    return DialogMachine(
        CONTENT.dialogs,
        CONTENT.chart,
        CONTENT.interpreter,
        CONTENT.screen,
        CONTENT.retriever,
        deeds=CONTENT.deeds,
        start=start,
    )


def answered(dialog: DialogMachine, said: str) -> Answer:
    decision = dialog.decide(Transcript(Sensitive(said)))
    assert decision is not None
    (answer,) = (effect for effect in decision.effects if isinstance(effect, Answer))
    return answer


def test_a_follow_up_is_answered_from_the_topic_before() -> None:
    dialog = machine()
    first = answered(dialog, "how much salt is healthy")
    second = answered(dialog, "and for my mother")
    assert second.evidence[0].id == first.evidence[0].id
    assert second.question == "and for my mother", "the words stay the patient's own"


def test_a_follow_up_with_a_topic_of_its_own_changes_the_topic() -> None:
    dialog = machine()
    answered(dialog, "how much salt is healthy")
    assert "caffeine" in answered(dialog, "what about coffee in the evening").evidence[0].id


def test_a_red_flag_in_the_form_of_a_follow_up_is_a_red_flag() -> None:
    dialog = machine()
    answered(dialog, "how much salt is healthy")
    decision = dialog.decide(Transcript(Sensitive("and what about my crushing chest pain")))
    assert decision is not None
    assert decision.red_flags
    assert decision.nurse_call
