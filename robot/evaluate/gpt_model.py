"""A saved language model on held-out records: its greedy answers, and how surprised it is by the right ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dialogs.model import Persona
from robot.events import Language
from robot.learn.examples import Examples, encode_records
from robot.learn.loss import loss_of
from robot.learn.model import device, load_model, load_tokenizer
from robot.learn.record import Record
from robot.think.generators.encode import encode, parts
from robot.think.generators.linear import replace_linears
from robot.think.generators.model import ACCEPTED

_TOGETHER = 16


class GptModel:
    """The model in `folder`, in the precision that its configuration says was accepted, else in single precision.

    `change` makes another form of it.

    Raises ModelError (`model_missing`, `model_broken`).
    """

    def __init__(self, folder: Path, persona: Persona, change: Callable[[Any], Any] | None = None) -> None:
        self._tokenizer = load_tokenizer(folder)
        model = load_model(folder).to(device()).eval()
        if getattr(model.config, ACCEPTED, "fp32") == "int8":
            replace_linears(model, "int8")
        self._model = change(model) if change else model
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
            for index, made in zip(
                chosen, self._generate([prompts[index] for index in chosen], max_tokens), strict=True
            ):
                replies[index] = self._tokenizer.decode(made, skip_special_tokens=True).partition("\n")[0].strip()
            if step:
                step(start + len(chosen), len(order))
        return replies

    def _prompt(self, record: Record) -> list[int]:
        systems: dict[Language, str] = {"en": self._persona.system.en, "zh": self._persona.system.zh}
        system = systems[record.language]
        return encode(self._tokenizer, parts(system, record.history, record.question, record.evidence, record.language))

    def _generate(self, prompts: Sequence[list[int]], max_tokens: int) -> list[list[int]]:
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
                pad_token_id=pad,
                eos_token_id=self._tokenizer.eos_token_id,
            )
        found: list[list[int]] = made[:, width:].tolist()
        return found


def _batches(examples: Examples) -> list[list[Any]]:
    batches = []
    for language in examples.openings:
        rows = sorted((turn for turn in examples.turns if turn.language == language), key=lambda turn: len(turn.ids))
        batches += [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]
    return batches
