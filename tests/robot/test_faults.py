"""What a conversation does when a part fails, hangs or goes away in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from robot.errors import GeneratorError, RecognizerError, SynthesizerError
from robot.evaluate.stubs import StubRecognizer, StubSynthesizer
from robot.events import (
    Answer,
    CallDelivered,
    CallNurse,
    Decision,
    Fault,
    Language,
    Speech,
    SpeechEnded,
    Spoken,
    Transcript,
)
from robot.stages import OnPartial
from tests.conversations import SALT, Hanging, Rules, Visit, passage, play, shared, visit, voice

SALT_TEXT = " ".join(passage("diet-salt-who").text.split())
PHRASES = shared().dialogs.phrases.phrases
CHEST = "I have a terrible pain in my chest"


class BrokenRecognizer(StubRecognizer):
    """Fails, hangs or has a defect in `finish` the first time; then hears its texts."""

    def __init__(self, how: str, texts: list[str]) -> None:
        super().__init__(texts)
        self._how = how
        self.cancelled = 0

    def listen(self, language: Language, on_partial: OnPartial) -> Any:
        how, self._how = self._how, ""
        inner = super().listen(language, on_partial)
        outer = self

        class Recognition:
            feed = staticmethod(inner.feed)

            async def finish(self) -> Transcript:
                if how == "fails":
                    raise RecognizerError("recognizer_failed", "It failed.")
                if how == "hangs":
                    await asyncio.sleep(3600)
                if how == "defect":
                    raise ZeroDivisionError
                return await inner.finish()

            def cancel(self) -> None:
                outer.cancelled += 1
                inner.cancel()

        return Recognition()


class BrokenSynthesizer(StubSynthesizer):
    """Fails for the sentences that hold `words`, before or after half of the sound."""

    def __init__(self, words: str, *, half: bool = False) -> None:
        super().__init__(20.0)
        self._words, self._half = words, half

    async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
        async for speech in super().synthesize(text, language):
            if self._words in text:
                if self._half:
                    yield Speech(speech.samples[: speech.samples.size // 2], speech.rate, speech.marks)
                raise SynthesizerError("synthesizer_failed", "It failed.")
            yield speech


class FailingGenerator:
    """Fails before, or after, its first sentence."""

    name = "failing"

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        for piece in self._pieces:
            yield piece
        raise GeneratorError("generator_failed", "It failed.")


def faults(made: Visit) -> list[str]:
    return [fault.code for fault in made.of(Fault)]


def silence_after_turn(made: Visit) -> float:
    """Seconds from the end of the patient's sound to the robot's next sound."""
    assert made.room.recording is not None
    patient, robot = made.room.recording.patient, made.room.recording.robot
    last = max(index for index, block in enumerate(patient) if block.any())
    return next(index - last for index in range(last, len(robot)) if robot[index].any()) * 0.02


@pytest.mark.parametrize(("how", "code"), [("fails", "recognizer_failed"), ("hangs", "recognizer_timeout")])
def test_a_recognizer_that_fails_is_said_and_the_next_words_are_heard(how: str, code: str) -> None:
    recognizer = BrokenRecognizer(how, ["lost", SALT])

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(1.0)
        await made.clock.sleep(12)
        await made.settled()
        await made.say(1.0)

    made = play(visit(recognizer=recognizer), script)
    assert code in faults(made)
    assert PHRASES["trouble_hearing"].en in made.heard
    assert "press your call button" in made.heard
    assert SALT_TEXT in made.heard
    assert recognizer.cancelled >= 1


def test_a_recognizer_that_hangs_leaves_no_dead_air() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(1.0)
        await made.clock.sleep(12)

    made = play(visit(recognizer=BrokenRecognizer("hangs", ["lost"])), script)
    assert silence_after_turn(made) <= 2.06
    assert "one_moment" in made.topics


def test_a_generator_that_hangs_leaves_no_dead_air_and_the_passage_is_spoken() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.say(1.0)
        await made.settled()

    made = play(visit(SALT, generators=[("gpt", Hanging())]), script)
    assert silence_after_turn(made) <= 2.1
    assert "generator_late" in faults(made)
    assert SALT_TEXT in made.heard


def test_a_generator_that_hangs_in_mid_answer_does_not_hold_the_conversation() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(SALT)
        await made.settled(30)
        made.conversation.hear_text("thank you")
        await made.settled()

    made = play(visit(generators=[("gpt", Hanging("Keep it under 5 g. "))]), script)
    assert "Keep it under 5 g." in made.heard
    assert PHRASES["you_are_welcome"].en in made.heard


@pytest.mark.parametrize("pieces", [(), ("Keep it under 5 g. ",)])
def test_a_generator_that_fails_makes_room(pieces: tuple[str, ...]) -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(SALT)
        await made.settled()

    made = play(visit(generators=[("gpt", FailingGenerator(*pieces))]), script)
    assert "generator_failed" in faults(made)
    assert (pieces[0].strip() if pieces else SALT_TEXT) in made.heard


@pytest.mark.parametrize("half", [False, True])
def test_a_sentence_that_cannot_be_sounded_is_not_heard_and_the_rest_is(half: bool) -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(SALT)
        await made.settled()
        assert any("teaspoon" in screen.robot_caption for screen in made.display.screens), "it is on the screen"
        made.conversation.hear_text("thank you")
        await made.settled()

    made = play(visit(synthesizer=BrokenSynthesizer("teaspoon", half=half)), script)
    assert "synthesizer_failed" in faults(made)
    assert "teaspoon." not in made.heard
    assert "That also counts the salt" in made.heard
    assert PHRASES["you_are_welcome"].en in made.heard


def test_a_robot_that_lost_its_voice_still_calls_the_nurse_and_goes_on() -> None:
    async def script(made: Visit) -> None:
        await made.clock.sleep(1)
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(15)
        await made.settled()

    made = play(visit(synthesizer=BrokenSynthesizer("")), script)
    assert made.nurse.delivered and made.nurse.acknowledged
    assert not made.heard
    assert not made.sounding(0)


def test_a_voiceless_robot_that_is_spoken_to_does_not_stay_paused() -> None:
    """The reply fails while the speaker is paused for a possible interruption."""

    async def script(made: Visit) -> None:
        await made.greeted()
        for pause in (0.02, 0.06, 0.1, 0.14):
            made.conversation.hear_text("hello")
            await made.clock.sleep(pause)
            await made.say(0.8)
        made.conversation.hear_text(SALT)
        await made.settled()

    made = play(visit("hi", synthesizer=BrokenSynthesizer("What would you like")), script)
    assert SALT_TEXT in made.heard


def test_a_speaker_that_stalls_is_a_fault_and_the_conversation_goes_on() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.conversation.hear_text(SALT)
        await made.clock.sleep(1)
        made.room.speaker.stall(50 * 12)
        await made.clock.sleep(20)
        await made.settled()
        made.conversation.hear_text("thank you")
        await made.settled()

    made = play(visit(), script)
    assert "speaker_stalled" in faults(made)
    assert SALT_TEXT not in made.heard, "what did not sound was not heard"
    assert PHRASES["you_are_welcome"].en in made.heard


def test_a_microphone_that_is_unplugged_in_mid_sentence_ends_the_turn_and_hears_again_later() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.room.speak(voice(3.0))
        await made.clock.sleep(1.0)
        made.room.microphone.unplug()
        await made.clock.sleep(15)
        await made.settled()
        made.room.microphone.plug()
        await made.clock.sleep(0.5)
        await made.say(1.0)

    made = play(visit(SALT, "thank you"), script)
    assert "microphone_gone" in faults(made)
    assert made.transcripts()[1] == SALT, "what was said until then is the turn"
    assert SALT_TEXT in made.heard
    assert "trouble_device" in made.topics
    assert PHRASES["you_are_welcome"].en in made.heard


def test_a_microphone_that_is_unplugged_in_silence_is_told() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.room.microphone.unplug()
        await made.clock.sleep(3)
        await made.settled()

    made = play(visit(), script)
    assert made.topics[-1] == "trouble_device"
    assert not made.of(SpeechEnded)


def test_lost_frames_are_told_and_change_nothing() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(0.5)
        made.room.microphone.overrun(5)
        await made.say(0.5)

    made = play(visit(SALT), script)
    assert "microphone_xrun" in faults(made)
    assert SALT_TEXT in made.heard


def test_an_emergency_survives_every_other_part_failing_at_once() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        made.room.speaker.stall(10_000)
        made.room.microphone.unplug()
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(40)

    made = play(visit(generators=[("gpt", FailingGenerator())], guard=Rules(rungs=["phrase", "passage"])), script)
    assert made.nurse.delivered[0].reason == "chest_pain"
    assert made.of(CallDelivered)
    assert any(screen.alert == "emergency" for screen in made.display.screens)


def test_a_broken_rule_set_still_lets_an_emergency_be_spoken() -> None:
    async def script(made: Visit) -> None:
        await made.clock.sleep(2)
        made.conversation.hear_text(CHEST)
        await made.clock.sleep(10)
        await made.settled()

    made = play(visit(guard=Rules(rungs=["phrase"])), script)
    assert PHRASES["emergency_stay"].en in made.heard


def test_a_defect_ends_the_conversation_loudly() -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak(1.0)
        with pytest.raises(ZeroDivisionError):
            await made.conversation.ended()

    play(visit(recognizer=BrokenRecognizer("defect", ["lost"])), script)


def test_nothing_is_told_as_heard_that_the_recording_does_not_hold() -> None:
    """However a reply ended, the samples that sounded are those of the words that were heard, or a word more."""

    async def script(made: Visit) -> None:
        await made.greeted()
        for _ in range(3):
            made.conversation.hear_text(SALT)
            await made.until(lambda: "diet-salt-who" in made.topics)
            await made.clock.sleep(0.7)
            await made.say(1.0)

    made = play(visit("stop"), script)
    sounded = sum(int(abs(block).astype(bool).sum()) for block in made.recording.robot) / (16 * 20)
    heard = len(made.heard.replace(" ", ""))
    assert sounded >= heard
    assert made.of(Spoken)


def test_an_observer_that_fails_does_not_cost_the_nurse_call(caplog: pytest.LogCaptureFixture) -> None:
    """A journal on a full disk, a display with a defect: the alarm comes first, and the words reach no log."""
    made = visit(CHEST)

    def full_disk(event: object) -> None:
        raise OSError(28, f"No space left for {event!r} {CHEST}")

    async def script(made: Visit) -> None:
        made.conversation.observe(full_disk)
        await made.greeted()
        await made.speak()
        await made.settled()

    play(made, script)
    assert len(made.of(CallDelivered)) == 1
    assert "OSError" in caplog.text
    assert "chest" not in caplog.text


def test_staff_who_clear_an_emergency_stop_its_escalation() -> None:
    made = visit(CHEST, nurse={"acknowledge_after_s": None})

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak()
        await made.until(lambda: bool(made.of(CallDelivered)))
        made.conversation.clear_emergency("nurse")
        await made.conversation.parts.clock.sleep(100)

    play(made, script)
    assert len(made.of(CallDelivered)) == 1


def test_the_button_calls_again_when_nobody_came() -> None:
    made = visit(CHEST)

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.speak()
        await made.until(lambda: made.conversation.parts.decider.state == "emergency.coming")
        made.conversation.press_button()
        await made.until(lambda: len(made.of(CallDelivered)) == 2)
        await made.settled()

    play(made, script)
    calls = [effect for decision in made.of(Decision) for effect in decision.effects if isinstance(effect, CallNurse)]
    assert [call.urgency for call in calls] == ["emergency", "emergency"]
