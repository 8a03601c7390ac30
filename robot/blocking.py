"""The only door to threads: engines that compute for longer than a frame go through here.

On a virtual clock the same calls run inline, one after the other, so that a simulated conversation repeats exactly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_END = object()


class Strand:
    """Runs blocking calls one at a time, in order: in a thread of its own, or inline.

    An engine with native state (a decoder, a speech library) owns one strand, so that no two threads ever meet in it.
    The thread starts with the first call and is a daemon of the pool: closing waits for the call that runs.
    """

    def __init__(self, name: str, *, inline: bool) -> None:
        self._name = name
        self._inline = inline
        self._pool: ThreadPoolExecutor | None = None

    def _executor(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        return self._pool

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `call`, awaited. Cancelling the await does not stop the call; the strand waits for it."""
        if self._inline:
            return call(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor(), lambda: call(*args, **kwargs))

    def post(self, call: Callable[[], T], done: Callable[[T], None]) -> None:
        """Queue `call` and hand its result to `done` on the loop. `call` must not raise."""
        if self._inline:
            done(call())
            return
        loop = asyncio.get_running_loop()

        def work() -> None:
            result = call()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done, result)

        self._executor().submit(work)

    async def iterate(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of a blocking iterator, each computed on the strand.

        When the async iterator is closed, the blocking one is closed at its next item (`GeneratorExit` inside it).
        """
        items = await self.run(make)
        try:
            while (item := await self.run(next, items, _END)) is not _END:
                yield item  # type: ignore[misc]
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                self.post(close, lambda _: None)

    def close(self) -> None:
        """Let the call that runs finish; drop those that wait."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


class Blocking:
    """Gives out strands; `inline` follows the clock (`Clock.virtual`)."""

    def __init__(self, *, inline: bool) -> None:
        self._inline = inline
        self._strands: list[Strand] = []

    @property
    def inline(self) -> bool:
        """True when calls run inline, that is on a virtual clock."""
        return self._inline

    def strand(self, name: str) -> Strand:
        """A new strand; closed with this door."""
        strand = Strand(name, inline=self._inline)
        self._strands.append(strand)
        return strand

    def close(self) -> None:
        for strand in self._strands:
            strand.close()
