"""One turn of a conversation to learn from, and how it is written to a file: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from robot.errors import InputError
from robot.events import Language

Split = Literal["train", "validation", "test_wording", "test_passage"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class Record:
    """A question with its evidence, and the answer that the evidence gives; see `dialogs.prompt` for how it is read.

    `history` holds pairs of role ("patient", "robot") and text, oldest first. `evidence` holds one to three texts, the
    likeliest first. `passage` is the id of the passage that answers, None where no passage of ours does. `source` says
    where the words come from, `licence` under which terms.
    """

    id: str
    language: Language
    kind: str
    split: Split
    passage: str | None
    history: tuple[tuple[str, str], ...]
    question: str
    evidence: tuple[str, ...]
    answer: str
    licence: str
    source: str

    def to_json(self) -> str:
        """One line, without its end."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """What `to_json` wrote. Raises ValueError for anything else, without quoting it."""
        data: Any = json.loads(line)
        if not isinstance(data, dict) or data.keys() != cls.__dataclass_fields__.keys():
            raise ValueError("not a record: its keys are wrong")
        texts = ("id", "language", "kind", "split", "question", "answer", "licence", "source")
        if not all(isinstance(data[key], str) for key in texts) or data["split"] not in SPLITS:
            raise ValueError("not a record: a value is of the wrong kind")
        try:
            data["history"] = tuple((str(role), str(text)) for role, text in data["history"])
            data["evidence"] = tuple(str(text) for text in data["evidence"])
        except (TypeError, ValueError):
            raise ValueError("not a record: history or evidence is of the wrong kind") from None
        return cls(**data)


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file, in order. Raises InputError naming the line."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield Record.from_json(line)
                except ValueError as error:
                    problem = "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
                    raise InputError(
                        "corpus_invalid", f"{path}:{number}: {problem}.", "Make the corpus anew: run the stage again."
                    ) from None
    except (OSError, UnicodeDecodeError):
        raise InputError("file_unreadable", f"{path} cannot be read as UTF-8 text.", "Check the path.") from None
