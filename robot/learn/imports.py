"""Files of others to learn from: JSON lines with a question and an answer each, as MedQuAD has them.

They stay outside the repository; who trains a model names them, with their licence, in the configuration.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robot.errors import InputError
from robot.learn.clean import ALLOWED_LICENCES, Cleaned, CleanText, SourceText, clean
from robot.learn.draft import Draft, Voice, how_many_others, ordered
from robot.learn.grammar import joined
from robot.learn.record import Split
from robot.learn.split import SHARES, bucket

_ADVICE = 'Each line is a JSON object with the texts "id", "question" and "answer".'


@dataclass(frozen=True)
class ImportedFile:
    """JSON lines with `id`, `question`, `answer` and, where there is one, `focus` (what it is about) and `source`."""

    path: Path
    licence: str


def read_imports(files: Sequence[ImportedFile], licences: Sequence[str] = ALLOWED_LICENCES) -> Cleaned:
    """What may be learned from all `files` together. Raises InputError naming file and line."""
    return clean((text for file in files for text in read_file(file)), licences)


def read_file(file: ImportedFile) -> Iterator[SourceText]:
    """The texts of one file, in order. Raises InputError: unreadable, a wrong line, or nothing in it."""
    empty = True
    try:
        with file.path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _text(line, number, file)
                    empty = False
    except FileNotFoundError:
        raise InputError("file_missing", f"{file.path}: there is no such file.", "Check the path.") from None
    except (OSError, UnicodeDecodeError):
        raise InputError("file_unreadable", f"{file.path} cannot be read as UTF-8 text.", "Check the file.") from None
    if empty:
        raise InputError("import_empty", f"{file.path}: there is nothing in it.", _ADVICE)


def _text(line: str, number: int, file: ImportedFile) -> SourceText:
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError("import_invalid", f"{file.path}:{number}: not JSON.", _ADVICE) from None
    if not isinstance(data, dict):
        raise InputError("import_invalid", f"{file.path}:{number}: not an object.", _ADVICE)
    for key in ("id", "question", "answer"):
        if not isinstance(data.get(key), str):
            raise InputError("import_invalid", f"{file.path}:{number}: {key}: a text is expected.", _ADVICE)
    focus, source = data.get("focus"), data.get("source")
    return SourceText(
        data["id"],
        data["question"],
        data["answer"],
        focus if isinstance(focus, str) else "",
        source if isinstance(source, str) else file.path.stem,
        file.licence,
    )


class FromImports:
    """Makes English turns about imported texts; what a text is about decides its split."""

    def __init__(self, voice: Voice, texts: Sequence[CleanText]) -> None:
        self._voice = voice
        self._pools: dict[Split, list[CleanText]] = {split: [] for split in SHARES}
        for text in texts:
            self._pools[_split(text)].append(text)

    def answered(self, rng: random.Random, split: Split) -> tuple[Draft, str] | None:
        """A question, the beginning of its text as evidence, one or two sentences of it as answer; and the licence.

        None where no text belongs to `split`.
        """
        if not self._pools[split]:
            return None
        text = rng.choice(self._pools[split])
        question, frame = self._voice.ask(text.question, rng, split)
        sentences = text.sentences
        said = sentences if frame.wants == "long" else sentences[: rng.choice((1, 1, 2))]
        answer = self._voice.answers.framed(joined(said, "en"), frame.wants, rng)
        others = []
        if how_many_others(rng) and self._pools["train"]:
            other = rng.choice(self._pools["train"])
            if other.focus != text.focus:
                others.append(joined(other.sentences[:2], "en"))
        evidence = ordered(joined(sentences, "en"), others, rng)
        return Draft("imported", question, evidence, answer, f"{text.source} {text.id}"), text.licence


def _split(text: CleanText) -> Split:
    number = bucket(f"focus:{text.focus or text.id}")
    return "train" if number < 88 else ("validation", "test_wording", "test_passage")[number % 3]
