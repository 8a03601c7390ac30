"""The journal: every event of a conversation as a line of JSON, with monotonic and wall time.

No word of the patient, and nothing the robot repeated of it, is written unless `reveal` is on: sentences of the robot
that come from a phrase or a passage are named by its key and a digest of the text, transcripts by their length.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from hardware.ports import Clock
from robot.errors import InputError
from robot.events import (
    Adjust,
    Answer,
    CallNurse,
    Decision,
    DraftNote,
    End,
    Event,
    Interrupted,
    Remind,
    Say,
    Sensitive,
    Sentence,
    Spoken,
)

FORMAT = 1


class Journal:
    """An observer of a conversation that appends to a file. Lines are flushed, so a crash loses none."""

    def __init__(self, path: Path, clock: Clock, *, reveal: bool, about: dict[str, Any]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("w", encoding="utf-8")
        except OSError as error:
            raise InputError("journal_unwritable", f"{path}: {error.strerror}.", "Choose another place.") from None
        self._clock = clock
        self._reveal = reveal
        self.write("journal", {"format": FORMAT, "reveal": reveal, **about})

    def __call__(self, event: Event) -> None:
        self.write(_name(event), describe(event, reveal=self._reveal))

    def write(self, kind: str, fields: dict[str, Any]) -> None:
        """Append one line; `fields` must hold no word of the patient."""
        now = {"kind": kind, "at": round(self._clock.now(), 6), "wall": self._clock.wall().isoformat()}
        self._file.write(json.dumps(now | fields, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal. Raises InputError (`journal_unreadable`): missing, not a journal, another format.

    A last line that was cut off by a crash is left out.
    """
    try:
        # Not `splitlines`: Unicode knows more ends of a line than JSON. A cut may fall into the middle of a character.
        lines = path.read_bytes().decode("utf-8", errors="replace").removesuffix("\n").split("\n")
    except OSError as error:
        raise InputError("journal_unreadable", f"{path}: {error.strerror}.", "Give a journal.jsonl.") from None
    for number, line in enumerate(lines):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            if number == len(lines) - 1 and number > 0:
                return
            raise InputError("journal_unreadable", f"{path}:{number + 1}: not JSON.", "Give a journal.jsonl.") from None
        if number == 0 and not (isinstance(entry, dict) and entry.get("format") == FORMAT):
            raise InputError("journal_unreadable", f"{path}: not a journal of format {FORMAT}.", "Record a new one.")
        if not _is_entry(entry):
            raise InputError("journal_unreadable", f"{path}:{number + 1}: not an entry.", "Record a new one.")
        yield entry


def _is_entry(entry: object) -> bool:
    match entry:
        case {"kind": str(), "at": int() | float()}:
            return True
        case _:
            return False


def describe(event: Event, *, reveal: bool) -> dict[str, Any]:
    """What the journal keeps of an event."""
    match event:
        case Decision():
            kept = {
                field.name: getattr(event, field.name)
                for field in dataclasses.fields(event)
                if field.name not in ("effects", "timeout_s")
            }
            return kept | {"effects": [_effect(effect) for effect in event.effects], "nurse_call": event.nurse_call}
        case Sentence():
            return _sentence(event, reveal)
        case Spoken():
            whole = event.heard == event.sentence.text
            return {"topic": event.sentence.topic, "whole": whole, "heard_characters": len(event.heard)}
        case Interrupted():
            return {"heard": [describe(spoken, reveal=reveal) for spoken in event.heard]}
        case _:
            return {field.name: _value(getattr(event, field.name), reveal) for field in dataclasses.fields(event)}


def digest(text: str) -> str:
    """A short fingerprint of a sentence: equal for equal text, and nothing else can be read from it."""
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def _effect(effect: object) -> dict[str, Any]:
    match effect:
        case Say():
            return {"say": [sentence.topic for sentence in effect.sentences]}
        case Answer():
            return {"answer": [passage.id for passage in effect.evidence]}
        case CallNurse():
            return {"call_nurse": effect.reason, "urgency": effect.urgency, "to": effect.escalation}
        case DraftNote():
            return {"draft": effect.kind, "urgency": effect.urgency, "codes": len(effect.codes)}
        case Remind():
            return {"remind_in_s": round(effect.after_s)}
        case Adjust():
            return {"pace": effect.pace, "volume": effect.volume}
        case End():
            return {"end": True}
        case _:
            raise TypeError(f"not an effect: {type(effect).__name__}")


def _sentence(sentence: Sentence, reveal: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "topic": sentence.topic,
        "rung": sentence.rung,
        "language": sentence.language,
        "interruptible": sentence.interruptible,
        "sources": [source.id for source in sentence.sources],
        "digest": digest(sentence.text),
    }
    return kept | {"text": sentence.text} if reveal else kept


def _value(value: Any, reveal: bool) -> Any:
    if isinstance(value, Sensitive):
        return str(value) if reveal else {"characters": len(value)}
    if isinstance(value, tuple):
        if value and dataclasses.is_dataclass(value[0]) and not reveal:
            return len(value)
        return [_value(item, reveal) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _value(getattr(value, field.name), reveal) for field in dataclasses.fields(value)}
    return value


def _name(event: object) -> str:
    return type(event).__name__
