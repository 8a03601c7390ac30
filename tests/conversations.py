"""A conversation made of stub parts on the simulated clock, with a patient who makes sound in its room.

Dialogs, red flags, turns, composer, playback and devices are the real ones; the recognizer knows its words beforehand,
the voice is a tone. Time is virtual, so every visit runs through the same instants each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np

from hardware.audio import RATE, Samples
from hardware.clock import SimulatedClock
from hardware.ports import Clock
from hardware.room import Recording, Room
from hardware.simulated import SimulatedDisplay, SimulatedMicrophone, SimulatedNurseCall, SimulatedSpeaker
from robot.content import Content, load_content
from robot.conversation import Conversation, Parts
from robot.evaluate.stubs import StubDetector, StubRecognizer, StubSynthesizer
from robot.events import (
    Answer,
    Decision,
    Event,
    Language,
    Passage,
    Sentence,
    Source,
    Spoken,
    Transcript,
)
from robot.hear.listen import Endpointing, Listener
from robot.speak.split import SentenceSplitter
from robot.stages import Generator, Recognizer, Synthesizer
from robot.think.compose import Composer
from robot.think.decide import DialogMachine
from robot.think.generators.passage import PassageGenerator
from robot.think.understand import plain

E = TypeVar("E")

SALT = "how much salt can i eat in a day"
"""A question of the knowledge base; its passage is `diet-salt-who`."""


@cache
def shared() -> Content:
    """The dialogs that ship, read and compiled once for all tests; no embedder."""
    content = load_content()
    content.warm()
    return content


class ListedQuestions:
    """Finds the passage under whose questions the query stands word for word; nothing else."""

    @staticmethod
    @cache
    def _by_question() -> dict[tuple[str, Language], Passage]:
        listed: dict[tuple[str, Language], Passage] = {}
        for text in shared().dialogs.passages:
            for language, questions in (("en", text.questions.en), ("zh", text.questions.zh)):
                for question in questions:
                    listed[plain(question), language] = passage(text.id, language)  # type: ignore[index, arg-type]
        return listed

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        found = self._by_question().get((plain(query), language))
        return [(found, 1.0)] if found else []


@cache
def passage(identity: str, language: Language = "en") -> Passage:
    """A passage of the knowledge base as a retriever hands it out."""
    text = next(text for text in shared().dialogs.passages if text.id == identity)
    title, words = (text.title.zh, text.text.zh) if language == "zh" else (text.title.en, text.text.en)
    source = Source(text.id, title, text.source.org, text.source.year)
    return Passage(text.id, text.topic, title, words, language, source, frozenset(text.never_if))


class Rules:
    """A guard that forbids the topics and rungs it was given, and anything that holds the words it was given."""

    def __init__(self, *, topics: Sequence[str] = (), rungs: Sequence[str] = (), words: Sequence[str] = ()) -> None:
        self._topics, self._rungs, self._words = topics, rungs, words
        self.checked: list[Sentence] = []

    def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        self.checked.append(sentence)
        found = [f"topic:{topic}" for topic in self._topics if topic == sentence.topic]
        found += [f"rung:{rung}" for rung in self._rungs if rung == sentence.rung]
        return (*found, *(f"word:{word}" for word in self._words if word in sentence.text))


def machine(**options: Any) -> DialogMachine:
    """A dialog machine on the shipped dialogs; `options` are its keyword arguments."""
    content = shared()
    retriever = options.pop("retriever", None) or ListedQuestions()
    return DialogMachine(
        content.dialogs,
        content.chart,
        content.interpreter,
        content.screen,
        retriever,
        deeds=content.deeds,
        mishearings=options.pop("mishearings", content.mishearings),
        **options,
    )


def voice(seconds: float, level: int = 2000) -> Samples:
    """The sound of somebody speaking, as the stub detector takes it."""
    sound = np.full(round(seconds * RATE), level, dtype=np.int16)
    sound[1::2] = -level
    return sound


@dataclass
class Visit:
    """A conversation, what it is made of, and what it told, each event with the room's frame at that moment."""

    conversation: Conversation
    clock: Clock
    room: Room
    speaker: SimulatedSpeaker
    nurse: SimulatedNurseCall
    display: SimulatedDisplay
    decider: DialogMachine
    told: list[tuple[int, Event]] = field(default_factory=list)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for _, event in self.told if isinstance(event, kind)]

    def frame_of(self, kind: type[Event], number: int = -1) -> int:
        """The frame in which the event of a kind was told (default: the last of the kind)."""
        return [frame for frame, event in self.told if isinstance(event, kind)][number]

    @property
    def topics(self) -> list[str]:
        """What the sentences came from that reached the mouth, in order."""
        return [sentence.topic for sentence in self.of(Sentence)]

    @property
    def heard(self) -> str:
        """Everything that the patient heard to its end or cut, in order."""
        pieces: list[Spoken] = []
        for _, event in self.told:
            if isinstance(event, Spoken):
                pieces.append(event)
            elif type(event).__name__ == "Interrupted":
                pieces += event.heard  # type: ignore[union-attr]
        return " ".join(piece.heard for piece in pieces if piece.heard)

    @property
    def recording(self) -> Recording:
        assert self.room.recording is not None
        return self.room.recording

    def sounding(self, start: int, stop: int | None = None) -> bool:
        """Whether the robot made a sound in these frames."""
        return any(bool(block.any()) for block in self.recording.robot[start:stop])

    async def until(self, condition: Callable[[], bool], at_most_s: float = 60.0) -> None:
        """Let the time run until `condition` holds. Raises AssertionError when it does not come true."""
        for _ in range(round(at_most_s / 0.02)):
            if condition():
                return
            await self.clock.sleep(0.02)
        raise AssertionError(f"did not come true in {at_most_s} s; told last: {[e for _, e in self.told[-5:]]}")

    async def settled(self, at_most_s: float = 60.0) -> None:
        """Until nobody speaks or has anything left to say."""
        await self.until(lambda: self.conversation.settled, at_most_s)

    async def say(self, seconds: float = 1.0, level: int = 2000) -> None:
        """The patient makes sound for so long, then is silent until the robot has answered."""
        await self.speak(seconds, level)
        await self.clock.sleep(1.0)
        await self.settled()

    async def speak(self, seconds: float = 1.0, level: int = 2000) -> None:
        """The patient makes sound for so long."""
        await self.clock.sleep(self.room.speak(voice(seconds, level)))

    async def greeted(self) -> None:
        """The greeting was heard, and consent was given by text."""
        await self.settled()
        self.conversation.hear_text("yes")
        await self.settled()

    def decisions(self) -> list[str]:
        return [decision.intent for decision in self.of(Decision)]

    def transcripts(self) -> list[str]:
        return [str(transcript.text) for transcript in self.of(Transcript)]


