"""A conversation of stub parts on the simulated clock: turns, interruptions, emergencies, silence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from robot.evaluate.stubs import StubRecognition, StubRecognizer
from robot.events import (
    Answer,
    CallDelivered,
    CallFailed,
    CallUnanswered,
    Decision,
    FloorChanged,
    Interrupted,
    Language,
    SpeechConfirmed,
    SpeechDismissed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnTimed,
)
from robot.stages import OnPartial
from robot.think.generators.passage import PassageGenerator
from tests.conversations import SALT, Visit, passage, play, shared, visit, voice

PHRASES = shared().dialogs.phrases.phrases
SALT_TEXT = " ".join(passage("diet-salt-who").text.split())
CHEST = "I have a terrible pain in my chest"


class SlowRecognizer(StubRecognizer):
    """Takes `after_s` for the final words."""

    def __init__(self, texts: list[str], after_s: float, partial_s: float = 0.0) -> None:
        super().__init__(texts, partial_s)
        self._after_s = after_s

    def listen(self, language: Language, on_partial: OnPartial) -> Any:
        recognition = super().listen(language, on_partial)
        return _Slow(recognition, self._after_s)


class _Slow:
    def __init__(self, inner: StubRecognition, after_s: float) -> None:
        self._inner, self._after_s = inner, after_s
        self.feed, self.cancel = inner.feed, inner.cancel

    async def finish(self) -> Transcript:
        await asyncio.sleep(self._after_s)
        return await self._inner.finish()


async def answering(made: Visit, *, heard_s: float = 1.0) -> None:
    """The salt question was asked by text, and its answer has been sounding for so long."""
    await made.greeted()
    made.conversation.hear_text(SALT)
    await made.until(lambda: "diet-salt-who" in made.topics)
    await made.clock.sleep(heard_s)


# ---- the ordinary way ------------------------------------------------------------------------------------------------


def test_greeting_consent_question_answer_with_source() -> None:
    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(0.8)
        await made.say(1.5)

    made = play(visit("yes please", SALT), script)
    assert made.decisions() == ["opened", "affirm", "question"]
    assert made.topics[:2] == ["greeting", "greeting"]
    assert made.transcripts() == ["yes please", SALT]
    assert made.topics[-1] == "answer_source"
    assert SALT_TEXT in made.heard
    floors = [event.floor for event in made.of(FloorChanged)]
    assert floors == ["robot", "nobody", *["patient", "thinking", "robot", "nobody"] * 2]


def test_everything_that_sounded_is_told_once_and_whole() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.settled()

    made = play(visit(), script)
    spoken = made.of(Spoken)
    assert [entry.heard for entry in spoken] == [entry.sentence.text for entry in spoken]
    assert not any(entry.interrupted for entry in spoken)
    assert len(spoken) == len(made.topics)


def test_the_time_of_a_turn_runs_from_the_patients_last_sound_to_the_robots_first() -> None:
    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(0.8)
        await made.say(1.5)

    made = play(visit("yes", SALT, recognizer=SlowRecognizer(["yes", SALT], 0.3)), script)
    first, second = made.of(TurnTimed)
    for timed in (first, second):
        assert sum(timed.stages.values()) == pytest.approx(timed.voice_to_voice, abs=0.1)
        assert timed.stages["recognize"] == pytest.approx(300, abs=1)
        assert timed.voice_to_voice == pytest.approx(800 + 300, abs=60)
    assert (first.turn, second.turn) == (1, 2)


def test_words_are_recognized_from_before_the_start_was_certain() -> None:
    fed: list[int] = []

    class Counts(StubRecognizer):
        def listen(self, language: Language, on_partial: OnPartial) -> Any:
            recognition = super().listen(language, on_partial)
            feed = recognition.feed
            recognition.feed = lambda samples: (fed.append(samples.size), feed(samples))[1]  # type: ignore[method-assign]
            return recognition

    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(1.0)

    play(visit(recognizer=Counts(["yes"])), script)
    assert sum(fed) >= (1.0 + 0.25) * 16_000, "all of the voice and a quarter of a second before it"


# ---- interruptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("echo_gain_db", [None, -30.0])
def test_barge_in_the_robot_is_silent_in_the_next_frame(echo_gain_db: float | None) -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.say(1.2)

    made = play(visit("stop", echo_gain_db=echo_gain_db), script)
    started, confirmed = made.frame_of(SpeechStarted, 0), made.frame_of(SpeechConfirmed, 0)
    assert made.sounding(started - 10, started)
    assert not made.sounding(started, confirmed + 40), "paused at the start, cut at the confirmation"
    assert len(made.of(Interrupted)) == 1
    assert made.decisions()[-1] == "stop"


def test_what_was_heard_of_a_cut_answer_is_all_that_is_remembered() -> None:
    async def script(made: Visit) -> None:
        await answering(made, heard_s=1.5)
        await made.say(1.2)
        made.conversation.hear_text(SALT)
        await made.settled()

    made = play(visit("stop"), script)
    (cut,) = made.of(Interrupted)
    heard = " ".join(entry.heard for entry in cut.heard if entry.heard)
    assert heard and SALT_TEXT.startswith(heard) and heard != SALT_TEXT
    assert SALT_TEXT[len(heard)] == " ", "to the word"
    history = made.of(Decision)[-1].effects[0].history  # type: ignore[union-attr]
    assert ("robot", heard) in history


def test_a_cough_pauses_and_everything_is_still_heard() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.speak(0.15)
        await made.settled()

    made = play(visit("never recognized"), script)
    started, dismissed = made.frame_of(SpeechStarted), made.frame_of(SpeechDismissed)
    assert not made.sounding(started, dismissed)
    assert made.sounding(dismissed, dismissed + 5)
    assert not made.of(Interrupted) and not made.transcripts()[2:]
    assert SALT_TEXT in made.heard


def test_coughing_all_through_the_answer_only_delays_it() -> None:
    async def script(made: Visit) -> None:
        await answering(made, heard_s=0.3)
        for _ in range(6):
            await made.speak(0.12)
            await made.clock.sleep(0.9)
        await made.settled()

    made = play(visit("never recognized"), script)
    assert len(made.of(SpeechDismissed)) == 6
    assert SALT_TEXT in made.heard


def test_the_echo_of_the_robot_interrupts_nothing() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.settled()

    made = play(visit(echo_gain_db=-30.0), script)
    assert not made.of(SpeechStarted)
    assert SALT_TEXT in made.heard


def test_a_patient_who_goes_on_after_a_too_early_end_of_turn_is_understood_as_one() -> None:
    """The words before and after the pause are one question; nothing had sounded in between."""

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(0.8)
        await made.clock.sleep(0.85)
        await made.say(0.8)

    made = play(visit(recognizer=SlowRecognizer(["how much salt", "can i eat in a day"], 0.3)), script)
    assert made.decisions()[-1] == "question"
    assert SALT_TEXT in made.heard
    (decision,) = [each for each in made.of(Decision) if each.intent == "question"]
    assert decision.effects[0].question == SALT  # type: ignore[union-attr]


def test_words_that_were_answered_are_not_joined_to_the_next() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.say(1.2)

    made = play(visit("thank you"), script)
    assert made.decisions()[-1] == "thanks"


def test_a_patient_who_goes_on_after_the_filler_is_still_understood_as_one() -> None:
    """ "One moment" answers nothing: the words before it still wait for their answer."""

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(0.8)
        await made.until(lambda: "one_moment" in made.topics)
        await made.clock.sleep(0.5)
        await made.speak(0.8)
        await made.clock.sleep(8)
        await made.settled()

    made = play(visit(recognizer=SlowRecognizer(["how much salt", "can i eat in a day"], 3.0)), script)
    assert SALT_TEXT in made.heard


def test_a_cough_while_the_robot_thinks_changes_nothing() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(0.8)
        await made.clock.sleep(0.9)
        await made.speak(0.08)
        await made.clock.sleep(1)
        await made.settled()

    made = play(visit(recognizer=SlowRecognizer([SALT], 0.5)), script)
    assert SALT_TEXT in made.heard
    assert made.conversation.turns.floor == "nobody"


def test_a_reply_that_ends_in_the_frame_of_a_new_word_leaves_the_speaker_awake() -> None:
    """Speech that starts around the last sample of a reply, at every frame: the next reply must sound."""
    for frames in range(-4, 5):

        async def script(made: Visit, frames: int = frames) -> None:
            await made.greeted()
            made.conversation.hear_text("thank you")
            length = (len(PHRASES["you_are_welcome"].en) * 20 + 120) / 1000
            await made.clock.sleep(length - 0.08 + frames * 0.02)
            await made.say(0.6)
            made.conversation.hear_text(SALT)
            await made.settled()

        assert SALT_TEXT in play(visit("hello"), script).heard


# ---- emergencies -----------------------------------------------------------------------------------------------------


def test_a_red_flag_in_a_partial_cuts_the_reply_and_calls_before_anything_is_said() -> None:
    async def script(made: Visit) -> None:
        await answering(made, heard_s=0.6)
        await made.speak(3.0)
        await made.clock.sleep(4)
        await made.settled()

    made = play(visit(CHEST, partial_s=0.2), script)
    raised = next(frame for frame, event in made.told if isinstance(event, Decision) and event.intent == "red_flag")
    spoke = made.room.recording is not None and raised < made.frame_of(SpeechStarted) + 3.0 * 50
    assert spoke, "decided while the patient was still speaking"
    assert made.nurse.delivered[0].reason == "chest_pain"
    delivered = next(frame for frame, event in made.told if isinstance(event, CallDelivered))
    assert made.topics.count("emergency_stay") >= 1
    assert "emergency_called" in made.topics
    first = next(f for f, e in made.told if getattr(e, "topic", "") == "emergency_called")
    assert first >= delivered, "never said before it is true"
    assert "diet-salt-who" not in made.topics[made.topics.index("emergency_stay") :]


def test_the_nurse_is_called_within_a_frame_of_the_red_flag() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        before = made.clock.now()
        made.conversation.hear_text(CHEST)
        await made.until(lambda: bool(made.nurse.delivered))
        assert made.clock.now() - before <= 0.05
        await made.settled()

    play(visit(nurse={"delivery_s": 0.0}), script)


def test_an_emergency_sentence_is_said_to_its_end_while_the_patient_speaks() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(0.3)
        await made.speak(4.0)
        await made.clock.sleep(2)
        await made.settled()

    made = play(visit("oh no what is happening"), script)
    assert PHRASES["emergency_stay"].en in made.heard
    assert not made.of(Interrupted)
    assert "oh no what is happening" in made.transcripts()


@pytest.mark.parametrize("pause_s", [0.86, 0.9, 0.96, 1.0, 1.1])
def test_an_emergency_whose_words_come_while_the_patient_goes_on_is_still_said(pause_s: float) -> None:
    """The final words arrive in the moment in which the robot waits whether the new sound is speech."""

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(1.0)
        await made.clock.sleep(pause_s)
        await made.speak(1.0)
        await made.clock.sleep(4)
        await made.settled()

    made = play(visit(recognizer=SlowRecognizer([CHEST, "please help me"], 0.2)), script)
    assert made.nurse.delivered[0].reason == "chest_pain"
    assert PHRASES["emergency_stay"].en in made.heard


def test_a_red_flag_is_seen_in_words_that_were_superseded() -> None:
    """The recognizer is slow, the patient talks on: the first words must not wait for the end of the last."""

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(1.0)
        await made.clock.sleep(0.9)
        speaking = made.clock.now()
        made.room.speak(voice(20))
        await made.until(lambda: bool(made.nurse.delivered))
        assert made.clock.now() - speaking < 3

    play(visit(recognizer=SlowRecognizer([CHEST, "and so on"], 1.0)), script)


def test_an_emergency_does_not_wait_behind_an_ordinary_reply_for_the_patient_to_finish() -> None:
    """A delivery is told while the patient speaks: its reply waits for the floor, the emergency may not."""

    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.press_button()
        await made.until(lambda: made.conversation.settled)
        await made.speak(10.0)
        await made.settled()

    made = visit("so I was telling you " + CHEST, partial_s=0.4, nurse={"delivery_s": 2.5})
    play(made, script)
    raised = next(frame for frame, event in made.told if isinstance(event, Decision) and event.intent == "red_flag")
    said = next(frame for frame, event in made.told if getattr(event, "topic", "") == "emergency_stay")
    assert (said - raised) * 0.02 <= 2.1


def test_a_dead_nurse_line_is_told_and_the_button_is_named() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(2)
        await made.settled()

    made = play(visit(nurse={"broken": True}), script)
    assert made.of(CallFailed)
    assert "Press your call button" in made.heard
    assert "emergency_called" not in made.topics
    assert made.decider.emergency


def test_an_unanswered_emergency_climbs_to_the_charge_nurse_and_the_team() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(110)

    made = play(visit(nurse={"acknowledge_after_s": None}), script)
    assert [request.escalation for request in made.nurse.delivered] == ["nurse", "charge_nurse", "emergency_team"]
    assert len(made.of(CallUnanswered)) == 3
    assert made.heard.count(PHRASES["emergency_escalated"].en) == 2


def test_staff_clear_an_emergency_and_the_visit_goes_on() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(15)
        made.conversation.clear_emergency("nurse")
        await made.settled()
        made.conversation.hear_text(SALT)
        await made.settled()

    assert SALT_TEXT in play(visit(), script).heard


def test_the_button_calls_a_nurse() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.press_button()
        await made.clock.sleep(8)
        await made.settled()

    made = play(visit(), script)
    assert [request.urgency for request in made.nurse.delivered] == ["routine"]
    assert "nurse_coming" in made.topics


# ---- silence ---------------------------------------------------------------------------------------------------------


def test_a_silent_patient_is_asked_again_and_then_left_in_peace() -> None:
    async def script(made: Visit) -> None:
        await made.conversation.ended()

    made = play(visit(), script)
    assert made.topics[-1] == "nobody_there"
    assert made.clock.virtual


def test_after_a_question_silence_leads_to_goodbye_too() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.conversation.ended()

    made = play(visit(), script)
    assert "still_here" in made.topics and made.topics[-1] == "nobody_there"


def test_a_cough_in_the_silence_does_not_stop_its_time() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.clock.sleep(5)
        await made.speak(0.12)
        await asyncio.wait_for(made.conversation.ended(), 200)

    made = play(visit(), script)
    assert made.of(SpeechDismissed)
    assert made.topics[-1] == "nobody_there"


def test_goodbye_ends_the_visit_after_it_was_said() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text("goodbye")
        await made.conversation.ended()
        assert PHRASES["goodbye"].en in made.heard

    play(visit(), script)


def test_a_goodbye_that_is_interrupted_does_not_end_the_visit() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text("goodbye")
        await made.clock.sleep(0.1)
        made.conversation.hear_text(SALT)
        await made.settled()
        made.conversation.hear_text("thank you")
        await made.settled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(made.conversation.ended(), 1)

    assert SALT_TEXT in play(visit(), script).heard


# ---- text, languages, closing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["word " * 2_000, "🙂" * 200, "🙂", "", "   ", "\n\n", "a" * 10_000, "\u202e\u0000"])
def test_any_text_is_answered(text: str) -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        before = len(made.topics)
        made.conversation.hear_text(text)
        await made.settled()
        assert len(made.topics) > before

    play(visit(), script)


def test_text_interrupts_as_speech_does() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        made.conversation.hear_text("stop")
        await made.settled()

    made = play(visit(), script)
    assert len(made.of(Interrupted)) == 1
    assert made.topics[-1] == "stopped"


def test_a_chinese_visit_is_chinese_throughout() -> None:
    async def script(made: Visit) -> None:
        await made.settled()
        made.conversation.hear_text("可以")
        await made.settled()
        made.conversation.hear_text("一天能吃多少盐")
        await made.settled()

    made = play(visit(language="zh"), script)
    assert {entry.sentence.language for entry in made.of(Spoken)} == {"zh"}
    assert passage("diet-salt-who", "zh").text[:10] in made.heard.replace(" ", "")


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.5, 1.0, 2.5])
@pytest.mark.parametrize("doing", ["greeting", "answering", "hearing", "thinking", "calling", "paused"])
def test_closing_in_the_middle_of_anything_leaves_no_task(doing: str, after_s: float) -> None:
    """`play` fails when a task is left; virtual time fails when closing waits for ever."""

    async def script(made: Visit) -> None:
        if doing == "greeting":
            await made.clock.sleep(after_s)
            return
        await made.greeted()
        if doing in ("answering", "paused"):
            made.conversation.hear_text(SALT)
        elif doing == "calling":
            made.conversation.hear_text(CHEST)
        if doing in ("hearing", "thinking"):
            await made.speak(0.5)
        elif doing == "paused":
            await made.clock.sleep(after_s)
            await made.speak(0.1)
            return
        await made.clock.sleep(after_s)

    recognizer = SlowRecognizer(["hello"], 5.0) if doing == "thinking" else None
    made = play(visit("hello", recognizer=recognizer, nurse={"delivery_s": 3.0}), script)
    assert made.speaker.queued == 0


def test_leaving_twice_is_fine() -> None:
    made = visit()

    async def main() -> None:
        async with made.conversation:
            await made.clock.sleep(0.5)
        await made.conversation.__aexit__(None, None, None)

    made.clock.run(main())


def test_a_conversation_that_cannot_open_its_microphone_leaves_nothing_behind() -> None:
    from hardware.ports import HardwareError

    made = visit()
    made.room.microphone.unplug()

    async def main() -> None:
        with pytest.raises(HardwareError, match="unplugged"):
            await made.conversation.__aenter__()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    made.clock.run(main())


def test_many_conversations_share_one_loop() -> None:
    visits = [visit() for _ in range(20)]
    clock = visits[0].clock

    async def one(made: Visit) -> None:
        async with made.conversation:
            await answering(made)
            await made.settled()

    async def main() -> None:
        await asyncio.gather(*(one(made) for made in visits))

    clock.run(main())
    assert all(SALT_TEXT in made.heard for made in visits)


def test_the_same_visit_runs_through_the_same_instants_twice() -> None:
    async def script(made: Visit) -> None:
        await answering(made)
        await made.say(1.0)

    first, second = (play(visit("stop", partial_s=0.3, echo_gain_db=-30.0), script) for _ in range(2))
    assert first.told == second.told


# ---- reading ahead ---------------------------------------------------------------------------------------------------


class Reading(PassageGenerator):
    """Notes what it is shown before it is asked."""

    def __init__(self) -> None:
        self.drafts: list[Answer] = []

    def prepare(self, answer: Answer) -> None:
        self.drafts.append(answer)


def test_the_generator_reads_the_question_while_it_is_spoken_and_the_reply_once_it_was_heard() -> None:
    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(2.0)

    generator = Reading()
    play(visit(SALT, partial_s=0.3, generators=[("gpt", generator)]), script)
    words = [str(draft.question) for draft in generator.drafts]
    assert words[:2] == ["", ""], "the beginning, and the greeting that was heard: nothing was asked yet"
    assert [[role for role, _ in draft.history] for draft in generator.drafts[:2]] == [[], ["robot"]]
    spoken = [text for text in words if text]
    assert len(spoken) > 2
    assert all(SALT.startswith(text) for text in spoken)
    last = generator.drafts[-1]
    assert last.question == "", "ready for the next question"
    assert ("patient", SALT) in last.history
    assert SALT_TEXT in last.history[-1][1]


def test_nothing_is_read_ahead_in_an_emergency() -> None:
    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(2.0)

    generator = Reading()
    made = play(visit(CHEST, partial_s=0.3, generators=[("gpt", generator)]), script)
    assert made.decider.emergency
    assert not any(CHEST in draft.question for draft in generator.drafts)
    assert generator.drafts[-1].question != ""


def test_a_search_runs_beside_the_loop_once_the_words_have_settled_and_an_emergency_waits_for_none() -> None:
    searched: list[tuple[float, str]] = []

    def slow(made: Visit) -> Any:
        async def off_loop(search: Any) -> None:
            await made.clock.sleep(0.5)
            search()

        return off_loop

    async def script(made: Visit) -> None:
        await made.settled()
        await made.say(2.0)
        await made.settled()
        await made.say(2.0)

    made = visit(SALT, CHEST)
    made.conversation.parts = replace(made.conversation.parts, off_loop=slow(made))
    look_up = made.decider.look_up

    def noted(text: Any) -> Any:
        searched.append((made.clock.now(), str(text)))
        return look_up(text)

    made.decider.look_up = noted  # type: ignore[method-assign]
    play(made, script)
    assert [text for _, text in searched] == ["", SALT, CHEST], "first what any search needs"
    assert "diet-salt-who" in made.topics
    ended = [frame for frame, event in made.told if isinstance(event, Transcript)]
    raised = next(frame for frame, event in made.told if isinstance(event, Decision) and event.intent == "red_flag")
    assert raised <= ended[-1] - 20, "before the search was over"
