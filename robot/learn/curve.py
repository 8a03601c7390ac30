"""The loss curve of a training stage as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def draw_curve(train: Sequence[float], validation: Sequence[tuple[int, float | None]], title: str, path: Path) -> None:
    """Training loss (each step and its running mean) and validation loss in nats a token, as SVG or PNG by name."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps = range(1, len(train) + 1)
    axes.plot(steps, train, color="0.8", linewidth=0.8, label="step")
    axes.plot(steps, _smooth(train), color="tab:blue", label="running mean")
    seen = [(step, loss) for step, loss in validation if loss is not None]
    if seen:
        axes.plot([step for step, _ in seen], [loss for _, loss in seen], "o-", color="tab:orange", label="validation")
    axes.set(title=title, xlabel="step", ylabel="loss, nats a token", ylim=(0, None))
    axes.legend()
    axes.grid(alpha=0.3)
    with rc_context({"svg.hashsalt": title}):  # the same curve is the same file
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _smooth(values: Sequence[float], weight: float = 0.95) -> list[float]:
    """An exponential mean that starts without bias."""
    smooth, total, share = [], 0.0, 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        share = weight * share + (1 - weight)
        smooth.append(total / share)
    return smooth
