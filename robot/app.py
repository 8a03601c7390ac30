"""The composition root: from a configuration to a conversation, every part replaceable by name or by object."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialogs import loader as dialog_files
from dialogs.hazards import Hazards, load_hazards
from dialogs.never import NeverList, load_never
from dialogs.redflags import RedFlags, load_redflags
from hardware.factory import CLOCKS, DISPLAYS, MICROPHONES, NURSE_CALLS, SPEAKERS, Registry
from hardware.ports import Clock
from hardware.room import Room
from robot.blocking import Blocking
from robot.config import Config
from robot.conversation import Conversation, Observer, Parts
from robot.errors import ConfigurationError
from robot.events import Language, Rung
from robot.hear.listen import Listener
from robot.records.patient import ADULT, Patient, active_hazards
from robot.records.patient_file import load_patient
from robot.speak.split import SentenceSplitter
from robot.stages import Decider, Generator, Guard, Retriever
from robot.think.chart import Chart
from robot.think.compose import Composer
from robot.think.decide import DialogMachine
from robot.think.embed import Embedder
from robot.think.embedders.recent import RecentVectors
from robot.think.generators.passage import PassageGenerator
from robot.think.generators.shelf import ModelShelf
from robot.think.guard import SentenceGuard
from robot.think.lock import EvidenceLock
from robot.think.retrieve import PassageRetriever
from robot.think.screen import RedFlagScreen
from robot.think.understand import Understanding

DETECTORS = Registry(
    "detector",
    "bedside.detectors",
    {"silero": "robot.hear.gate:gated_silero", "energy": "robot.hear.energy:EnergyDetector"},
)
RECOGNIZERS = Registry(
    "recognizer",
    "bedside.recognizers",
    {
        "pocketsphinx": "robot.hear.recognizers.pocketsphinx:PocketsphinxRecognizer",
        "whisper": "robot.hear.recognizers.whisper:WhisperRecognizer",
        "none": "robot.hear.recognizers.none:NoRecognizer",
    },
)
GENERATORS = Registry(
    "generator",
    "bedside.generators",
    {
        "passage": "robot.think.generators.passage:PassageGenerator",
        "transformers": "robot.think.generators.transformers:TransformersGenerator",
        "openai": "robot.think.generators.openai:OpenAIGenerator",
    },
)
EMBEDDERS = Registry(
    "embedder",
    "bedside.embedders",
    {
        "bert": "robot.think.embedders.bert:BertEmbedder",
        "transformers": "robot.think.embedders.transformers:TransformersEmbedder",
    },
)
SYNTHESIZERS = Registry(
    "synthesizer",
    "bedside.synthesizers",
    {
        "espeak": "robot.speak.synthesizers.espeak:EspeakSynthesizer",
        "pyttsx3": "robot.speak.synthesizers.pyttsx3:Pyttsx3Synthesizer",
    },
)

PARTS = frozenset(
    {"clock", "room", "microphone", "speaker", "display", "nurse_call", "detector", "recognizer", "decider", "guard"}
    | {"retriever", "generator", "synthesizer"}
)
"""The names under which `build` takes an object instead of making one."""


_OLDER = 65
"""Years from which the guidelines speak of older adults."""


@dataclass(frozen=True)
class Content:
    """What all conversations of a process share: the dialogs and what was compiled from them, and loaded models.

    Immutable but for the shelf, which loads a model when the first conversation asks for it.
    """

    dialogs: dialog_files.Dialogs
    chart: Chart
    understanding: Understanding
    redflags: RedFlags
    screen: RedFlagScreen
    retriever: PassageRetriever
    never: NeverList
    hazards: Hazards
    shelf: ModelShelf = field(default_factory=ModelShelf)

    @property
    def embeds(self) -> bool:
        """True when a search computes with a network, which takes too long for the event loop."""
        return self.retriever.embeds

    @property
    def persona(self) -> dict[Language, str]:
        """What a generating model is told first, by language."""
        system = self.dialogs.persona.system
        return {"en": system.en, "zh": system.zh}

    @property
    def wordings(self) -> list[str]:
        """English sentences that patients are expected to say; recognizers may lean towards them."""
        intents = [example for intent in self.dialogs.intents.intents.values() for example in intent.en.examples]
        alarms = [example for flag in self.redflags.flags.values() for example in flag.en.examples]
        return intents + alarms + [question for passage in self.dialogs.passages for question in passage.questions.en]


def make_embedder(config: Config) -> Embedder | None:
    """The configured embedder; None when texts are searched by their words alone. Raises HardwareError, ModelError."""
    chosen = config.embedder
    if chosen.engine == "none":
        return None
    embedder: Embedder = EMBEDDERS.create(chosen.engine, chosen.options)
    return embedder


def load_configured(config: Config) -> Content:
    """The dialogs folder of `config`, searched as it says. Raises ContentError, HardwareError, ModelError."""
    return load_content(config.dialogs, make_embedder(config))


def load_content(folder: Path | None = None, embedder: Embedder | None = None) -> Content:
    """Read and compile a dialogs folder (default: the one that ships). Raises ContentError.

    Without an embedder the passages are searched by their words alone.
    """
    folder = folder or dialog_files.HERE
    dialogs = dialog_files.load(folder)
    redflags = load_redflags(folder / "redflags.yaml")
    return Content(
        dialogs=dialogs,
        chart=Chart(dialogs),
        understanding=Understanding(dialogs.intents),
        redflags=redflags,
        screen=RedFlagScreen(redflags),
        retriever=PassageRetriever(dialogs.passages, RecentVectors(embedder) if embedder else None),
        never=load_never(folder / "never.yaml"),
        hazards=load_hazards(folder / "hazards.yaml"),
    )


def build(
    config: Config, content: Content | None = None, *, observers: tuple[Observer, ...] = (), **parts: Any
) -> Conversation:
    """A conversation from `config`; `parts` (see `PARTS`) take the place of what would be built.

    `content` is shared by many conversations when given. Nothing is opened until the conversation is entered.
    Raises ConfigurationError, ContentError, HardwareError, ModelError.
    """
    if unknown := sorted(set(parts) - PARTS):
        raise ConfigurationError("part_unknown", f"There is no part '{unknown[0]}'.", f"Known: {', '.join(PARTS)}.")
    content = content or load_configured(config)
    clock: Clock = parts.get("clock") or CLOCKS.create(config.clock, {})
    blocking = Blocking(inline=clock.virtual)
    room = parts.get("room") or Room(clock, **config.room.model_dump())
    given = {"clock": clock, "room": room, "blocking": blocking, "biased_texts": content.wordings}
    given |= _for_generators(content) | {"beside": not clock.virtual}

    def device(registry: Registry) -> Any:
        chosen = getattr(config, registry.kind)
        return parts.get(registry.kind) or registry.create(chosen.driver, chosen.options, **given)

    def engine(registry: Registry) -> Any:
        chosen = getattr(config, registry.kind)
        return parts.get(registry.kind) or registry.create(chosen.engine, chosen.options, **given)

    recognizer, synthesizer = engine(RECOGNIZERS), engine(SYNTHESIZERS)
    patient = load_patient(config.patient) if config.patient else Patient()
    hazards = _hazards(patient, content)
    retriever = parts.get("retriever") or _fitting(content, patient)
    decider = parts.get("decider") or _decider(config, content, hazards, retriever=retriever, session=_session(clock))
    search = blocking.strand("retriever")

    async def close_engines() -> None:
        for part in (recognizer, synthesizer):
            if (close := getattr(part, "close", None)) is not None:
                await close()
        blocking.close()

    return Conversation(
        Parts(
            clock=clock,
            microphone=device(MICROPHONES),
            speaker=device(SPEAKERS),
            display=device(DISPLAYS),
            nurse_call=device(NURSE_CALLS),
            listener=Listener(engine(DETECTORS), config.endpointing),
            recognizer=recognizer,
            decider=decider,
            off_loop=search.run if content.embeds else None,
            composer=_composer(
                config, content, hazards, engine(GENERATORS), guard=parts.get("guard"), above="generator" in parts
            ),
            synthesizer=synthesizer,
            bed=config.bed,
            language=config.language,
            dead_air_s=config.dead_air_s,
            recognizer_limit_s=config.recognizer.limit_s,
            close_engines=close_engines,
        ),
        observers,
    )


def build_thinking(
    config: Config, content: Content, *, patient: Patient | None, clock: Clock
) -> tuple[Decider, Composer, Callable[[], Coroutine[Any, Any, None]]]:
    """The decider and the composer alone, for text: what `bedside ask` runs on. The third closes what they hold."""
    blocking = Blocking(inline=clock.virtual)
    patient = patient or (load_patient(config.patient) if config.patient else Patient())
    hazards = _hazards(patient, content)
    chosen = config.generator
    given = {"clock": clock, "blocking": blocking, **_for_generators(content)}
    generator = GENERATORS.create(chosen.engine, chosen.options, **given)

    async def close() -> None:
        blocking.close()

    start = content.dialogs.everywhere.menu
    decider = _decider(config, content, hazards, retriever=_fitting(content, patient), start=start)
    return decider, _composer(config, content, hazards, generator), close


def _for_generators(content: Content) -> dict[str, Any]:
    """What an engine that writes answers may ask for by name."""

    def make_lock(tokenizer: Any) -> EvidenceLock:
        return EvidenceLock(tokenizer, content.never.units)

    return {"persona": content.persona, "shelf": content.shelf, "make_lock": make_lock}


def _session(clock: Clock) -> str:
    """What the ids of this visit's nurse calls begin with: no two visits share one, but a simulated one repeats."""
    return "visit" if clock.virtual else f"visit-{uuid.uuid4().hex[:12]}"


