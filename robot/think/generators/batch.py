"""Several conversations' prompts and answers step together through one model, and each may join or leave at any step.

A step reads one token for every answer that is being written, and beside them a chunk of one or more prompts. Whoever
waited longest is served first, and what is only prepared comes after what somebody waits for. Steps run on a strand of
their own, one after the other; what they bring is handed out on the event loop.
"""

from __future__ import annotations

import asyncio
import math
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from robot.blocking import Strand
from robot.errors import GeneratorError
from robot.events import Language
from robot.think.generators.answer_text import AnswerText
from robot.think.generators.kv_cache import TokenCache
from robot.think.generators.model import CausalModel
from robot.think.generators.prompt_tokens import PromptTokens
from robot.think.generators.steering import LockState, Steering

if TYPE_CHECKING:
    from torch import Tensor

_OPENINGS = 4
"""Personas that are kept read, one for each language at least."""
_CACHE_BYTES = 256 * 2**20
"""Memory for the caches of conversations; beyond it the one that was silent longest has to read its history again."""


class TokenLock(Protocol):
    """Lets figures come out only as the evidence has them; made once for a tokenizer."""

    def open(self, evidence: Sequence[str], language: Language) -> LockState: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What a row has to do: read `prompt`; then write `text` under `steering`; or nothing more (`text` is None)."""

    prompt: PromptTokens
    text: AnswerText | None = None
    steering: Steering = field(default_factory=Steering)


class Row:
    """One conversation's place in the batch.

    `make` works out the job; it is called on the strand, and may raise GeneratorError. `events` yields the answer's
    pieces, then None; or a GeneratorError. Setting `cancelled` takes the row out before the next step.
    """

    def __init__(self, cache: TokenCache, make: Callable[[], Job], *, preparing: bool = False) -> None:
        self.cache = cache
        self.make = make
        self.preparing = preparing
        self.events: asyncio.Queue[str | GeneratorError | None] = asyncio.Queue()
        self.cancelled = False
        self.over = False
        self.job: Job | None = None
        self.pending: list[int] = []
        """Tokens to be read: the rest of the prompt, or the last token of the answer."""
        self.writing = False
        self.served = 0

    @property
    def idle(self) -> bool:
        """True once nothing will touch its cache any more, but for a step that is under way."""
        return self.cancelled or self.over


Events = list[tuple[Row, str | GeneratorError | None]]


class Batch:
    """The rows of one model.

    chunk   tokens of prompts that are read in one step
    lock    held over every answer, if any
    strand  where the steps run
    """

    def __init__(self, model: CausalModel, strand: Strand, *, chunk: int = 64, lock: TokenLock | None = None) -> None:
        self.model = model
        self.lock = lock
        self.strand = strand
        self._chunk = chunk
        self._rows: list[Row] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        """The loop on which steps are being asked for, while there are rows."""
        self._steps = 0
        self._openings: OrderedDict[tuple[int, ...], TokenCache] = OrderedDict()
        self._caches: weakref.WeakSet[TokenCache] = weakref.WeakSet()

    def cache(self) -> TokenCache:
        """An empty cache, counted with the others."""
        cache = self.model.cache()
        self._caches.add(cache)
        return cache

    def add(self, row: Row) -> Row:
        """Take `row` in, from the next step on. Called on the event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                self._rows.clear()  # that loop is over, and nobody waits for its rows
            self._loop = loop
            loop.call_soon(self._next)
        self._rows.append(row)
        return row

    async def settled(self) -> None:
        """Return when no step runs that was begun before this call."""
        await self.strand.run(lambda: None)

    # ---- on the event loop ----

    def _next(self) -> None:
        self._rows = [row for row in self._rows if not row.idle]
        rows = tuple(self._rows)  # who joins while a step runs is not in it
        if any(row.job is None for row in rows):
            self._trim()
        if rows:
            self.strand.post(lambda: self._step(rows), self._stepped)
        else:
            self._loop = None

    def _stepped(self, events: Events) -> None:
        for row, event in events:
            row.over = row.over or not isinstance(event, str)
            row.events.put_nowait(event)
        # Through the loop, so that whoever got a piece comes before the next step where steps run inline.
        asyncio.get_running_loop().call_soon(self._next)

    def _trim(self) -> None:
        """Take memory back from those that were silent longest, never from a row that is here."""
        busy = {id(row.cache) for row in self._rows}
        silent = sorted((cache for cache in self._caches if id(cache) not in busy), key=lambda cache: cache.used_at)
        excess = sum(cache.bytes for cache in self._caches) - _CACHE_BYTES
        for cache in silent:
            if excess <= 0:
                return
            excess -= cache.bytes
            cache.cut(0)

    # ---- on the strand ----

    def _step(self, rows: Sequence[Row]) -> Events:
        """One step of the rows that are served in it; what came of each."""
        from torch import inference_mode

        with inference_mode():
            return self._served(rows)

    def _served(self, rows: Sequence[Row]) -> Events:
        self._steps += 1
        events: Events = []
        for row in rows:
            if row.job is None:
                events += self._begin(row)
        work = self._work([row for row in rows if row.pending])
        if not work:
            return events
        try:
            logits = self.model.extend([(row.cache, tokens) for row, tokens in work])
            return events + self._written(work, logits)
        except (RuntimeError, IndexError, MemoryError) as error:
            return events + [(row, _failed(error)) for row, _ in work]

    def _begin(self, row: Row) -> Events:
        """Find out what of the prompt has been read already, by this conversation or by all."""
        try:
            job = row.make()
            ids, cache = job.prompt.ids, row.cache
            opening = tuple(ids[: job.prompt.shared])
            # The last token of a prompt is always read: what follows it is what the answer begins with.
            known = min(cache.common(ids), len(ids) - (job.text is not None))
            if opening in self._openings and known < len(opening) < len(ids):
                self._openings.move_to_end(opening)
                cache.begin_like(self._openings[opening], len(opening))
                known = len(opening)
            cache.cut(known)
        except GeneratorError as error:
            return [(row, error)]
        except (RuntimeError, MemoryError) as error:
            return [(row, _failed(error))]
        cache.used_at = self._steps
        row.job, row.pending = job, list(ids[known:])
        return [] if row.pending else [(row, None)]

    def _work(self, rows: Sequence[Row]) -> list[tuple[Row, list[int]]]:
        """Who is served: every answer its token, and of the prompts a chunk in all."""
        work = [(row, row.pending) for row in rows if row.writing]
        reading = [row for row in rows if not row.writing]
        if any(not row.preparing for row in rows):
            reading = [row for row in reading if not row.preparing]
        left = self._chunk
        for row in sorted(reading, key=lambda row: row.served):
            if left > 0:
                work.append((row, row.pending[:left]))
                left -= len(row.pending)
                row.served = self._steps
        return work

    def _written(self, work: Sequence[tuple[Row, list[int]]], logits: Tensor) -> Events:
        """What the step brought each row; `logits` follow what each has read."""
        events: Events = []
        written: list[tuple[int, Row, AnswerText]] = []
        for number, (row, read) in enumerate(work):
            row.pending = row.pending[len(read) :]
            if not row.writing:
                self._keep_opening(row)
            job = row.job
            if row.pending or job is None:
                continue
            if job.text is None:
                events.append((row, None))
                continue
            try:
                job.steering.apply(logits[number], read[-1] if row.writing else None)
            except GeneratorError as error:
                events.append((row, error))
            else:
                row.writing = True
                written.append((number, row, job.text))
        best, tokens = logits.max(-1)
        values, choices = best.tolist(), tokens.tolist()
        for number, row, text in written:
            events += self._push(row, text, values[number], choices[number])
        return events

    @staticmethod
    def _push(row: Row, text: AnswerText, value: float, token: int) -> Events:
        # The greatest of numbers of which one is none, is none.
        if not math.isfinite(value):
            return [(row, GeneratorError("generator_broken", "The model's output is not a number."))]
        try:
            piece = text.push(token)
        except GeneratorError as error:
            return [(row, error)]
        row.pending = [] if text.done else [token]
        return [*([(row, piece)] if piece else []), *([(row, None)] if text.done else [])]

    def _keep_opening(self, row: Row) -> None:
        """The persona was read for the first time: from now on it is copied."""
        assert row.job is not None
        length = row.job.prompt.shared
        opening = tuple(row.job.prompt.ids[:length])
        if opening and opening not in self._openings and len(row.cache.tokens) >= length:
            kept = self.model.cache()
            kept.begin_like(row.cache, length)
            self._openings[opening] = kept
            if len(self._openings) > _OPENINGS:
                self._openings.popitem(last=False)


def _failed(error: Exception) -> GeneratorError:
    told = str(error).lower()
    if isinstance(error, MemoryError) or "alloc" in told or "out of memory" in told:
        return GeneratorError("generator_memory", "The memory is not enough for the language model.")
    return GeneratorError("generator_failed", f"The language model failed ({type(error).__name__}).")
