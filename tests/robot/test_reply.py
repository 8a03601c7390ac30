"""The queue of replies: order, emergencies first, what a cut drops, and the times of a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from hardware.audio import RATE
from hardware.clock import SimulatedClock
from hardware.room import Room
from hardware.simulated import SimulatedSpeaker
from robot.evaluate.stubs import StubSynthesizer
from robot.events import Action, Decision, End, Event, Say, Sentence, Spoken, TurnTimed
from robot.reply import Replies, TurnClock, ends
from robot.speak.play import Playback
from robot.speak.split import SentenceSplitter
from robot.think.compose import Composer
from robot.think.generators.passage import PassageGenerator
from tests.conversations import Rules, shared


def decision(text: str, action: Action = "answer", *, interruptible: bool = True) -> Decision:
    return Decision("test", "menu.waiting", action, (Say((Sentence(text, "en", text, "phrase", interruptible),)),))


@dataclass
class Queue:
    """Replies on a simulated speaker, with what they told."""

    clock: SimulatedClock
    replies: Replies
    playback: Playback
    told: list[tuple[float, Event]] = field(default_factory=list)
    done: list[tuple[float, str]] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)

    async def idle(self) -> None:
        while not self.replies.idle:
            await self.clock.sleep(0.02)


def run(script: Callable[[Queue], Awaitable[None]]) -> Queue:
    clock = SimulatedClock()
    room = Room(clock, echo_gain_db=None)
    speaker = SimulatedSpeaker(room, rate=RATE)
    made: list[Queue] = []

    async def main() -> None:
        playback = Playback(speaker, StubSynthesizer(20.0), lambda: replies.sounded())  # noqa: PLW0108 — made below
        composer = Composer([("passage", PassageGenerator())], Rules(), SentenceSplitter, shared().dialogs.phrases)

        def on_done(spoken: tuple[Spoken, ...], last: Decision) -> None:
            queue.done.append((clock.now(), " ".join(entry.heard for entry in spoken)))
            queue.spoken.extend(spoken)

        replies = Replies(composer, playback, clock, lambda event: queue.told.append((clock.now(), event)), on_done)
        queue = Queue(clock, replies, playback)
        made.append(queue)
        await speaker.open(playback.on_played, lambda _: None)
        task = asyncio.ensure_future(replies.run())
        await script(queue)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await speaker.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    clock.run(main())
    return made[0]


def heard(queue: Queue) -> list[str]:
    return [text for _, text in queue.done]


def test_replies_are_said_one_after_another() -> None:
    async def script(queue: Queue) -> None:
        for text in ("One.", "Two.", "Three."):
            queue.replies.add(decision(text))
        assert not queue.replies.idle
        await queue.idle()

    assert heard(run(script)) == ["One.", "Two.", "Three."]


def test_nothing_is_said_while_the_patient_has_the_floor() -> None:
    async def script(queue: Queue) -> None:
        queue.replies.floor_is_free(False)
        queue.replies.add(decision("One."))
        await queue.clock.sleep(30)
        assert not queue.playback.busy
        queue.replies.floor_is_free(True)
        await queue.idle()

    assert heard(run(script)) == ["One."]


@pytest.mark.parametrize("ordinary_first", [True, False])
def test_an_emergency_waits_two_seconds_at_most_and_goes_first(ordinary_first: bool) -> None:
    async def script(queue: Queue) -> None:
        queue.replies.floor_is_free(False)
        if ordinary_first:
            queue.replies.add(decision("Ordinary."))
            await queue.clock.sleep(5)
        began = queue.clock.now()
        queue.replies.add(decision("Help.", "escalate", interruptible=False))
        if not ordinary_first:
            queue.replies.add(decision("Ordinary."))
        await queue.clock.sleep(10)
        assert heard(queue) == ["Help."], "the ordinary one still waits"
        first = next(at for at, event in queue.told if isinstance(event, Sentence))
        assert first - began == pytest.approx(2.0, abs=0.05)
        queue.replies.floor_is_free(True)
        await queue.idle()

    assert heard(run(script)) == ["Help.", "Ordinary."]


def test_several_emergencies_keep_their_order() -> None:
    async def script(queue: Queue) -> None:
        queue.replies.floor_is_free(False)
        for text in ("First.", "Second.", "Third."):
            queue.replies.add(decision(text, "escalate"))
        await queue.clock.sleep(10)

    assert heard(run(script)) == ["First.", "Second.", "Third."]


def test_a_cut_drops_answers_and_keeps_emergencies_and_the_nurses_news() -> None:
    async def script(queue: Queue) -> None:
        queue.replies.add(decision("A long answer that is being said."), TurnClock(1, 0.0))
        await queue.clock.sleep(0.3)
        queue.replies.add(decision("Another answer."), TurnClock(2, 0.0))
        queue.replies.add(decision("News."))
        queue.replies.add(decision("Help.", "escalate"), TurnClock(3, 0.0))
        (cut,) = queue.replies.cut()
        assert cut.interrupted and cut.heard == "A long answer"
        await queue.idle()

    assert heard(run(script)) == ["Help.", "News."]


def test_a_cut_of_nothing_is_nothing() -> None:
    async def script(queue: Queue) -> None:
        assert queue.replies.cut() == ()
        queue.replies.add(decision("One."))
        await queue.idle()

    assert heard(run(script)) == ["One."]


def test_a_reply_with_nothing_to_say_is_done_at_once() -> None:
    async def script(queue: Queue) -> None:
        queue.replies.add(Decision("test", "menu.waiting", "ask", (End(),)))
        await queue.idle()

    queue = run(script)
    assert heard(queue) == [""]
    assert queue.done[0][0] == 0.0


def test_the_time_of_a_turn_is_told_at_its_first_sound_only() -> None:
    async def script(queue: Queue) -> None:
        turn = TurnClock(7, queue.clock.now())
        await queue.clock.sleep(0.25)
        turn.mark("recognize", queue.clock.now())
        queue.replies.add(decision("One. Two."), turn)
        await queue.idle()
        queue.replies.add(decision("News."))
        await queue.idle()

    (timed,) = [event for _, event in run(script).told if isinstance(event, TurnTimed)]
    assert timed.turn == 7
    assert list(timed.stages) == ["recognize", "compose", "play"]
    assert timed.stages["recognize"] == pytest.approx(250)
    assert timed.voice_to_voice == pytest.approx(sum(timed.stages.values()), abs=0.05)


def test_a_stage_counts_the_first_time() -> None:
    turn = TurnClock(1, 0.0)
    turn.mark("decide", 1.0)
    turn.mark("decide", 5.0)
    assert turn.timed(2.0).stages == {"decide": 1000.0, "play": 1000.0}


def test_a_filler_is_said_only_into_silence() -> None:
    async def script(queue: Queue) -> None:
        await queue.replies.fill("en")
        await queue.clock.sleep(2)
        queue.playback.interrupt()
        queue.replies.add(decision("A long answer that is being said."))
        await queue.clock.sleep(0.1)
        await queue.replies.fill("en")
        await queue.idle()

    topics = [event.topic for _, event in run(script).told if isinstance(event, Sentence)]
    assert topics.count("one_moment") == 1


def test_what_ends_a_conversation() -> None:
    assert ends(Decision("x", "goodbye.done", "smalltalk", (End(),)))
    assert not ends(decision("One."))
