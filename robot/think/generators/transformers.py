"""The engine `transformers`: any causal language model that the library loads, in this process, token by token."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from robot.blocking import Blocking
from robot.errors import BedsideError, ConfigurationError, GeneratorError
from robot.events import Answer, Language
from robot.think.generators.answer_text import AnswerText
from robot.think.generators.batch import Batch, Job, Row, TokenLock
from robot.think.generators.kv_cache import TokenCache
from robot.think.generators.model import CausalModel, PrecisionChoice
from robot.think.generators.model_folder import EMBEDDED, find_model
from robot.think.generators.prompt_tokens import PromptWriter
from robot.think.generators.shelf import ModelShelf
from robot.think.generators.steering import Steering

_LABELS = ("Patient:", "Facts:", "Robot:", "病人：", "资料：", "机器人：")
"""How the lines of a prompt begin (`dialogs.prompt`): where a model writes one, its answer is over."""


_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Loaded:
    """What every conversation with one model has."""

    batch: Batch
    writer: PromptWriter


class TransformersGenerator:
    """Answers one conversation from evidence; weights and steps are shared with the others of `shelf`.

    model        folder, name of a model that ships, or `owner/model` of a hub
    max_tokens   longest answer
    precision    of the weights: auto, fp32, bf16, int8
    chunk        tokens of a prompt that are read before cancelling is looked at; None: by the model's size
    threads      CPU threads for torch, in the whole process; None: as it is
    persona      what the model is told first, by language
    beside       load in a thread, from the first draft or answer on, which waits; importing torch takes seconds

    Decoding is greedy, so that an answer repeats exactly. Raises ModelError (`model_missing`, `model_broken`) and
    ConfigurationError. `generate` raises GeneratorError with the code `generator_` `failed`, `memory`, `broken` (not a
    number), `repeats`, `unfaithful` (it denies what its evidence does not), `unfinished` (no end in `max_tokens`) or
    `empty`; and `model_broken` after loading `beside`.
    """

    name = "transformers"
    _kind: type[CausalModel] = CausalModel

    def __init__(
        self,
        blocking: Blocking,
        model: str = EMBEDDED,
        *,
        max_tokens: int = 96,
        precision: PrecisionChoice = "auto",
        chunk: int | None = None,
        threads: int | None = None,
        persona: Mapping[Language, str] | None = None,
        shelf: ModelShelf | None = None,
        make_lock: Callable[[Any], TokenLock] | None = None,
        beside: bool = False,
    ) -> None:
        for option, value in (("max_tokens", max_tokens), ("chunk", chunk), ("threads", threads)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise _wrong(option, value, "a number from 1 on")
        find_model(model)
        shelf = shelf or ModelShelf()

        def load() -> _Loaded:
            if threads is not None:
                import torch

                torch.set_num_threads(threads)
            batch = shelf.batch(
                model, precision, kind=self._kind, chunk=chunk, inline=blocking.inline, make_lock=make_lock
            )
            window = batch.model.window
            if max_tokens >= window:
                raise _wrong("max_tokens", max_tokens, f"less than the model's window of {window}")
            return _Loaded(batch, PromptWriter(batch.model.tokenizer, persona or {}, window - max_tokens))

        self._max_tokens = max_tokens
        self._load = load
        self._strand = blocking.strand("loader")
        self._loaded: _Loaded | GeneratorError | None = None if beside else load()
        self._loading: asyncio.Event | None = None
        self._cache: TokenCache | None = None
        self._row: Row | None = None
        self._preparing: Row | None = None

    def prepare(self, answer: Answer) -> None:
        """Read ahead what of a prompt is known: history and the words so far; `evidence` is not looked at.

        Never blocks. The newest call wins; an answer takes its place. What turns out otherwise is read again.
        """
        loaded = self._loaded
        if loaded is None:
            self._start_loading()
        elif isinstance(loaded, _Loaded) and (self._row is None or self._row.idle):
            if self._preparing is not None:
                self._preparing.cancelled = True
            row = Row(self._own_cache(loaded), lambda: Job(loaded.writer.begin(answer)), preparing=True)
            self._preparing = loaded.batch.add(row)

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        if self._loaded is None:
            await self._start_loading().wait()
        loaded = self._loaded
        if not isinstance(loaded, _Loaded):
            raise loaded or GeneratorError("generator_failed", "The language model was not loaded.")
        if self._preparing is not None:
            self._preparing.cancelled = True
        # Two answers at once cannot share a cache; the second one has its own and reads from the beginning.
        alone = self._row is None or self._row.idle
        row = Row(self._own_cache(loaded) if alone else loaded.batch.cache(), lambda: self._job(loaded, answer))
        if alone:
            self._row = row
        loaded.batch.add(row)
        try:
            while (event := await row.events.get()) is not None:
                if not isinstance(event, str):
                    raise event
                yield event
        finally:
            row.cancelled = True

    def _start_loading(self) -> asyncio.Event:
        """Load in the thread, once; the event is set when that is over, one way or the other."""
        if self._loading is None:
            over = self._loading = asyncio.Event()

            def load() -> _Loaded | GeneratorError:
                try:
                    return self._load()
                except BedsideError as error:
                    return GeneratorError(error.code, error.message, error.advice)

            def done(loaded: _Loaded | GeneratorError) -> None:
                self._loaded = loaded
                over.set()
                if isinstance(loaded, GeneratorError):
                    _LOG.error("The language model was not loaded: %s", loaded)

            self._strand.post(load, done)
        return self._loading

    def _own_cache(self, loaded: _Loaded) -> TokenCache:
        if self._cache is None:
            self._cache = loaded.batch.cache()
        return self._cache

    def _job(self, loaded: _Loaded, answer: Answer) -> Job:
        """The prompt, and an empty answer after it. Runs on the strand."""
        model, lock = loaded.batch.model, loaded.batch.lock
        prompt = loaded.writer.write(answer)
        passages = [passage.text for passage in answer.evidence]
        text = AnswerText(model.tokenizer, model.ends, _LABELS, self._max_tokens)
        steering = Steering(
            lock.open(passages, answer.language) if lock else None,
            model.copier.open(passages, answer.language) if model.copier else None,
        )
        return Job(prompt, text, steering)


def _wrong(option: str, value: object, want: str) -> ConfigurationError:
    return ConfigurationError("generator_option", f"The generator's option {option} is {value!r}.", f"Give {want}.")
