"""Playing a reply on the simulated speaker: what was heard, to the word, whenever it is cut, paused or stalled."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.audio import RATE, frame_samples, silence
from hardware.clock import SimulatedClock
from hardware.ports import HardwareError
from hardware.room import Room
from hardware.simulated import SimulatedSpeaker
from robot.errors import SynthesizerError
from robot.evaluate.stubs import StubSynthesizer
from robot.events import Language, Sentence, Speech, Spoken
from robot.speak.play import Playback
from robot.stages import Synthesizer

FRAME = frame_samples(RATE)
TEXT = "Drink a glass of water with each of your meals."
MS = 20.0
"""A character of the stub's speech lasts one frame, so a cut can fall on every character."""


def sentence(text: str = TEXT, *, language: Language = "en", interruptible: bool = True) -> Sentence:
    return Sentence(text, language, "test", "phrase", interruptible)


@dataclass
class Mouth:
    """A playback on a simulated speaker in a recorded room."""

    clock: SimulatedClock
    room: Room
    speaker: SimulatedSpeaker
    playback: Playback
    first_sounds: list[int] = field(default_factory=list)

    @property
    def sounded(self) -> np.ndarray:
        assert self.room.recording is not None
        return np.concatenate([silence(0), *self.room.recording.robot])

    async def frames(self, count: int) -> None:
        await self.clock.sleep(count * 0.02)


def run(
    script: Callable[[Mouth], Awaitable[None]], *, synthesizer: Synthesizer | None = None, rate: int = RATE
) -> Mouth:
    clock = SimulatedClock()
    room = Room(clock, echo_gain_db=None, record=True)
    speaker = SimulatedSpeaker(room, rate=rate)
    made: list[Mouth] = []

    async def main() -> None:
        sounds: list[int] = []
        playback = Playback(speaker, synthesizer or StubSynthesizer(MS), lambda: sounds.append(room.frame))
        mouth = Mouth(clock, room, speaker, playback, sounds)
        made.append(mouth)
        await speaker.open(playback.on_played, lambda _: None)
        await script(mouth)
        await speaker.close()

    clock.run(main())
    return made[0]


def test_a_sentence_that_is_not_disturbed_is_heard_whole() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        assert await mouth.playback.finish() == (Spoken(sentence(), TEXT, False),)

    mouth = run(script)
    assert np.count_nonzero(mouth.sounded) == len(TEXT) * FRAME
    assert mouth.first_sounds == [1]


def words_heard(characters: int) -> str:
    """The words of TEXT that are complete in its first `characters`: a word is complete when the next one begins."""
    if characters >= len(TEXT):
        return TEXT
    begun = [index + 1 for index, char in enumerate(TEXT) if char == " " and index + 1 <= characters]
    return TEXT[: begun[-1]].rstrip() if begun else ""


@pytest.mark.parametrize("frames", range(len(TEXT) + 4))
def test_cut_at_any_frame_the_words_heard_are_those_that_sounded(frames: int) -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        await mouth.clock.sleep(frames * 0.02 + 0.01)
        before = np.count_nonzero(mouth.sounded)
        assert before == min(frames, len(TEXT)) * FRAME
        (spoken,) = mouth.playback.interrupt()
        assert spoken.heard == words_heard(frames)
        assert spoken.interrupted == (spoken.heard != TEXT)
        await mouth.frames(100)
        assert np.count_nonzero(mouth.sounded) == before, "nothing sounds after an interruption"

    run(script)


