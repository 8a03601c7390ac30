"""How far a stage is: a bar with time left and loss on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_LINE_EVERY_S = 15.0


class Progress:
    """Reports the steps of one stage to `console`; a context manager."""

    def __init__(self, console: Console, name: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._console = console
        self._name = name
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        loss = TextColumn("loss {task.fields[loss]}")
        self._bar = Bar(*columns, TextColumn("left"), TimeRemainingColumn(), loss, console=console)
        self._task = self._bar.add_task(name, total=None, loss="–")
        self._began = self._said = time.perf_counter()
        self._first: int | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def step(self, done: int, total: int, loss: float | None = None) -> None:
        """`done` of `total` steps are done; `loss` is that of the last one."""
        shown = "–" if loss is None else f"{loss:.3f}"
        if self._console.is_terminal:
            self._bar.update(self._task, completed=done, total=total, loss=shown)
            return
        now = time.perf_counter()
        if self._first is None:
            self._first, self._began = done, now
        if now - self._said >= _LINE_EVERY_S or done == total:
            self._said = now
            left = (now - self._began) / max(1, done - self._first) * (total - done)
            self._console.print(f"{self._name}: {done}/{total}, loss {shown}, {left:.0f} s left")
