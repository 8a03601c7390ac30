"""The engine `transformers`: any causal language model that the library loads, in this process, token by token."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from robot.blocking import Blocking
from robot.errors import ConfigurationError
from robot.events import Answer, Language
from robot.think.generators.answer_text import AnswerText
from robot.think.generators.batch import Job, Row, TokenLock
from robot.think.generators.model import PrecisionChoice
from robot.think.generators.prompt_tokens import PromptWriter
from robot.think.generators.shelf import ModelShelf

_LABELS = ("Patient:", "Facts:", "Robot:", "病人：", "资料：", "机器人：")
"""How the lines of a prompt begin (`dialogs.prompt`): where a model writes one, its answer is over."""


class TransformersGenerator:
    """Answers one conversation from evidence; weights and steps are shared with the others of `shelf`.

    model        folder, name of a model that ships, or `owner/model` of a hub
    max_tokens   longest answer
    precision    of the weights: auto, fp32, bf16, int8
    chunk        tokens of a prompt that are read before cancelling is looked at; None: by the model's size
    threads      CPU threads for torch, in the whole process; None: as it is
    persona      what the model is told first, by language

    Decoding is greedy, so that an answer repeats exactly. Raises ModelError (`model_missing`, `model_broken`) and
    ConfigurationError. `generate` raises GeneratorError with the code `generator_` `failed`, `memory`, `broken` (not a
    number), `repeats`, `unfinished` (no end within `max_tokens`) or `empty`.
    """

    name = "transformers"

    def __init__(
        self,
        blocking: Blocking,
        model: str,
        *,
        max_tokens: int = 96,
        precision: PrecisionChoice = "auto",
        chunk: int | None = None,
        threads: int | None = None,
        persona: Mapping[Language, str] | None = None,
        shelf: ModelShelf | None = None,
        make_lock: Callable[[Any], TokenLock] | None = None,
    ) -> None:
        for option, value in (("max_tokens", max_tokens), ("chunk", chunk), ("threads", threads)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise _wrong(option, value, "a number from 1 on")
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        self._batch = (shelf or ModelShelf()).batch(
            model, precision, chunk=chunk, inline=blocking.inline, make_lock=make_lock
        )
        window = self._batch.model.window
        if max_tokens >= window:
            raise _wrong("max_tokens", max_tokens, f"less than the model's window of {window}")
        self._max_tokens = max_tokens
        self._writer = PromptWriter(self._batch.model.tokenizer, persona or {}, window - max_tokens)
        self._cache = self._batch.cache()
        self._row: Row | None = None
        self._preparing: Row | None = None

    def prepare(self, answer: Answer) -> None:
        """Read ahead what of a prompt is known: history and the words so far; `evidence` is not looked at.

        Never blocks. The newest call wins; an answer takes its place. What turns out otherwise is read again.
        """
        if self._preparing is not None:
            self._preparing.cancelled = True
        if self._row is None or self._row.idle:
            row = Row(self._cache, lambda: Job(self._writer.begin(answer)), preparing=True)
            self._preparing = self._batch.add(row)

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        if self._preparing is not None:
            self._preparing.cancelled = True
        # Two answers at once cannot share a cache; the second one has its own and reads from the beginning.
        alone = self._row is None or self._row.idle
        row = Row(self._cache if alone else self._batch.cache(), lambda: self._job(answer))
        if alone:
            self._row = row
        self._batch.add(row)
        try:
            while (event := await row.events.get()) is not None:
                if not isinstance(event, str):
                    raise event
                yield event
        finally:
            row.cancelled = True

    def _job(self, answer: Answer) -> Job:
        """The prompt, and an empty answer after it. Runs on the strand."""
        model, lock = self._batch.model, self._batch.lock
        prompt = self._writer.write(answer)
        passages = [passage.text for passage in answer.evidence]
        text = AnswerText(model.tokenizer, model.ends, _LABELS, self._max_tokens)
        return Job(prompt, text, lock.open(passages, answer.language) if lock else None)


def _wrong(option: str, value: object, want: str) -> ConfigurationError:
    return ConfigurationError("generator_option", f"The generator's option {option} is {value!r}.", f"Give {want}.")