@settings(max_examples=50)
@given(st.integers(0, 200), st.sampled_from([RATE, 22_050, 48_000]), st.integers(1, 90))
def test_at_any_rate_what_was_heard_is_whole_words_of_the_text_and_never_less_later(
    frames: int, rate: int, ms: int
) -> None:
    heard: list[str] = []

    async def script(mouth: Mouth) -> None:
        say = asyncio.ensure_future(mouth.playback.say(sentence()))
        await asyncio.sleep(0)
        for _ in range(frames):
            await mouth.frames(1)
            heard.extend(entry.heard for entry in mouth.playback.so_far)
        heard.extend(entry.heard for entry in mouth.playback.interrupt())
        await say

    run(script, synthesizer=StubSynthesizer(ms), rate=rate)
    for earlier, later in itertools.pairwise(heard):
        assert later.startswith(earlier)
    for text in heard:
        assert TEXT.startswith(text)
        assert text in ("", TEXT) or TEXT[len(text)] == " "


def test_pause_and_resume_lose_no_sample_and_double_none() -> None:
    class Ramp(StubSynthesizer):
        async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
            yield Speech(np.arange(1, 20_001, dtype=np.int16), RATE)

    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        for _ in range(5):
            await mouth.frames(7)
            mouth.playback.pause()
            silent_from = len(mouth.sounded)
            await mouth.frames(11)
            assert not mouth.sounded[silent_from:].any(), "silent within a frame"
            mouth.playback.resume()
        (spoken,) = await mouth.playback.finish()
        assert spoken.heard == TEXT

    sounded = run(script, synthesizer=Ramp()).sounded
    assert np.array_equal(sounded[sounded != 0], np.arange(1, 20_001, dtype=np.int16))


def test_a_pause_of_any_length_is_no_stall() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        mouth.playback.pause()
        finish = asyncio.ensure_future(mouth.playback.finish())
        await mouth.clock.sleep(60)
        assert not finish.done()
        mouth.playback.resume()
        assert (await finish)[0].heard == TEXT

    run(script)


def test_a_speaker_that_takes_no_sound_has_stalled() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        mouth.room.speaker.stall(10_000)
        began = mouth.clock.now()
        with pytest.raises(HardwareError) as raised:
            await mouth.playback.finish()
        assert raised.value.code == "speaker_stalled"
        assert mouth.clock.now() - began < 4
        (spoken,) = mouth.playback.interrupt()
        assert spoken.heard == ""

    run(script)


def test_a_short_stall_only_delays() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        await mouth.frames(5)
        mouth.room.speaker.stall(50)
        assert (await mouth.playback.finish())[0].heard == TEXT

    run(script)


def test_no_more_than_two_seconds_are_made_ahead() -> None:
    """A reply that is cut throws little away, and a slow speaker holds the writer back."""

    async def script(mouth: Mouth) -> None:
        written: list[float] = []

        async def talk() -> None:
            for _ in range(10):
                await mouth.playback.say(sentence())
                written.append(mouth.speaker.queued / RATE)

        talking = asyncio.ensure_future(talk())
        longest = 0.0
        while not talking.done():
            await mouth.frames(1)
            longest = max(longest, mouth.speaker.queued / RATE)
        await mouth.playback.finish()
        assert max(written) <= 2.0 + 0.02
        assert longest <= 2.0 + len(TEXT) * 0.02 + 0.12 + 0.02

    run(script)


def test_a_sentence_in_the_making_does_not_sound_once_the_reply_was_cut() -> None:
    clock_waits: list[asyncio.Event] = []

    class Slow(StubSynthesizer):
        async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
            for _ in range(5):
                clock_waits.append(asyncio.Event())
                await clock_waits[-1].wait()
                yield Speech(np.full(FRAME * 5, 500, dtype=np.int16), RATE)

    async def script(mouth: Mouth) -> None:
        say = asyncio.ensure_future(mouth.playback.say(sentence()))
        await mouth.frames(2)
        clock_waits[0].set()
        await mouth.frames(3)
        assert mouth.sounded.any()
        mouth.playback.interrupt()
        before = np.count_nonzero(mouth.sounded)
        await mouth.frames(1)
        clock_waits[1].set()
        await say
        await mouth.frames(50)
        assert np.count_nonzero(mouth.sounded) == before
        assert len(clock_waits) == 2, "the synthesizer was closed at its next piece"

    run(script, synthesizer=Slow())


