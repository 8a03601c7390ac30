"""Percentiles, and a line that sets a figure beside its goal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """`{"p50", "p95"}` of `values`, by nearest rank, rounded to hundredths. `values` must not be empty."""
    ordered = sorted(values)

    def rank(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"p50": rank(0.5), "p95": rank(0.95)}


def compare(console: Console, what: str, value: float, unit: str, goal: float, *, at_least: bool = False) -> None:
    """Print `value` beside its `goal`: an upper bound, or a lower one."""
    kept = value >= goal if at_least else value <= goal
    mark = "[green]✓[/]" if kept else "[red]✗[/]"
    bound = "≥" if at_least else "≤"
    console.print(f"{mark} {what}: {value:g} {unit} (goal {bound} {goal:g}, ratio {value / goal:.2f})")
