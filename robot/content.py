"""What all conversations of a process share: the dialogs, what was compiled from them, and loaded models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialogs import loader as dialog_files
from dialogs.hazards import Hazards, load_hazards
from dialogs.labels import load_labels
from dialogs.never import NeverList, load_never
from dialogs.redflags import RedFlags, load_redflags
from dialogs.requests import load_requests
from dialogs.triage import load_triage
from robot.config import Config
from robot.engines import EMBEDDERS
from robot.events import Language
from robot.think.alarm_sense import AlarmSense
from robot.think.chart import Chart
from robot.think.claims import ClaimCheck
from robot.think.decline import RequestFilter
from robot.think.deeds.deed import Deed
from robot.think.deeds.make import make_deeds
from robot.think.embed import Embedder
from robot.think.embedders.recent import RecentVectors
from robot.think.entail import EmbeddingEntailment
from robot.think.everyday import everyday_talk, of_emergencies, without_emergencies
from robot.think.figures import FigureReader
from robot.think.generators.shelf import ModelShelf
from robot.think.guess import Guesser
from robot.think.interpret import Interpreter
from robot.think.mishearing import Mishearings
from robot.think.pharmacy import Pharmacy
from robot.think.phrasebook import Phrasebook
from robot.think.retrieve import PassageRetriever
from robot.think.screen import RedFlagScreen
from robot.think.triage.clinic import Clinic
from robot.think.understand import Understanding


@dataclass(frozen=True)
class Content:
    """What all conversations of a process share: the dialogs and what was compiled from them, and loaded models.

    Immutable but for what is made once somebody asks: the shelf loads models, and `claims` reads passages.
    """

    dialogs: dialog_files.Dialogs
    chart: Chart
    interpreter: Interpreter
    deeds: Mapping[str, Deed]
    clinic: Clinic
    pharmacy: Pharmacy
    requests: RequestFilter
    redflags: RedFlags
    screen: RedFlagScreen
    mishearings: Mishearings
    retriever: PassageRetriever
    never: NeverList
    hazards: Hazards
    claims: ClaimCheck
    shelf: ModelShelf = field(default_factory=ModelShelf)

    def warm(self) -> None:
        """Read, or learn, what the first words need; takes minutes for dialogs that nothing was learned from yet."""
        self.interpreter.prepare("")
        self.mishearings.prepare("")

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


def load_content(folder: Path | None = None, embedder: Embedder | None = None, *, cache: Path | None = None) -> Content:
    """Read and compile a dialogs folder (default: the one that ships). Raises ContentError.

    Without an embedder the passages are searched by their words alone. What is learned from a folder is kept in `cache`
    (default: the user's).
    """
    folder = folder or dialog_files.HERE
    dialogs = dialog_files.load(folder)
    redflags = load_redflags(folder / "redflags.yaml")
    never = load_never(folder / "never.yaml")
    vectors = RecentVectors(embedder) if embedder else None
    triage, labels = load_triage(folder / "triage"), load_labels(folder / "labels")
    asked = load_requests(folder / "requests.yaml")
    clinic, pharmacy, phrases = Clinic(triage), Pharmacy(labels), Phrasebook(dialogs.phrases)

    def everyday(language: Language) -> list[str]:
        talk = everyday_talk(language, passages=dialogs.passages, requests=asked, triage=triage, labels=labels)
        return [*talk, *of_emergencies(language, redflags)]

    def calm(language: Language) -> list[str]:
        return without_emergencies(
            language, passages=dialogs.passages, intents=dialogs.intents, requests=asked, triage=triage
        )

    screen = RedFlagScreen(redflags)
    requests = RequestFilter(asked, everyday, vectors, cache)
    retriever = PassageRetriever(dialogs.passages, vectors, cache)
    return Content(
        dialogs=dialogs,
        chart=Chart(dialogs),
        interpreter=Interpreter(
            Understanding(dialogs.intents),
            clinic,
            pharmacy,
            requests=requests,
            guesser=Guesser(dialogs.intents, vectors, cache),
            commands=[name for name, intent in dialogs.intents.intents.items() if intent.command],
        ),
        deeds=make_deeds(phrases, clinic, pharmacy, retriever.passages),
        clinic=clinic,
        pharmacy=pharmacy,
        requests=requests,
        redflags=redflags,
        screen=screen,
        mishearings=Mishearings(redflags, screen, AlarmSense(redflags, calm, vectors, cache)),
        retriever=retriever,
        never=never,
        hazards=load_hazards(folder / "hazards.yaml"),
        claims=ClaimCheck(FigureReader(never.units), entails=EmbeddingEntailment(vectors) if vectors else None),
    )
