"""`bedside bench`: measures on this machine, and says how that compares with what was promised.

Progress and the comparison go to standard error; one JSON object is emitted last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robot.config import Config


def run_bench(name: str, config: Config, emit: Callable[[dict[str, Any]], None], *, model: str | None = None) -> int:
    """Run the bench `name` (runtime, cold, turn, gpt), emit its figures, return the exit status.

    A bench reports; a figure beyond its goal is marked, and is no failure, because it depends on the machine. Raises
    what building a conversation raises. `model` is the language model to measure, a folder or a name (gpt only).
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if name == "runtime":
        from robot.evaluate.bench.runtime import bench_runtime

        emit(bench_runtime(config, console))
    elif name == "cold":
        from robot.evaluate.bench.cold import bench_cold

        emit(bench_cold(console))
    elif name == "gpt":
        from robot.evaluate.bench.gpt import bench_gpt

        emit(bench_gpt(config, console, model=model))
    else:
        from robot.evaluate.bench.turn import bench_turn

        emit(bench_turn(config, console))
    return 0
