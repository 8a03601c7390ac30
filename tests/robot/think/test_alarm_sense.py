"""Emergencies in words that no pattern knows are asked back for; what patterns know and excuse is not."""

from __future__ import annotations

import pytest

from robot.events import CallNurse, Say, Sensitive, Transcript
from robot.think.alarm_sense import AlarmSense
from robot.think.mishearing import Mishearings
from tests.conversations import machine, shared

FLAGS = shared().redflags


@pytest.fixture(scope="module")
def sense() -> AlarmSense:
    """Learned from words alone, against a few everyday sentences."""
    everyday = {
        "en": ["how much salt can i eat in a day", "please call my wife", "i like the soup", "my knee hurts a bit"],
        "zh": ["每天可以吃多少盐", "请给我女儿打电话", "汤很好喝", "膝盖有点疼"],
    }
    return AlarmSense(FLAGS, lambda language: everyday[language] * 5)


@pytest.mark.parametrize("text", ["how much salt can i eat in a day", "每天可以吃多少盐", "", "🙂", "x" * 3000])
def test_everyday_talk_and_odd_texts_are_no_alarm(sense: AlarmSense, text: str) -> None:
    assert sense.suspect(text) is None


def test_examples_are_of_their_own_class(sense: AlarmSense) -> None:
    right = total = 0
    for key, flag in FLAGS.flags.items():
        for text in flag.zh.examples:
            found = sense.suspect(text)
            total += found is not None
            right += found == key
    assert total > 100 and right / total >= 0.9


def test_a_question_with_an_answer_needs_more(sense: AlarmSense) -> None:
    texts = [text for flag in FLAGS.flags.values() for text in flag.zh.examples]
    asked = {intent: sum(sense.suspect(text, intent) is not None for text in texts) for intent in ("", "question")}
    assert asked["question"] < asked[""]


def test_what_the_patterns_excuse_is_no_surprise(sense: AlarmSense) -> None:
    mishearings = Mishearings(FLAGS, shared().screen, sense)
    for text in ("I have no chest pain", "my father had a heart attack years ago", "我没有胸口疼"):
        assert mishearings.meant(text) is None, text
    assert shared().screen.names("I have no chest pain")
    assert not shared().screen.names("how much salt can i eat in a day")


class Sure(AlarmSense):
    """Takes everything for chest pain."""

    def suspect(self, text: str, intent: str = "") -> str | None:
        return "chest_pain"


def test_it_only_ever_adds_a_question() -> None:
    mishearings = Mishearings(FLAGS, shared().screen, Sure(FLAGS, lambda language: []))
    decider = machine(start="menu.waiting", mishearings=mishearings)
    decision = decider.decide(Transcript(Sensitive("a hand of stone sits there"), "en"))
    assert decision is not None
    said = [each.topic for effect in decision.effects if isinstance(effect, Say) for each in effect.sentences]
    assert said[-1] == "check_back.chest_pain"
    assert not [effect for effect in decision.effects if isinstance(effect, CallNurse)]
    for words in ("stop", "call the nurse", "goodbye", "thank you"):
        other = machine(start="menu.waiting", mishearings=mishearings).decide(Transcript(Sensitive(words), "en"))
        assert other is not None and other.intent != "check_back"
