"""`bedside train`: the settings from a file, the run in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from robot.errors import ConfigurationError
from robot.learn.settings import TrainSettings, load_settings


def train(configs: Sequence[Path], out: Path | None) -> int:
    """Run the pipeline with the settings of at most one file; the exit status. Raises BedsideError, ContentError."""
    if len(configs) > 1:
        raise ConfigurationError("config_invalid", "A training run has one settings file.", "Give --config once.")
    settings = load_settings(configs[0]) if configs else TrainSettings()
    from rich.console import Console

    from robot.learn.pipeline import train as run

    console = Console(highlight=False, soft_wrap=True)
    folder = run(settings, out or Path("runs") / settings.name, console)
    console.print(f"The model is in {folder}.")
    return 0