def test_two_sentences_said_at_the_same_time_do_not_mix() -> None:
    """The filler may begin while the answer's first sentence is being made."""

    class InPieces(StubSynthesizer):
        async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
            for _ in range(4):
                await asyncio.sleep(0.01)
                yield Speech(np.full(FRAME, ord(text[0]), dtype=np.int16), RATE)

    async def script(mouth: Mouth) -> None:
        await asyncio.gather(mouth.playback.say(sentence("A")), mouth.playback.say(sentence("B")))
        spoken = await mouth.playback.finish()
        assert [entry.heard for entry in spoken] == ["A", "B"]

    sounded = run(script, synthesizer=InPieces()).sounded
    voiced = sounded[sounded != 0]
    assert [chr(value) for value in voiced[:: FRAME * 4]] == ["A", "B"]
    assert np.count_nonzero(np.diff(voiced)) == 1


def test_the_next_reply_starts_clean_after_a_cut() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        await mouth.frames(10)
        mouth.playback.interrupt()
        assert not mouth.playback.busy
        await mouth.playback.say(sentence("Yes, it is."))
        assert [entry.heard for entry in await mouth.playback.finish()] == ["Yes, it is."]
        assert len(mouth.first_sounds) == 2

    run(script)


def test_a_cut_while_paused_wakes_the_speaker() -> None:
    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence())
        await mouth.frames(3)
        mouth.playback.pause()
        mouth.playback.interrupt()
        await mouth.playback.say(sentence("Yes."))
        assert [entry.heard for entry in await mouth.playback.finish()] == ["Yes."]

    run(script)


def test_interruptible_only_while_nothing_waits_that_may_not_be_cut() -> None:
    async def script(mouth: Mouth) -> None:
        assert mouth.playback.interruptible
        await mouth.playback.say(sentence("Stay."))
        assert mouth.playback.interruptible
        await mouth.playback.say(sentence("Help comes.", interruptible=False))
        assert not mouth.playback.interruptible
        await mouth.playback.finish()
        assert mouth.playback.interruptible

    run(script)


def test_busy_from_the_first_word_on_its_way_to_the_last_sample() -> None:
    async def script(mouth: Mouth) -> None:
        assert not mouth.playback.busy
        await mouth.playback.say(sentence("Yes."))
        assert mouth.playback.busy
        await mouth.playback.finish()
        assert not mouth.playback.busy

    run(script)


def test_without_marks_only_the_share_that_sounded_counts() -> None:
    class Unmarked(StubSynthesizer):
        async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
            yield Speech(np.full(len(text) * FRAME, 300, dtype=np.int16), RATE)

    async def script(mouth: Mouth) -> None:
        await mouth.playback.say(sentence("one two three four"))
        await mouth.clock.sleep(10 * 0.02 + 0.01)
        assert mouth.playback.interrupt()[0].heard == "one two"
        await mouth.playback.say(sentence("一二三四五", language="zh"))
        await mouth.clock.sleep(3 * 0.02 + 0.01)
        assert mouth.playback.interrupt()[0].heard in ("一二", "一二三")

    run(script, synthesizer=Unmarked())


def test_a_synthesizer_that_fails_leaves_the_rest_of_the_reply_in_order() -> None:
    class FailsOnce(StubSynthesizer):
        failed = False

        async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
            if not self.failed:
                self.failed = True
                raise SynthesizerError("synthesizer_failed", "It failed.")
            async for speech in super().synthesize(text, language):
                yield speech

    async def script(mouth: Mouth) -> None:
        with pytest.raises(SynthesizerError):
            await mouth.playback.say(sentence("lost words"))
        await mouth.playback.say(sentence("Yes."))
        spoken = await mouth.playback.finish()
        assert [(entry.sentence.text, entry.heard) for entry in spoken if entry.heard] == [("Yes.", "Yes.")]

    run(script, synthesizer=FailsOnce(MS))
