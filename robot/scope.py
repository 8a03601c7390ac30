"""What a conversation has going on beside its main path: tasks and timers, none of which outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hardware.ports import Clock, Timer


class Scope:
    """Tasks, and timers by name (a name has one timer: a new one takes the place of the old).

    `on_defect` is told what a task raised; expected failures are handled inside of it and never get here.
    """

    def __init__(self, clock: Clock, on_defect: Callable[[BaseException], None]) -> None:
        self._clock = clock
        self._on_defect = on_defect
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def after(self, name: str, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` in so many seconds, unless the timer is stopped or set again."""
        self.stop(name)
        self._timers[name] = self._clock.call_later(seconds, callback)

    def stop(self, name: str) -> None:
        """Stop the timer, if it runs."""
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    async def close(self) -> None:
        """End everything and wait for it."""
        for name in list(self._timers):
            self.stop(name)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_defect(error)
