"""Records as token ids, and the plan of which of them make up each step of a training stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialogs import prompt
from dialogs.model import Persona
from dialogs.prompt import Language
from robot.learn.record import Record
from robot.think.generators.encode import encode, parts

Ids = NDArray[np.int64]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True)
class Example:
    """One turn: what follows the persona, up to and with the end token; the answer begins at `answer_at`."""

    language: Language
    ids: Ids
    answer_at: int


@dataclass(frozen=True)
class Examples:
    """The turns of a corpus, and the persona's tokens, which stand before each turn of their language."""

    openings: Mapping[Language, Ids]
    turns: Sequence[Example]


def texts_of(record: Record, system: str = "") -> tuple[str, ...]:
    """The turn in the parts that are encoded one by one: opening, said, asked, evidence, answer."""
    written = parts(system, record.history, record.question, record.evidence, record.language)
    return (*written, prompt.answer(record.answer, record.language))


def encode_records(records: Iterable[Record], persona: Persona, tokenizer: Any, window: int) -> Examples:
    """The records as examples; one that does not fit into `window` tokens beside the persona is left out."""
    systems: dict[Language, str] = {"en": persona.system.en, "zh": persona.system.zh}
    openings = {language: _ids(encode(tokenizer, [prompt.opening(systems[language])])) for language in LANGUAGES}
    known = list(records)
    columns = [
        _encode_all(tokenizer, column) for column in zip(*(texts_of(record)[1:] for record in known), strict=True)
    ]
    turns = []
    for record, *pieces in zip(known, *columns, strict=True):
        language = record.language
        before = [token for piece in pieces[:-1] for token in piece]
        ids = [*before, *pieces[-1], tokenizer.eos_token_id]
        if len(openings[language]) + len(ids) <= window:
            turns.append(Example(language, _ids(ids), len(before)))
    return Examples(openings, turns)


def plan_batches(turns: Sequence[Example], *, steps: int, batch_tokens: int, seed: int) -> list[Ids]:
    """For each step the indices of its turns: one language, similar lengths, at most `batch_tokens` with padding.

    Each turn comes once before any comes again; the order depends on the seed alone.
    """
    random = np.random.default_rng(seed)
    plan: list[Ids] = []
    while turns and len(plan) < steps:
        epoch = _epoch(turns, batch_tokens, random)
        plan += [epoch[place] for place in random.permutation(len(epoch))]
    return plan[:steps]


def _epoch(turns: Sequence[Example], batch_tokens: int, random: np.random.Generator) -> list[Ids]:
    by_language: dict[Language, list[int]] = defaultdict(list)
    for index in random.permutation(len(turns)):
        by_language[turns[index].language].append(int(index))
    batches = []
    for language in LANGUAGES:
        # Sorting by length is stable: turns of one length stay in the random order of this epoch.
        rows: list[int] = []
        for index in sorted(by_language[language], key=lambda index: len(turns[index].ids)):
            if rows and (len(rows) + 1) * len(turns[index].ids) > batch_tokens:
                batches.append(_ids(rows))
                rows = []
            rows.append(index)
        if rows:
            batches.append(_ids(rows))
    return batches


def _encode_all(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """As `encode` for each text alone, in one call."""
    found: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return found


def _ids(tokens: Sequence[int]) -> Ids:
    return np.asarray(tokens, dtype=np.int64)
