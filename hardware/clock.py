"""The two clocks: the system's, and a simulated one whose event loop jumps over idle time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hardware.ports import HardwareError, Timer

T = TypeVar("T")


class SystemClock:
    """Real time on asyncio's own loop."""

    virtual = False

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(main)


class SimulatedClock:
    """Virtual time: waiting is free, and the same program runs through the same instants every time.

    Its wall clock starts at a fixed moment, so that nothing in a run depends on the day it was made.
    """

    virtual = True

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._start = start

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        return self._start + timedelta(seconds=self.now())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(main)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that, when nothing is ready, moves its clock to the next timer instead of waiting.

    With no timer left and nothing ready the program could only hang; that is raised as HardwareError
    (`simulation_stalled`). Threads and sockets have no place here: work that would block runs inline
    (`robot.blocking`), which is what makes a run repeatable.
    """

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self._jump))

    def time(self) -> float:
        return self._now

    def _jump(self, seconds: float | None) -> None:
        if seconds is None:
            raise HardwareError(
                "simulation_stalled",
                "Simulated time stopped: every task waits and no timer is set.",
                "A stage waits for something that nobody will send.",
            )
        self._now += seconds


class _JumpingSelector(selectors.DefaultSelector):
    """Asks the operating system only for what is ready now, and hands the wait to the loop as a jump."""

    def __init__(self, jump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not ready and timeout != 0:
            self._jump(timeout)
        return ready
