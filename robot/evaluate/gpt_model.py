"""A saved language model on held-out records: its greedy answers, and how surprised it is by the right ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dialogs.model import Persona
from dialogs.never import Unit
from robot.errors import GeneratorError
from robot.events import Language
from robot.learn.examples import Examples, encode_records
from robot.learn.loss import loss_of
from robot.learn.model import load_model, load_tokenizer
from robot.learn.record import Record
from robot.learn.where import device
from robot.speak.split import SentenceSplitter
from robot.think.generators.copying import KEY as COPYING
from robot.think.generators.copying import Copier
from robot.think.generators.encode import encode, parts
from robot.think.generators.linear import replace_linears
from robot.think.generators.model import ACCEPTED
from robot.think.generators.steering import Steering
from robot.think.lock import EvidenceLock

_TOGETHER = 16


class GptModel:
    """The model in `folder` as it writes at the bedside: locked to the evidence and helped to copy from it.

    In the precision that its configuration says was accepted, else in single precision; `change` makes another form.
    `copying` is the bonus for copying; None: that of its configuration.

    Raises ModelError (`model_missing`, `model_broken`).
    """

    def __init__(
        self,
        folder: Path,
        persona: Persona,
        units: Mapping[str, Unit],
        *,
        change: Callable[[Any], Any] | None = None,
        copying: float | None = None,
    ) -> None:
        self._tokenizer = load_tokenizer(folder)
        self._lock = EvidenceLock(self._tokenizer, units)
        model = load_model(folder).to(device()).eval()
        if getattr(model.config, ACCEPTED, "fp32") == "int8":
            replace_linears(model, "int8")
        self._model = change(model) if change else model
        bonus = float(getattr(model.config, COPYING, 0.0)) if copying is None else copying
        self._copier = Copier(self._tokenizer, bonus) if bonus else None
        self._persona = persona
        self._window = int(getattr(model.config, "max_position_embeddings", 0) or 2048)

    def perplexity(self, records: Sequence[Record]) -> float | None:
        """Of the answers, each token of which counts once; None without records."""
        import torch

        examples = encode_records(records, self._persona, self._tokenizer, self._window)
        total, counted = 0.0, 0
        with torch.inference_mode():
            for rows in _batches(examples):
                tokens = sum(len(row.ids) - row.answer_at for row in rows)
                total += tokens * float(loss_of(self._model, examples, rows, answer_only=True, where=device()))
                counted += tokens
        return round(math.exp(min(50.0, total / counted)), 4) if counted else None

    def replies(
        self, records: Sequence[Record], max_tokens: int, step: Callable[[int, int], None] | None = None
    ) -> list[str]:
        """The greedy answers, one to each record; `step` is told how many are done."""
        prompts = [self._prompt(record)[-(self._window - max_tokens) :] for record in records]
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        replies = [""] * len(prompts)
        for start in range(0, len(order), _TOGETHER):
            chosen = order[start : start + _TOGETHER]
            writers = [self._writer(records[index]) for index in chosen]
            made_all = self._generate([prompts[index] for index in chosen], writers, max_tokens)
            for index, made, writer in zip(chosen, made_all, writers, strict=True):
                reply = self._tokenizer.decode(made, skip_special_tokens=True).partition("\n")[0].strip()
                replies[index] = _whole_sentences(reply, records[index].language) if writer.stopped else reply
            if step:
                step(start + len(chosen), len(order))
        return replies

    def _prompt(self, record: Record) -> list[int]:
        systems: dict[Language, str] = {"en": self._persona.system.en, "zh": self._persona.system.zh}
        system = systems[record.language]
        return encode(self._tokenizer, parts(system, record.history, record.question, record.evidence, record.language))

    def _writer(self, record: Record) -> _Writer:
        """The same as at the bedside."""
        return _Writer(
            Steering(
                self._lock.open(record.evidence, record.language),
                self._copier.open(record.evidence, record.language) if self._copier else None,
            ),
            int(self._tokenizer.eos_token_id),
        )

    def _generate(self, prompts: Sequence[list[int]], writers: Sequence[_Writer], max_tokens: int) -> list[list[int]]:
        """What follows each prompt; the rows are padded on the left, so that all answers begin in one column."""
        import torch

        width = max(len(prompt) for prompt in prompts)
        pad = self._tokenizer.pad_token_id or 0
        rows = [[pad] * (width - len(prompt)) + prompt for prompt in prompts]
        seen = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        with torch.inference_mode():
            made = self._model.generate(
                input_ids=torch.tensor(rows, device=device()),
                attention_mask=torch.tensor(seen, device=device()),
                max_new_tokens=max_tokens,
                do_sample=False,
                logits_processor=[_Steered(writers, width)],
                pad_token_id=pad,
                eos_token_id=self._tokenizer.eos_token_id,
            )
        found: list[list[int]] = made[:, width:].tolist()
        return found


class _Writer:
    """One answer; the end is all that may follow once it was `stopped`."""

    def __init__(self, steering: Steering, end: int) -> None:
        self._steering = steering
        self._end = end
        self.stopped = False

    def apply(self, logits: Any, made: int | None) -> None:
        try:
            if not self.stopped:
                self._steering.apply(logits, made)
        except GeneratorError:
            self.stopped = True
        if self.stopped:
            logits.fill_(-math.inf)
            logits[self._end] = 0.0


def _whole_sentences(reply: str, language: Language) -> str:
    """What the robot would have spoken of a reply that was stopped."""
    return (" " if language == "en" else "").join(SentenceSplitter(language).push(f"{reply} "))


class _Steered:
    """The answers of one batch, as `generate` calls them: before each token, with all that was read and made."""

    def __init__(self, writers: Sequence[_Writer], width: int) -> None:
        self._writers = writers
        self._width = width

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        first = input_ids.shape[1] == self._width
        changed = scores.clone()
        for row, (writer, read) in enumerate(zip(self._writers, input_ids[:, -1].tolist(), strict=True)):
            writer.apply(changed[row], None if first else read)
        return changed


def _batches(examples: Examples) -> list[list[Any]]:
    batches = []
    for language in examples.openings:
        rows = sorted((turn for turn in examples.turns if turn.language == language), key=lambda turn: len(turn.ids))
        batches += [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]
    return batches