def _hazards(patient: Patient, content: Content) -> frozenset[str]:
    return active_hazards(patient, content.hazards)


def _fitting(content: Content, patient: Patient) -> Retriever:
    """Prefers what is meant for people like the patient, where the age is known."""
    if patient.age is None:
        return content.retriever
    groups = {"children": patient.age < ADULT, "older_adults": patient.age >= _OLDER, "pregnancy": patient.pregnant}
    return content.retriever.preferring([group for group, belongs in groups.items() if belongs])


def _decider(
    config: Config,
    content: Content,
    hazards: frozenset[str],
    *,
    retriever: Retriever,
    session: str = "ask",
    start: str | None = None,
) -> Decider:
    return DialogMachine(
        content.dialogs,
        content.chart,
        content.understanding,
        content.screen,
        retriever,
        hazards=hazards,
        language=config.language,
        session=session,
        start=start,
    )


def _composer(
    config: Config,
    content: Content,
    hazards: frozenset[str],
    generator: Generator,
    *,
    guard: Guard | None = None,
    above: bool = False,
) -> Composer:
    """The configured generator, then the reviewed passage; the fixed phrase is the composer's own last rung.

    `above`: the generator is an object that somebody gave, and stands above the passage whatever is configured.
    """
    ladder: list[tuple[Rung, Generator]] = [("passage", PassageGenerator())]
    if above or config.generator.engine != "passage":
        ladder.insert(0, ("gpt", generator))
    guard = guard or SentenceGuard(content.never, hazards)
    return Composer(ladder, guard, SentenceSplitter, content.dialogs.phrases, deadline_s=config.generator.deadline_s)
