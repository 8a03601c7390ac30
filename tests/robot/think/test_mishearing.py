"""A red flag in another reading of the sound, or in words that sound like it, is asked back for."""

from __future__ import annotations

from collections import Counter

import pytest

from robot.events import CallNurse, Decision, Language, Say, Sensitive, TimedOut, Transcript
from robot.think.decide import DialogMachine
from tests.conversations import machine, shared

MISHEARINGS = shared().mishearings


def say(decider: DialogMachine, text: str, *alternatives: str, language: Language = "en") -> Decision:
    heard = Transcript(Sensitive(text), language, alternatives=tuple(map(Sensitive, alternatives)))
    decision = decider.decide(heard)
    assert decision is not None
    return decision


def topics(decision: Decision) -> list[str]:
    return [sentence.topic for effect in decision.effects if isinstance(effect, Say) for sentence in effect.sentences]


def called(decision: Decision) -> list[CallNurse]:
    return [effect for effect in decision.effects if isinstance(effect, CallNurse)]


@pytest.mark.parametrize(
    ("language", "text", "flag"),
    [
        ("en", "my chest herds", "chest_pain"),
        ("en", "i took too many pals", "overdose"),
        ("zh", "胸口同", "chest_pain"),
        ("zh", "喘不上七", "breathlessness"),
        ("zh", "我想子杀", "suicide"),
        ("zh", "我药吃朵了", "overdose"),
    ],
)
def test_what_sounds_like_an_alarm_is_asked_back_for_and_nobody_is_called_yet(
    language: Language, text: str, flag: str
) -> None:
    decider = machine(start="menu.waiting", language=language)
    decision = say(decider, text, language=language)
    assert topics(decision)[-1] == f"check_back.{flag}"
    assert (decision.state, called(decision), decision.red_flags) == ("repair.check_back", [], ())


def test_a_red_flag_among_the_alternatives_is_asked_back_for() -> None:
    decider = machine(start="menu.waiting")
    decision = say(decider, "i have just plain", "i have chest pain", "i have just pain")
    assert topics(decision)[-1] == "check_back.chest_pain"


@pytest.mark.parametrize("between", [(), ("mumble",)])
def test_a_yes_is_an_alarm_with_the_patients_words(between: tuple[str, ...]) -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    for words in between:
        say(decider, words)
    decision = say(decider, "yes")
    (call,) = called(decision)
    assert (call.urgency, call.reason) == ("emergency", "chest_pain")
    assert "my chest herds" in call.words
    assert decider.emergency


def test_a_no_is_none_and_is_not_asked_again() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    decision = say(decider, "no")
    assert (decision.state, called(decision)) == ("menu.waiting", [])
    assert "check_back.chest_pain" not in topics(say(decider, "my chest herds"))


def test_the_alarm_said_plainly_needs_no_yes() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    assert called(say(decider, "I have chest pain"))


def test_silence_brings_a_nurse() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    decision = decider.decide(TimedOut())
    assert decision is not None and called(decision)


def test_a_question_after_it_is_a_question() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    assert say(decider, "how much salt can i eat in a day").intent == "question"
    assert not called(say(decider, "yes"))


def test_a_yes_to_something_else_is_no_alarm() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "my chest herds")
    say(decider, "say that again")
    say(decider, "hello")
    decider = machine(start="menu.waiting")
    assert not called(say(decider, "yes"))


@pytest.mark.parametrize("state", sorted(shared().chart.latched))
def test_nothing_is_asked_back_in_an_emergency(state: str) -> None:
    decision = say(machine(start=state), "my chest herds", "i have chest pain too")
    assert not [topic for topic in topics(decision) if topic.startswith("check_back")]


def test_every_flag_has_its_question_in_both_languages() -> None:
    for key, flag in shared().redflags.flags.items():
        assert flag.ask.en.endswith("?") and flag.ask.zh.endswith("？"), key
    asked = Counter(flag.ask.en for flag in shared().redflags.flags.values())
    assert asked.most_common(1)[0][1] == 1


@pytest.mark.parametrize("text", ["", "x" * 5000, "🙂🙂", "'", "啊" * 3000, "胸" * 30])
def test_odd_texts_find_nothing_and_cost_little(text: str) -> None:
    MISHEARINGS.near(text, "zh")
    MISHEARINGS.near(text, "en")


def test_what_was_understood_is_rarely_asked_back() -> None:
    asked = [
        question
        for passage in shared().dialogs.passages[::6]
        for question in passage.questions.en
        if "check_back" in say(machine(start="menu.waiting"), question).state
    ]
    assert asked == []
