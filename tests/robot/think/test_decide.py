"""The dialog machine on the shipped dialogs: what it makes of words and of events from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.loader import states
from robot.events import (
    Answer,
    ButtonPressed,
    CallAcknowledged,
    CallDelivered,
    CallFailed,
    CallNurse,
    CallUnanswered,
    Decision,
    DraftNote,
    EmergencyCleared,
    End,
    Fault,
    Language,
    Opened,
    Say,
    Sensitive,
    Spoken,
    TimedOut,
    Transcript,
)
from robot.think.decide import DialogMachine
from robot.think.slots import read_slot
from tests.conversations import SALT, machine, passage, shared

STATES = [name for _, name, _ in states(shared().dialogs)]
LATCHED = sorted(shared().chart.latched)
FREE = [state for state in STATES if state not in LATCHED]
CHEST = "I have terrible chest pain"
BLEEDING = "I am bleeding heavily and it will not stop"


def say(decider: DialogMachine, text: str, *, final: bool = True, language: Language = "en") -> Decision:
    decision = decider.decide(Transcript(Sensitive(text), language, final=final))
    assert decision is not None
    return decision


def topics(decision: Decision) -> list[str]:
    return [sentence.topic for effect in decision.effects if isinstance(effect, Say) for sentence in effect.sentences]


def calls(decision: Decision) -> list[CallNurse]:
    return [effect for effect in decision.effects if isinstance(effect, CallNurse)]


def tell(decider: DialogMachine, event: Any) -> Decision:
    decision = decider.decide(event)
    assert decision is not None
    return decision


def emergency() -> tuple[DialogMachine, str]:
    """A machine in an emergency, and the id of its call."""
    decider = machine(start="menu.waiting")
    return decider, calls(say(decider, CHEST))[0].request_id


# ---- red flags -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("final", [True, False])
def test_a_red_flag_calls_a_nurse_from_every_state(state: str, final: bool) -> None:
    decider = machine(start=state)
    decision = say(decider, CHEST, final=final)
    (call,) = calls(decision)
    assert isinstance(decision.effects[0], CallNurse), "the call comes before anything is said"
    assert (call.urgency, call.reason, str(call.words)) == ("emergency", decision.red_flags[0], CHEST)
    assert (decision.action, decision.urgency, decision.interrupts) == ("escalate", "emergency", not final)
    assert decider.emergency and decision.state in LATCHED
    if state not in LATCHED:
        assert topics(decision) == ["emergency_stay"]


@pytest.mark.parametrize("text", ["我胸口疼得厉害", "my chest hurts 我胸口疼"])
@pytest.mark.parametrize("final", [True, False])
def test_an_emergency_is_answered_in_the_language_it_was_told_in(text: str, final: bool) -> None:
    decision = say(machine(language="en", start="menu.waiting"), text, final=final)
    (effect,) = [effect for effect in decision.effects if isinstance(effect, Say)]
    assert decision.language == effect.sentences[0].language == "zh"
    assert effect.sentences[0].text == shared().dialogs.phrases.phrases["emergency_stay"].zh


def test_a_partial_raises_once_and_the_final_of_the_same_utterance_is_silent() -> None:
    decider = machine(start="menu.waiting")
    assert decider.decide(Transcript(Sensitive("I have"), final=False)) is None
    raised = say(decider, "I have chest pain", final=False)
    assert calls(raised) and raised.interrupts
    assert decider.decide(Transcript(Sensitive("I have chest pain and"), final=False)) is None
    silent = say(decider, "I have chest pain and my arm hurts too")
    assert (silent.effects, silent.action, silent.urgency) == ((), "escalate", "emergency")


def test_an_alarm_that_is_said_again_is_named_again_without_a_second_call() -> None:
    decider, _ = emergency()
    again = say(decider, f"{CHEST} again")
    assert (again.intent, again.red_flags, again.urgency) == ("red_flag", ("chest_pain",), "emergency")
    assert topics(again) and not calls(again)


def test_a_second_flag_in_the_final_of_the_same_utterance_is_still_raised() -> None:
    decider = machine(start="menu.waiting")
    say(decider, "I have chest pain", final=False)
    decision = say(decider, f"I have chest pain and {BLEEDING}")
    assert calls(decision) and decision.red_flags == ("bleeding",)


def test_after_a_partial_whose_utterance_was_lost_the_next_words_are_answered() -> None:
    """The recognizer failed after the partial: the next final belongs to another utterance."""
    decider = machine(start="menu.waiting")
    say(decider, "I have chest pain", final=False)
    tell(decider, Fault("recognizer_failed", "trouble_hearing"))
    assert topics(say(decider, "what happens now"))


def test_words_of_a_partial_that_raise_nothing_change_nothing() -> None:
    decider = machine(start="menu.waiting")
    for text in ("stop", "goodbye", "call the nurse", "请说中文"):
        assert decider.decide(Transcript(Sensitive(text), final=False)) is None
    assert (decider.state, decider.language) == ("menu.waiting", "en")


@given(
    st.lists(st.sampled_from(["yes", "no", "stop", "goodbye", SALT, "hello", "blah", "", "再见", "nurse"]), max_size=8)
)
def test_an_emergency_is_latched_whatever_is_said(words: list[str]) -> None:
    decider, _ = emergency()
    for text in words:
        decision = say(decider, text)
        assert decider.emergency
        assert decision.urgency == "emergency"
        assert not any(isinstance(effect, Answer | End) for effect in decision.effects)


@pytest.mark.parametrize("event", [TimedOut(), ButtonPressed(), Fault("speaker_stalled", "trouble_device")])
def test_no_event_but_staff_ends_an_emergency(event: Any) -> None:
    decider, _ = emergency()
    decision = tell(decider, event)
    assert decider.emergency and decision.urgency == "emergency"


def test_staff_end_an_emergency_and_the_same_flag_counts_again() -> None:
    decider, _ = emergency()
    cleared = tell(decider, EmergencyCleared("nurse"))
    assert topics(cleared)[0] == "emergency_over"
    assert not decider.emergency
    assert calls(say(decider, CHEST))


def test_clearing_without_an_emergency_is_nothing() -> None:
    assert machine(start="menu.waiting").decide(EmergencyCleared("nurse")) is None


# ---- the nurse-call line ---------------------------------------------------------------------------------------------


def test_the_robot_says_that_nurses_have_the_call_only_when_they_have() -> None:
    decider, request = emergency()
    assert "emergency_called" in topics(tell(decider, CallDelivered(request)))
    assert "emergency_coming" in topics(tell(decider, CallAcknowledged(request, "nurse")))


def test_a_dead_line_sends_the_patient_to_the_button() -> None:
    decider, request = emergency()
    assert topics(tell(decider, CallFailed(request, "nurse_call_undelivered"))) == ["emergency_unreached"]
    assert topics(tell(decider, TimedOut())) == ["emergency_unreached"]
    assert topics(tell(decider, CallDelivered(request))) == ["emergency_called"]


def test_an_unanswered_call_is_raised_to_the_charge_nurse_then_to_the_emergency_team_and_no_further() -> None:
    decider, request = emergency()
    tell(decider, CallDelivered(request))
    raised = []
    for _ in range(2):
        (call,) = calls(tell(decider, CallUnanswered(request)))
        raised.append(call.escalation)
        assert (call.reason, str(call.words), call.urgency) == ("chest_pain", CHEST, "emergency")
        request = call.request_id
        tell(decider, CallDelivered(request))
    assert raised == ["charge_nurse", "emergency_team"]
    last = tell(decider, CallUnanswered(request))
    assert not calls(last)
    assert "emergency_escalated" not in topics(last), "nobody further is called, so it may not be said"


def test_a_call_that_nobody_made_says_nothing() -> None:
    decider, _ = emergency()
    for event in (
        CallDelivered("other"),
        CallFailed("other", "x"),
        CallAcknowledged("other", "y"),
        CallUnanswered("other"),
    ):
        assert decider.decide(event) is None


def test_a_routine_call_does_not_speak_for_the_emergency() -> None:
    """The patient asked for a nurse, then came a red flag: what becomes of the first call says nothing of the second"""
    decider = machine(start="menu.waiting")
    (routine,) = calls(say(decider, "please call the nurse"))
    say(decider, CHEST)
    for event in (CallDelivered(routine.request_id), CallAcknowledged(routine.request_id, "nurse")):
        decision = decider.decide(event)
        assert decision is None or not {"emergency_called", "emergency_coming"} & set(topics(decision))
    assert decider.state == "emergency.calling"


@pytest.mark.parametrize("state", FREE)
def test_a_nurse_can_be_asked_for_everywhere(state: str) -> None:
    for decision in (say(machine(start=state), "please call the nurse"), tell(machine(start=state), ButtonPressed())):
        (call,) = calls(decision)
        assert call.urgency == "routine"
        assert not decision.red_flags


def test_every_call_has_an_id_of_its_own() -> None:
    decider = machine(session="visit", start="menu.waiting")
    ids = [calls(say(decider, "call the nurse"))[0].request_id for _ in range(12)]
    ids += [calls(tell(decider, CallUnanswered(ids[0])))[0].request_id]
    assert len(set(ids)) == 13


# ---- questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_from_its_passage() -> None:
    decision = say(machine(start="menu.waiting"), SALT)
    (answer,) = [effect for effect in decision.effects if isinstance(effect, Answer)]
    assert (answer.evidence[0].id, decision.state, decision.action) == ("diet-salt-who", "question.answered", "answer")


def test_a_question_whose_best_passage_is_hazardous_goes_to_the_nurse() -> None:
    hazard = next(iter(passage("diet-salt-who").never_if))
    decision = say(machine(hazards=frozenset({hazard}), start="menu.waiting"), SALT)
    assert topics(decision) == ["answer_not_for_you"]
    assert decision.action == "abstain"


def test_the_second_best_passage_does_not_answer_for_a_hazardous_first() -> None:
    first = replace(passage("diet-salt-who"), never_if=frozenset({"renal"}))
    second = replace(passage("diet-salt-china"), never_if=frozenset())

    both = Both((first, 0.8), (second, 0.78))
    assert topics(say(machine(retriever=both, hazards=frozenset({"renal"})), SALT)) == ["answer_not_for_you"]
    (answer,) = say(machine(retriever=both), SALT).effects
    assert isinstance(answer, Answer) and answer.evidence == (first, second)


def test_a_passage_that_fits_clearly_worse_is_no_evidence() -> None:
    first, second = passage("diet-salt-who"), passage("diet-salt-china")
    (answer,) = say(machine(retriever=Both((first, 0.8), (second, 0.6))), SALT).effects
    assert isinstance(answer, Answer) and answer.evidence == (first,)


class Both:
    """Finds what it was given."""

    def __init__(self, *found: tuple[Any, float]) -> None:
        self._found = list(found)

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[Any]:
        return self._found[:k]


def test_a_question_without_a_passage_is_not_made_up() -> None:
    decision = say(machine(start="menu.waiting"), "how far is the moon from here")
    assert topics(decision) == ["nothing_known"]
    assert decision.action == "abstain"


@pytest.mark.parametrize("state", FREE)
def test_a_question_is_answered_in_every_state(state: str) -> None:
    if state == "nurse.need":
        pytest.skip("what is said while a nurse is asked for is passed on to the nurse")
    assert any(isinstance(effect, Answer) for effect in say(machine(start=state), SALT).effects)


def test_a_generator_is_shown_only_what_was_heard() -> None:
    decider = machine(start="menu.waiting")
    first = say(decider, SALT)
    sentence = next(e for e in say(decider, "hello").effects if isinstance(e, Say)).sentences[0]
    decider.heard([Spoken(sentence, "Hello.", True), Spoken(sentence, "", True)])
    answer = next(effect for effect in say(decider, SALT).effects if isinstance(effect, Answer))
    assert first.effects
    assert ("robot", "Hello.") in answer.history
    assert [text for role, text in answer.history if role == "robot"] == ["Hello."]


def test_nothing_heard_is_nothing_remembered() -> None:
    decider = machine(start="menu.waiting")
    sentence = next(e for e in say(decider, "hello").effects if isinstance(e, Say)).sentences[0]
    decider.heard([Spoken(sentence, "", True)])
    assert topics(say(decider, "say that again")) == ["nothing_to_repeat"]


def test_repeat_says_what_was_last_heard() -> None:
    decider = machine(start="menu.waiting")
    sentences = next(e for e in say(decider, "hello").effects if isinstance(e, Say)).sentences
    decider.heard([Spoken(each, each.text, False) for each in sentences])
    decision = say(decider, "say that again")
    assert decision.effects == (Say(sentences),)
    decider.heard([Spoken(each, each.text, False) for each in sentences])
    assert say(decider, "pardon").effects == (Say(sentences),)


# ---- languages, repair, silence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "then"),
    [
        ("en", "please speak chinese", "zh"),
        ("en", "请说中文", "zh"),
        ("zh", "请说英语", "en"),
        ("zh", "please speak english", "en"),
        ("en", "你好", "zh"),
        ("zh", "good morning", "en"),
        ("zh", "OK", "zh"),
    ],
)
def test_the_language_follows_the_patient(language: Language, text: str, then: Language) -> None:
    decider = machine(language=language, start="menu.waiting")
    decision = say(decider, text)
    assert decision.language == decider.language == then
    spoken = [sentence for effect in decision.effects if isinstance(effect, Say) for sentence in effect.sentences]
    assert spoken and {sentence.language for sentence in spoken} == {then}


@pytest.mark.parametrize("misses", [("mumble", "mumble"), ("", ""), ("", "mumble")])
@pytest.mark.parametrize("state", [state for state in FREE if not state.startswith("repair")])
def test_two_misses_lead_to_the_offer_of_screen_and_nurse(state: str, misses: tuple[str, str]) -> None:
    flow, _, name = state.partition(".")
    slot = shared().dialogs.flows[flow].states[name].slot
    if "mumble" in misses and slot is not None and read_slot(slot, "mumble", "en", datetime(2026, 1, 1)) is not None:
        pytest.skip("any words are an answer here")
    decider = machine(start=state)
    first, second = (say(decider, text) for text in misses)
    assert first.state == "repair.again" or first.state.startswith(flow)
    assert (second.state, topics(second)) == ("repair.offer", ["use_screen_or_nurse"])
    assert calls(say(decider, "yes please"))


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_time_out_and_silence_is_decided(state: str) -> None:
    decider = machine(start=state)
    decision = tell(decider, TimedOut())
    assert decision.timeout_s is not None and decision.timeout_s > 0


@pytest.mark.parametrize("state", FREE)
def test_silence_ends_every_visit(state: str) -> None:
    decider = machine(start=state)
    for _ in range(8):
        if any(isinstance(effect, End) for effect in tell(decider, TimedOut()).effects):
            return
    pytest.fail("eight time-outs and still no end")


def test_the_visit_opens_with_what_the_robot_is() -> None:
    decision = tell(machine(), Opened())
    assert topics(decision) == ["greeting", "consent_question"]


@pytest.mark.parametrize(("text", "consent"), [("yes", "given"), ("no", "refused")])
def test_consent_is_remembered_and_a_refusal_still_gets_help(text: str, consent: str) -> None:
    decider = machine()
    tell(decider, Opened())
    assert say(decider, text).state == "menu.waiting"
    assert decider.slots["consent"] == consent


def test_goodbye_ends_and_a_new_hello_begins_again() -> None:
    decider = machine(start="menu.waiting")
    assert any(isinstance(effect, End) for effect in say(decider, "goodbye").effects)
    assert say(decider, "hello").state == "greeting.hello"


@pytest.mark.parametrize("state", STATES)
@given(st.text(max_size=60))
def test_final_words_are_always_decided_and_something_is_said(state: str, text: str) -> None:
    decision = say(machine(start=state), text)
    assert decision.effects


@pytest.mark.parametrize("text", ["salt " * 2_000, "🙂" * 10_000, "啊" * 10_000, "\u200b\u202e\x00", "?" * 10_000])
def test_strange_texts_are_decided(text: str) -> None:
    assert say(machine(start="menu.waiting"), text).effects


def test_a_draft_is_the_answer_that_the_same_words_would_ask_for() -> None:
    decider = machine(start=shared().dialogs.everywhere.menu)
    say(decider, "what is a good bedtime")
    draft = decider.draft(Sensitive(SALT))
    asked = next(effect for effect in say(decider, SALT).effects if isinstance(effect, Answer))
    assert draft == replace(asked, evidence=())


def test_nothing_is_drafted_in_an_emergency() -> None:
    decider = machine()
    say(decider, CHEST)
    assert decider.draft(Sensitive(SALT)) is None


@pytest.mark.parametrize("text", ["wait how much salt can i eat in a day", "stop", "I have chest pain", "nurse"])
def test_a_complaint_that_is_left_is_noted(text: str) -> None:
    decider = machine(start="menu.waiting", keeps_notes=True)
    say(decider, "I have a headache")
    decision = say(decider, text)
    (note,) = [effect for effect in decision.effects if isinstance(effect, DraftNote)]
    assert (note.kind, note.evidence) == ("symptoms", ("I have a headache",))
    later = say(decider, "hello")
    assert not [effect for effect in later.effects if isinstance(effect, DraftNote)]


@pytest.mark.parametrize("aside", ["speak louder", "slower please"])
def test_say_that_again_means_what_was_said_before_an_aside(aside: str) -> None:
    decider = machine(start="menu.waiting")
    for text in ("hello", aside):
        spoken = [each for e in say(decider, text).effects if isinstance(e, Say) for each in e.sentences]
        decider.heard([Spoken(each, each.text, False) for each in spoken])
    assert topics(say(decider, "pardon")) == ["hello_again"]
