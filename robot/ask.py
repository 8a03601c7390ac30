"""`bedside ask`: one text turn through the same decider, composer and guard as a spoken one, without a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardware.clock import SystemClock
from robot.app import build_thinking
from robot.config import Config
from robot.content import Content, load_configured
from robot.errors import InputError
from robot.events import Answer, Blocked, Decision, Fault, Language, Say, Sensitive, Sentence, Spoken, Transcript
from robot.jsonl import answered_lines
from robot.patient import Patient
from robot.records.patient_file import load_patient, parse_patient

LONGEST = 100_000
"""Characters of one text. A longer one is refused, never cut: what is cut off may be the complaint."""


@dataclass(frozen=True)
class Asked:
    """One question: the text, and what is known of who asks."""

    text: str
    language: Language | None = None
    patient: Patient | None = None
    history: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Raises InputError (`text_too_long`)."""
        if max(len(text) for text in (self.text, *(text for _, text in self.history))) > LONGEST:
            raise InputError("text_too_long", f"A text has more than {LONGEST} characters.", "Ask in fewer words.")


class Asker:
    """Answers questions one by one; each stands alone, so nothing of one patient reaches the next."""

    def __init__(self, config: Config, content: Content | None = None) -> None:
        self._config = config
        self._content = content or load_configured(config)
        self._clock = SystemClock()

    def answer(self, asked: Asked) -> dict[str, Any]:
        """The answer object of the contract, without its id."""
        return self._clock.run(self._answer(asked))

    async def _answer(self, asked: Asked) -> dict[str, Any]:
        began = self._clock.now()
        config = self._config.model_copy(update={"language": asked.language or self._config.language})
        decider, composer, close = build_thinking(config, self._content, patient=asked.patient, clock=self._clock)
        try:
            for role, text in asked.history:
                if role == "robot":
                    sentence = Sentence(text, config.language, "history", "phrase")
                    decider.heard([Spoken(sentence, text, False)])
                elif (earlier := decider.decide(Transcript(Sensitive(text), config.language))) is not None:
                    composer.watch(earlier)
            decision = decider.decide(Transcript(Sensitive(asked.text), config.language))
            assert decision is not None, "final words are always decided"
            composer.watch(decision)
            sentences: list[Sentence] = []
            blocked: list[str] = []
            for effect in decision.effects:
                if isinstance(effect, Say | Answer):
                    async for item in composer.sentences(effect):
                        match item:
                            case Sentence():
                                sentences.append(item)
                            case Blocked():
                                blocked += item.rules
                            case Fault():
                                blocked.append(item.code)
        finally:
            await close()
        return _answer_object(decision, sentences, blocked, (self._clock.now() - began) * 1000)


def _answer_object(
    decision: Decision, sentences: list[Sentence], blocked: list[str], latency_ms: float
) -> dict[str, Any]:
    sources = {source.id: source for sentence in sentences for source in sentence.sources}
    best = min((sentence.rung for sentence in sentences), key=_RUNGS.index, default="phrase")
    joint = "" if decision.language == "zh" else " "
    return {
        "lang": decision.language,
        "intent": decision.intent,
        "state": decision.state,
        "urgency": decision.urgency,
        "red_flags": list(decision.red_flags),
        # A complaint that is said again in an emergency has a call already.
        "nurse_call": decision.nurse_call or decision.action == "escalate",
        "action": decision.action,
        "spoken": joint.join(sentence.text for sentence in sentences),
        "sources": [
            {"id": source.id, "title": source.title, "org": source.org, "year": source.year}
            for source in sources.values()
        ],
        "blocked": blocked,
        "rung": best,
        "latency_ms": round(latency_ms, 2),
    }


_RUNGS = ["gpt", "embedded", "passage", "phrase"]


def answer_lines(lines: Iterable[str], asker: Asker) -> Iterator[tuple[dict[str, Any], bool]]:
    """(answer object, whether it is an answer) for each line of JSON; a bad line gets an object with `error`."""
    return answered_lines(lines, lambda item, number: asker.answer(_asked(item, number)), 'Give {"id": …, "text": …}.')


def _asked(item: dict[str, Any], number: int) -> Asked:
    text, language = item.get("text"), item.get("lang")
    if not isinstance(text, str):
        raise InputError("line_invalid", f"Line {number}: 'text' must be a string.", "")
    if language not in (None, "en", "zh"):
        raise InputError("language_unknown", f"Line {number}: 'lang' must be en or zh.", "")
    return Asked(text, language, _patient(item.get("patient")), _history(item.get("history"), number))


def _patient(given: Any) -> Patient | None:
    if given is None:
        return None
    if not isinstance(given, str):
        return parse_patient(given)
    if "\0" in given:
        raise InputError("patient_unreadable", "'patient' is not the name of a file.", "Give a path or an object.")
    return load_patient(Path(given))


def _history(given: Any, number: int) -> tuple[tuple[str, str], ...]:
    """Earlier turns: objects with `role` (or `speaker`) and `text`, pairs, or plain strings of the patient."""
    if not isinstance(given, list | None):
        raise InputError("line_invalid", f"Line {number}: 'history' must be a list.", "")
    turns: list[tuple[str, str]] = []
    for turn in given or []:
        match turn:
            case str():
                turns.append(("patient", turn))
            case {"text": str(text), **rest}:
                turns.append((_role(rest.get("role", rest.get("speaker"))), text))
            case [str(role), str(text)]:
                turns.append((_role(role), text))
            case _:
                raise InputError("line_invalid", f"Line {number}: 'history' has a turn without text.", "")
    return tuple(turns)


def _role(given: object) -> str:
    return "robot" if given in ("robot", "assistant", "bedside", "bot", "system") else "patient"