def visit(
    *texts: str,
    clock: Clock | None = None,
    recognizer: Recognizer | None = None,
    synthesizer: Synthesizer | None = None,
    generators: Sequence[tuple[Any, Generator]] = (),
    guard: Rules | None = None,
    nurse: dict[str, Any] | None = None,
    policy: Endpointing | None = None,
    echo_gain_db: float | None = None,
    partial_s: float = 0.0,
    ms_per_character: float = 20.0,
    hazards: frozenset[str] = frozenset(),
    language: Language = "en",
    **changes: Any,
) -> Visit:
    """A visit in which the patient says `texts`, one an utterance; `changes` go into the conversation's parts."""
    clock = clock or SimulatedClock()
    room = Room(clock, echo_gain_db=echo_gain_db, record=True)
    content = shared()
    decider = machine(hazards=hazards, language=language)
    ladder: list[tuple[Any, Generator]] = [*generators, ("passage", PassageGenerator())]
    speaker = SimulatedSpeaker(room, rate=RATE)
    parts = Parts(
        clock=clock,
        microphone=SimulatedMicrophone(room),
        speaker=speaker,
        display=SimulatedDisplay(),
        nurse_call=SimulatedNurseCall(clock, **(nurse or {})),
        listener=Listener(StubDetector(), policy or Endpointing()),
        recognizer=recognizer or StubRecognizer(texts or ("",), partial_s),
        decider=decider,
        composer=Composer(ladder, guard or Rules(), SentenceSplitter, content.dialogs.phrases),
        synthesizer=synthesizer or StubSynthesizer(ms_per_character),
        language=language,
    )
    conversation = Conversation(replace(parts, **changes))
    made = conversation.parts
    assert isinstance(made.nurse_call, SimulatedNurseCall)
    assert isinstance(made.display, SimulatedDisplay)
    result = Visit(conversation, clock, room, speaker, made.nurse_call, made.display, decider)
    conversation.observe(lambda event: result.told.append((room.frame, event)))
    return result


def play(made: Visit, script: Callable[[Visit], Awaitable[None]]) -> Visit:
    """Run `script` in the open conversation on its clock; afterwards no task may be left."""

    async def main() -> None:
        async with made.conversation:
            await script(made)
        left = asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]
        assert not left, f"tasks left behind: {left}"

    made.clock.run(main())
    return made


class Hanging:
    """A generator that says `pieces` and then nothing more."""

    name = "hanging"

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.closed = 0

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        try:
            for piece in self._pieces:
                yield piece
            await asyncio.sleep(3600)
        finally:
            self.closed += 1
