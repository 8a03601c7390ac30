"""A conversation with the shipped dialogs, and engines that cost nothing: what these tests look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dialogs.model import Expect, Scenario, Step
from hardware.audio import RATE, Samples
from hardware.clock import SimulatedClock
from hardware.ports import Clock
from hardware.room import Room
from hardware.simulated import SimulatedDisplay, SimulatedMicrophone, SimulatedNurseCall, SimulatedSpeaker
from robot.content import load_content
from robot.conversation import Conversation, Parts
from robot.evaluate.stubs import StubDetector, StubRecognizer, StubSynthesizer
from robot.events import Event, Language, Passage, Sentence, Source
from robot.hear.listen import Endpointing, Listener
from robot.simulate.scenario import ScriptedPatient
from robot.simulate.timeline import Timeline
from robot.speak.split import SentenceSplitter
from robot.think.compose import Composer
from robot.think.decide import DialogMachine
from robot.think.generators.passage import PassageGenerator
from robot.think.screen import RedFlag

CONTENT = load_content()
DIALOGS = CONTENT.dialogs


class ChestScreen:
    """Knows one red flag."""

    def screen(self, text: str, language: Language) -> tuple[RedFlag, ...]:
        at = text.lower().find("chest")
        return () if at < 0 else (RedFlag("chest_pain", "emergency", (at, at + 5)),)


class SaltRetriever:
    """Knows one thing."""

    def retrieve(self, query: str, language: Language, k: int = 3) -> list[tuple[Passage, float]]:
        if "salt" not in query.lower():
            return []
        source = Source("diet-salt-who", "Sodium intake", "WHO", 2012)
        text = "Adults should eat less than 5 g of salt a day. That is about one teaspoon. Most of it hides in bread."
        return [(Passage("diet-salt-who", "diet", "Salt", text, "en", source), 1.0)]


class OpenGuard:
    """Lets everything pass."""

    def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        return ()


def tone(seconds: float) -> Samples:
    """Something a `StubDetector` takes for a voice: no sample is zero."""
    wave = 3000 * np.sin(np.arange(int(seconds * RATE)) / 7) + 4000
    return wave.astype(np.int16)


def converse(
    clock: Clock, room: Room, texts: Sequence[str], *, observers: tuple[Callable[[Event], None], ...] = (), **parts: Any
) -> Conversation:
    """A conversation that hears `texts`, one an utterance, whatever sounds."""
    made: dict[str, Any] = {
        "clock": clock,
        "microphone": SimulatedMicrophone(room),
        "speaker": SimulatedSpeaker(room, rate=RATE),
        "display": SimulatedDisplay(),
        "nurse_call": SimulatedNurseCall(clock),
        "listener": Listener(StubDetector(), Endpointing()),
        "recognizer": StubRecognizer(texts or [""]),
        "decider": DialogMachine(
            DIALOGS, CONTENT.chart, CONTENT.interpreter, ChestScreen(), SaltRetriever(), deeds=CONTENT.deeds
        ),
        "composer": Composer([("passage", PassageGenerator())], OpenGuard(), SentenceSplitter, DIALOGS.phrases),
        "synthesizer": StubSynthesizer(ms_per_character=40),
    }
    return Conversation(Parts(**(made | parts)), observers)


SAYS = ("Hello.", "How much salt is too much in a day?", "Wait, please stop.", "I have a pain in my chest.")


def visit(*expects: Expect) -> tuple[Scenario, Timeline, ScriptedPatient, Room]:
    """A short visit on the simulated clock: hello, a question, an interruption, an emergency, staff, goodbye."""
    clock = SimulatedClock()
    steps = [Step(say=text) for text in SAYS]
    steps[2] = Step(say=SAYS[2], when="robot_speaking", pause_s=2.0)
    steps += [Step(do="staff_clears", when="nurse_acknowledged", pause_s=1.5), Step(say="Goodbye.")]
    for index, expect in enumerate(expects):
        steps[index] = steps[index].model_copy(update={"expect": expect})
    scenario = Scenario(title="A short visit", steps=steps)

    async def play() -> tuple[Scenario, Timeline, ScriptedPatient, Room]:
        room = Room(clock, noise_snr_db=None, echo_gain_db=None, record=True)
        timeline = Timeline(clock)
        conversation = converse(clock, room, [*SAYS, "Goodbye."], observers=(timeline,))
        patient = ScriptedPatient(scenario, DIALOGS.folder, conversation, room, voice=lambda _: tone(1.0))
        async with conversation:
            await patient.play()
        return scenario, timeline, patient, room

    return clock.run(play())
