"""How many conversations live on one core: more and more beds on one 20 ms ticker, until turns come late."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from hardware.audio import FRAME_MS
from robot.evaluate.bench.bed import Bed, Ward
from robot.evaluate.bench.figures import percentiles
from robot.evaluate.bench.memory import rss_kb

_FRAME_S = FRAME_MS / 1000
_OPENED_A_FRAME = 4
"""Beds that are opened in one frame: two hundred a second, so that their turns do not fall together."""


@dataclass(frozen=True)
class Limits:
    """When a core is full; and for how long each number of conversations is watched."""

    added_ms: float = 50.0
    late_ms: float = FRAME_MS
    """Frames that come later than this, at the 95th percentile, are a loop that falls behind."""
    seconds: float = 12.0
    tries: int = 3
    """How often a number of conversations is watched before it counts as too many: another program may have been in
    the way, and that only ever makes it worse."""


@dataclass(frozen=True)
class Level:
    """What was seen with so many conversations. `rss_kb` is that of the whole process."""

    conversations: int
    added_ms: dict[str, float]
    late_ms: dict[str, float]
    cpu_share: float
    rss_kb: int
    held: bool

    def figures(self) -> dict[str, Any]:
        return asdict(self)


async def climb(ward: Ward, levels: Sequence[int], console: Console, limits: Limits | None = None) -> list[Level]:
    """Open beds up to each of `levels` (rising) and watch, until one does not hold; that one is the last."""
    limits = limits or Limits()
    reached: list[Level] = []
    with one_core():
        async with AsyncExitStack() as stack:
            round_ = _Round(ward, stack)
            for count in levels:
                await round_.open(count)
                for _ in range(limits.tries):
                    if (level := await round_.watch(limits)).held:
                        break
                reached.append(level)
                console.print(
                    f"  {count:>5}: added {level.added_ms['p50']:.1f} / {level.added_ms['p95']:.1f} ms, frames late "
                    f"{level.late_ms['p95']:.1f} ms, {level.cpu_share:.0%} of the core, {level.rss_kb / 1000:.0f} MB"
                )
                if not level.held:
                    break
    return reached


class _Round:
    """The ticker and the beds on it."""

    def __init__(self, ward: Ward, stack: AsyncExitStack) -> None:
        self._ward = ward
        self._stack = stack
        self._beds: list[Bed] = []
        self._clock = ward.clock
        self._due = ward.clock.now()

    async def open(self, count: int) -> None:
        """Open beds until there are `count`, and wait until the greetings are over and everybody has asked once."""
        while len(self._beds) < count:
            for _ in range(min(_OPENED_A_FRAME, count - len(self._beds))):
                await self._open()
            await self._frame()
        self._due = self._clock.now()  # opening so many at once is not what is measured
        await self._frames(self._cycle_s)
        gc.collect()
        gc.freeze()  # as `bedside talk` does: a full collection over all that stays would hold the loop

    async def watch(self, limits: Limits) -> Level:
        """What is seen with the beds that there are."""
        for bed in self._beds:
            bed.added_ms.clear()
        self._due = self._clock.now()
        cpu, wall = time.process_time(), self._clock.now()
        late = await self._frames(max(limits.seconds, self._cycle_s))
        cpu_share = (time.process_time() - cpu) / (self._clock.now() - wall)
        added = [value for bed in self._beds for value in bed.added_ms]
        late_ms, added_ms = percentiles(late), percentiles(added or [float("inf")])
        held = added_ms["p95"] <= limits.added_ms and late_ms["p95"] <= limits.late_ms
        return Level(len(self._beds), added_ms, late_ms, round(cpu_share, 3), rss_kb(), held)

    @property
    def _cycle_s(self) -> float:
        return len(self._ward.cycle) * _FRAME_S

    async def _open(self) -> None:
        """A new bed; its patient starts somewhere in the cycle, and no two near each other."""
        phase = len(self._beds) * 37 % len(self._ward.cycle)
        bed = Bed(self._ward, phase)
        self._beds.append(await self._stack.enter_async_context(bed))

    async def _frames(self, seconds: float) -> list[float]:
        return [await self._frame() for _ in range(round(seconds / _FRAME_S))]

    async def _frame(self) -> float:
        """One frame for every bed; how late it came, in milliseconds."""
        self._due += _FRAME_S
        await self._clock.sleep(max(0.0, self._due - self._clock.now()))
        late = self._clock.now() - self._due
        for bed in self._beds:
            bed.step(self._due)
        return late * 1000


def memory_of_each(levels: list[Level]) -> float:
    """Kilobytes that each further conversation took, from the first level to the last; 0 with fewer than two levels."""
    first, last = levels[0], levels[-1]
    more = last.conversations - first.conversations
    return round((last.rss_kb - first.rss_kb) / more, 1) if more else 0.0


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core, where the system can be asked to; with a fresh heap."""
    gc.collect()
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
