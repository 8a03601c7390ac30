"""The composition root: from a configuration to a conversation, every part replaceable by name or by object."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hardware.factory import CLOCKS, DISPLAYS, MICROPHONES, NURSE_CALLS, SPEAKERS, Registry
from hardware.ports import Clock
from hardware.room import Room
from robot.blocking import Blocking
from robot.config import Config
from robot.content import Content, load_configured
from robot.conversation import Conversation, Observer, Parts
from robot.engines import DETECTORS, GENERATORS, RECOGNIZERS, SYNTHESIZERS
from robot.errors import ConfigurationError
from robot.events import Rung
from robot.folders import data_folder
from robot.hear.listen import Listener
from robot.patient import ADULT, Patient, active_hazards
from robot.records.bed_notes import BedNotes
from robot.records.draft_book import DraftBook
from robot.records.patient_file import load_patient
from robot.speak.split import SentenceSplitter
from robot.stages import Decider, Generator, Guard, Notes, Retriever
from robot.think.compose import Composer
from robot.think.decide import DialogMachine
from robot.think.generators.model_folder import EMBEDDED, SHIPPED
from robot.think.generators.passage import PassageGenerator
from robot.think.guard import SentenceGuard
from robot.think.lock import EvidenceLock

PARTS = frozenset(
    {"clock", "room", "microphone", "speaker", "display", "nurse_call", "detector", "recognizer", "decider", "guard"}
    | {"retriever", "generator", "synthesizer", "notes"}
)
"""The names under which `build` takes an object instead of making one."""


_OLDER = 65
"""Years from which the guidelines speak of older adults."""


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
    if not content.retriever.embeds:
        content.warm()  # by words alone a turn is understood at once, and no thread looks ahead
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
    session = _session(clock)
    book = None if "notes" in parts else _book(config)
    notes: Notes | None = parts.get("notes")
    if book is not None:
        notes = BedNotes(book, config.bed, patient.name, session, clock.wall)
    decider = parts.get("decider") or _decider(
        config, content, patient, retriever=retriever, clock=clock, session=session, keeps_notes=notes is not None
    )
    search = blocking.strand("retriever")

    async def close_engines() -> None:
        for part in (recognizer, synthesizer):
            if (close := getattr(part, "close", None)) is not None:
                await close()
        if book is not None:
            book.close()
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
            off_loop=search.run if content.retriever.embeds else None,
            composer=_composer(
                config,
                content,
                _ladder(config, given, parts.get("generator")),
                parts.get("guard") or SentenceGuard(content.never, hazards, claims=content.claims),
            ),
            synthesizer=synthesizer,
            notes=notes,
            bed=config.bed,
            language=config.language,
            dead_air_s=config.dead_air_s,
            recognizer_limit_s=config.recognizer.limit_s,
            close_engines=close_engines,
        ),
        observers,
    )


def build_thinking(
    config: Config, content: Content, *, patient: Patient | None, clock: Clock, start: str | None = None
) -> tuple[Decider, Composer, Callable[[], Coroutine[Any, Any, None]]]:
    """The decider and the composer alone, for text: what `bedside ask` runs on. The third closes what they hold."""
    blocking = Blocking(inline=clock.virtual)
    patient = patient or (load_patient(config.patient) if config.patient else Patient())
    hazards = _hazards(patient, content)
    given = {"clock": clock, "blocking": blocking, **_for_generators(content)}
    guard = SentenceGuard(content.never, hazards, claims=content.claims)
    composer = _composer(config, content, _ladder(config, given), guard)

    async def close() -> None:
        blocking.close()

    start = start or content.dialogs.everywhere.menu
    decider = _decider(config, content, patient, retriever=_fitting(content, patient), clock=clock, start=start)
    return decider, composer, close


def _for_generators(content: Content) -> dict[str, Any]:
    """What an engine that writes answers may ask for by name."""

    def make_lock(tokenizer: Any) -> EvidenceLock:
        return EvidenceLock(tokenizer, content.never.units)

    return {"persona": content.persona, "shelf": content.shelf, "make_lock": make_lock}


def _session(clock: Clock) -> str:
    """What the ids of this visit's nurse calls begin with: no two visits share one, but a simulated one repeats."""
    return "visit" if clock.virtual else f"visit-{uuid.uuid4().hex[:12]}"


def _book(config: Config) -> DraftBook | None:
    """Where drafts are kept; None: nowhere. Raises RecordsError."""
    chosen = config.drafts
    if chosen.keep in (None, "nothing"):
        return None
    return DraftBook(None if chosen.keep == "visit" else drafts_folder(config))


def drafts_folder(config: Config) -> Path:
    """The folder of the encrypted drafts, and of their key."""
    return config.drafts.folder or data_folder() / "records"


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
    patient: Patient,
    *,
    retriever: Retriever,
    clock: Clock,
    session: str = "ask",
    start: str | None = None,
    keeps_notes: bool = False,
) -> Decider:
    return DialogMachine(
        content.dialogs,
        content.chart,
        content.interpreter,
        content.screen,
        retriever,
        deeds=content.deeds,
        mishearings=content.mishearings,
        patient=patient,
        hazards=_hazards(patient, content),
        language=config.language,
        session=session,
        start=start,
        keeps_notes=keeps_notes,
        wall=clock.wall,
    )


def _ladder(config: Config, given: dict[str, Any], own: Generator | None = None) -> list[tuple[Rung, Generator]]:
    """Who writes answers, best first; the fixed phrase is the composer's own last rung.

    The generator `own` that somebody gave, else the configured one; the GPT that ships, where another was chosen; the
    reviewed passage as written.
    """
    passage: tuple[Rung, Generator] = ("passage", PassageGenerator())
    if own is not None:
        return [("gpt", own), passage]
    chosen = config.generator
    if chosen.engine == "passage":
        return [passage]
    configured = GENERATORS.create(chosen.engine, chosen.options, **given)
    if chosen.engine in ("transformers", "openvino") and chosen.options.get("model", EMBEDDED) == EMBEDDED:
        return [("gpt", configured), passage]
    if not (SHIPPED / EMBEDDED).is_dir():
        return [("gpt", configured), passage]
    embedded = GENERATORS.create("transformers", {}, **given | {"beside": True})
    return [("gpt", configured), ("embedded", embedded), passage]


def _composer(config: Config, content: Content, ladder: list[tuple[Rung, Generator]], guard: Guard) -> Composer:
    return Composer(ladder, guard, SentenceSplitter, content.dialogs.phrases, deadline_s=config.generator.deadline_s)
