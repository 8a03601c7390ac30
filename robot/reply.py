"""Speaks decisions, one after another: compose, guard, synthesize, play — and stop when the patient takes the floor."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from hardware.ports import Clock, HardwareError
from robot.errors import SynthesizerError
from robot.events import Answer, Decision, End, Event, Fault, Language, Say, Sentence, Spoken, TurnTimed
from robot.speak.play import Playback
from robot.think.compose import Composer

_PATIENT_MAY_FINISH_S = 2.0
"""An emergency waits no longer than the dead-air limit for a patient who goes on speaking."""
_INSTANT_S = 0.001
"""Times closer than this are the same; a wait that is shorter might not move the clock."""


@dataclass(slots=True)
class TurnClock:
    """When the stages of one turn were done, on the conversation's clock; `speech_end` is the patient's last sound."""

    number: int
    speech_end: float
    marks: dict[str, float] = field(default_factory=dict)

    def mark(self, stage: str, now: float) -> None:
        """`stage` is done; only its first time counts."""
        self.marks.setdefault(stage, now)

    def timed(self, now: float) -> TurnTimed:
        """The turn's times in milliseconds, each stage from the end of the one before; the last is `play`."""
        self.mark("play", now)
        stages: dict[str, float] = {}
        before = self.speech_end
        for stage, at in self.marks.items():
            stages[stage] = round((at - before) * 1000, 2)
            before = at
        return TurnTimed(self.number, round((now - self.speech_end) * 1000, 2), stages)


@dataclass(frozen=True, slots=True)
class _Reply:
    decision: Decision
    turn: TurnClock | None
    due: float
    """When it is said even if the patient speaks; never (infinity) unless it is an emergency."""

    @property
    def urgent(self) -> bool:
        return self.due < math.inf

    @property
    def comforts(self) -> bool:
        """True for an emergency's answer to mere words ("I am still with you"): no alarm, and no news of the call."""
        return self.urgent and self.turn is not None and not self.decision.red_flags


class Replies:
    """The queue of what is still to be said, and the task that says it.

    `on_done(spoken, last)` follows each reply that was not cut; `last` is its decision.
    """

    def __init__(
        self,
        composer: Composer,
        playback: Playback,
        clock: Clock,
        tell: Callable[[Event], None],
        on_done: Callable[[tuple[Spoken, ...], Decision], None],
    ) -> None:
        self._composer = composer
        self._playback = playback
        self._clock = clock
        self._tell = tell
        self._on_done = on_done
        self._waiting: deque[_Reply] = deque()
        self._changed = asyncio.Event()
        self._current: asyncio.Task[tuple[Spoken, ...]] | None = None
        self._turn: TurnClock | None = None
        self._floor_free = True

    @property
    def idle(self) -> bool:
        """True when nothing is being said or waits to be said."""
        return self._current is None and not self._waiting

    @property
    def speaking(self) -> bool:
        """True while a reply is being made or said."""
        return self._current is not None

    def floor_is_free(self, free: bool) -> None:
        """Whether a reply may begin: not while the patient speaks."""
        self._floor_free = free
        self._changed.set()

    def add(self, decision: Decision, turn: TurnClock | None = None) -> None:
        """Say this after what is being said; of what waits, emergencies come first.

        What only answers the patient's words in an emergency gives way to whatever is newer: it may be wrong by then.
        """
        due = self._clock.now() + _PATIENT_MAY_FINISH_S if decision.action == "escalate" else math.inf
        reply = _Reply(decision, turn, due)
        if reply.urgent:
            self._waiting = deque(other for other in self._waiting if not other.comforts)
        place = sum(other.urgent for other in self._waiting) if reply.urgent else len(self._waiting)
        self._waiting.insert(place, reply)
        self._changed.set()

    def sounded(self) -> None:
        """The first block of the reply has just been played."""
        if self._turn is not None:
            self._tell(self._turn.timed(self._clock.now()))
            self._turn = None

    def cut(self) -> tuple[Spoken, ...]:
        """Silence now; what had been heard. Of what waits, answers to the patient go too.

        A nurse's answer stays, and so does what is said in an emergency.
        """
        self._waiting = deque(reply for reply in self._waiting if reply.turn is None or reply.urgent)
        spoken = self._playback.interrupt()
        self._turn = None
        if self._current is not None:
            self._current.cancel()
        return spoken

    async def fill(self, language: Language) -> None:
        """Break a silence that lasts too long, while the reply is still being made."""
        async with aclosing(self._composer.sentences(self._composer.filler(language))) as items:
            async for item in items:
                if self._playback.busy:
                    return  # the reply has just begun; a filler after its first sentence would make no sense
                self._tell(item)
                if isinstance(item, Sentence):
                    await self._say_sentence(item, None)

    async def run(self) -> None:
        """Say what is added, until cancelled."""
        while True:
            reply = await self._next()
            self._turn = reply.turn
            self._current = asyncio.get_running_loop().create_task(self._say(reply))
            try:
                spoken = await self._current
            except asyncio.CancelledError:
                this = asyncio.current_task()
                if this is not None and this.cancelling():
                    raise  # the conversation is being left, not the reply cut
                continue
            finally:
                self._current = None
            self._on_done(spoken, reply.decision)

    async def _next(self) -> _Reply:
        """The next reply, once the patient is silent or it cannot wait for that any longer."""
        while True:
            left = self._waiting[0].due - self._clock.now() if self._waiting else math.inf
            if self._waiting and (self._floor_free or left < _INSTANT_S):
                return self._waiting.popleft()
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left if left < math.inf else None):
                    await self._changed.wait()

    async def _say(self, reply: _Reply) -> tuple[Spoken, ...]:
        for effect in reply.decision.effects:
            if isinstance(effect, Say | Answer):
                async with aclosing(self._composer.sentences(effect)) as items:
                    async for item in items:
                        self._tell(item)
                        if isinstance(item, Sentence):
                            await self._say_sentence(item, reply.turn)
        try:
            return await self._playback.finish()
        except HardwareError as error:
            self._tell(Fault(error.code, "trouble_device"))
            return self._playback.interrupt()

    async def _say_sentence(self, sentence: Sentence, turn: TurnClock | None) -> None:
        """A sentence that cannot be sounded is still on the display; the reply goes on."""
        if turn is not None:
            turn.mark("compose", self._clock.now())
        try:
            await self._playback.say(sentence)
        except (SynthesizerError, HardwareError) as error:
            self._tell(Fault(error.code, "trouble_device"))


def ends(decision: Decision) -> bool:
    """Whether the conversation is over once `decision` was said."""
    return any(isinstance(effect, End) for effect in decision.effects)
