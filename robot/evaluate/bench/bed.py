"""One bed of a bench: a conversation on stub devices, a patient who speaks in cycles, and a stopwatch.

Everything between the stubs is the robot that ships: content, listener, turns, dialog machine, guard, retriever.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np

from hardware.audio import RATE, Samples, frame_samples, silence
from hardware.ports import Clock
from hardware.room import Room
from robot.app import build
from robot.config import Config, Generation
from robot.content import Content
from robot.evaluate.stubs import (
    StubDetector,
    StubDisplay,
    StubGenerator,
    StubMicrophone,
    StubNurseCall,
    StubRecognizer,
    StubSpeaker,
    StubSynthesizer,
)
from robot.events import Event, Sentence, SpeechConfirmed, SpeechEnded
from robot.stages import VoiceActivityDetector

QUESTION = "How much salt is too much in a day?"
PIECE_S, PIECE_WORDS = 0.02, 4
"""The stub generator writes so many words in so many seconds, as a model does that many conversations share; the time
until a sentence is complete is its own and is taken off again."""
FRAME = frame_samples(RATE)
QUIET = silence(FRAME)
VOICE: Samples = np.full(FRAME, 2000, dtype=np.int16)
"""What `StubDetector` takes for a voice."""


def own_s(sentence: str) -> float:
    """How long the stub generator takes to write the first sentence of an answer, in seconds."""
    return PIECE_S * math.ceil(len(sentence.split(" ")) / PIECE_WORDS)


@dataclass(frozen=True)
class Ward:
    """What the beds of one bench share."""

    config: Config
    content: Content
    clock: Clock
    cycle: Sequence[Samples]
    """The frames of the patient, over and over: a question, then quiet."""
    ms_per_character: float
    detector: str = "stub"
    """`stub`, or an engine of the registry: a detector keeps a stream's state, so each bed has its own."""
    shared: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        shared = {
            "clock": self.clock,
            "room": Room(self.clock, echo_gain_db=None),
            "recognizer": StubRecognizer([QUESTION]),
            "generator": StubGenerator(clock=self.clock, piece_s=PIECE_S, words=PIECE_WORDS),
            "synthesizer": StubSynthesizer(self.ms_per_character),
            "display": StubDisplay(),
            "nurse_call": StubNurseCall(),
        }
        object.__setattr__(self, "shared", shared)

    def own_detector(self) -> VoiceActivityDetector:
        """A detector for one bed."""
        if self.detector == "stub":
            return StubDetector()
        from robot.engines import DETECTORS

        made: VoiceActivityDetector = DETECTORS.create(self.detector, {})
        return made


class Bed:
    """One patient and the robot at the bed.

    `added_ms`: from the end of the speech window to the first sound written, less the stub generator's own time.
    `barge_in_ms`: from the frame that made an interruption certain to a flushed speaker.
    """

    def __init__(self, ward: Ward, phase: int = 0) -> None:
        self._clock = ward.clock
        self._cycle = ward.cycle
        self._at = phase
        self._due = 0.0
        self._window_end: float | None = None
        self._confirmed: float | None = None
        self._own_s = 0.0
        self._ended: asyncio.Future[None] | None = None
        self.added_ms: list[float] = []
        self.barge_in_ms: list[float] = []
        self._microphone = StubMicrophone()
        self._speaker = StubSpeaker(self._on_write, self._on_flush)
        config = ward.config.model_copy(update={"generator": Generation(engine="stub")})
        self.conversation = build(
            config,
            ward.content,
            observers=(self._observe,),
            microphone=self._microphone,
            speaker=self._speaker,
            detector=ward.own_detector(),
            **ward.shared,
        )

    async def __aenter__(self) -> Self:
        await self.conversation.__aenter__()
        self._ended = asyncio.ensure_future(self.conversation.ended())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ended is not None:
            self._ended.cancel()
        await self.conversation.__aexit__(kind, error, trace)

    def step(self, due: float | None = None) -> None:
        """A frame of time passes. The frame was complete at `due` (on the clock; default: now).

        Raises what a defect raised in the conversation: a bench of a broken robot measures nothing.
        """
        if self._ended is not None and self._ended.done():
            self._ended.result()
        self._due = self._clock.now() if due is None else due
        if self._speaker.queued or self._speaker.reference.size:
            self._speaker.play()
        self._microphone.push(self._cycle[self._at])
        self._confirmed = None
        self._at = (self._at + 1) % len(self._cycle)

    def _observe(self, event: Event) -> None:
        if isinstance(event, SpeechEnded):
            self._window_end, self._own_s = self._due, 0.0
        elif isinstance(event, SpeechConfirmed):
            self._confirmed = self._due
        elif isinstance(event, Sentence) and self._window_end is not None and not self._own_s:
            self._own_s = own_s(event.text) if event.rung == "gpt" else 0.0

    def _on_write(self) -> None:
        if self._window_end is not None:
            self.added_ms.append((self._clock.now() - self._window_end - self._own_s) * 1000)
            self._window_end = None

    def _on_flush(self) -> None:
        if self._confirmed is not None:
            self.barge_in_ms.append((self._clock.now() - self._confirmed) * 1000)
            self._confirmed = None
