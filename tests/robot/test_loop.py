"""The event loop is never held for longer than 50 ms: a frame comes every 20."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hardware.clock import SystemClock
from robot.evaluate.stubs import StubRecognizer
from robot.events import Interrupted, Language
from robot.stages import OnPartial
from tests.conversations import SALT, ListedQuestions, Visit, play, visit

LONGEST_S = 0.05


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[float, str]]]:
    """(CPU seconds, callback) of everything the loop runs. CPU time, because a busy machine stretches wall time."""
    found: list[tuple[float, str]] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> Any:
        what = repr(handle)
        before = time.thread_time()
        result = run(handle)  # type: ignore[func-returns-value]
        found.append((time.thread_time() - before, what))
        return result

    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    ListedQuestions().retrieve(SALT, "en")
    gc.collect()
    gc.freeze()  # what the test suite keeps in memory is not the conversation's to search
    yield found
    gc.unfreeze()


async def short_visit(made: Visit) -> None:
    await made.settled(20)
    await made.speak(0.4)
    await made.clock.sleep(1.0)
    made.conversation.hear_text(SALT)
    await made.clock.sleep(0.5)
    await made.speak(0.6)
    await made.clock.sleep(1.2)
    made.conversation.hear_text("my chest hurts and I cannot breathe")
    await made.clock.sleep(0.5)


def test_a_conversation_in_real_time_does_not_hold_the_loop(held: list[tuple[float, str]]) -> None:
    made = visit("yes", "stop", clock=SystemClock(), partial_s=0.1, ms_per_character=6, echo_gain_db=-30.0)
    play(made, short_visit)
    assert made.decisions()[:2] == ["opened", "affirm"]
    assert made.of(Interrupted) and made.nurse.delivered
    assert max(held)[0] < LONGEST_S, max(held)
    assert len(held) > 300


@pytest.mark.parametrize("text", ["and then " * 1_100, "我昨天 " * 2_500, "🙂" * 10_000, "a" * 10_000])
def test_a_very_long_text_does_not_hold_the_loop(held: list[tuple[float, str]], text: str) -> None:
    async def script(made: Visit) -> None:
        await made.greeted()
        held.clear()
        made.clock.call_later(0.1, lambda: made.conversation.hear_text(text))  # type: ignore[func-returns-value]
        await made.clock.sleep(0.2)
        await made.settled()

    play(visit(), script)
    assert max(held)[0] < LONGEST_S, max(held)


def test_this_test_sees_a_part_that_holds_the_loop(held: list[tuple[float, str]]) -> None:
    class Holds(StubRecognizer):
        def listen(self, language: Language, on_partial: OnPartial) -> Any:
            until = time.thread_time() + 2 * LONGEST_S
            while time.thread_time() < until:
                pass
            return super().listen(language, on_partial)

    async def script(made: Visit) -> None:
        await made.greeted()
        await made.say(0.5)

    play(visit(recognizer=Holds(["yes"])), script)
    assert max(held)[0] > LONGEST_S
