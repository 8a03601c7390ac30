"""How long an answer takes with the embedded engines, and how much of what was said was heard: a scripted visit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from robot.config import Config
from robot.evaluate.bench.figures import percentiles
from robot.simulate.run import FIRST_VISIT, Visit, play_visit
from robot.simulate.scenario import TurnRecord

_WORD = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")


def bench_turn(config: Config, console: Console, *, scenario: Path = FIRST_VISIT, fast: bool = False) -> dict[str, Any]:
    """The figures of `bedside bench turn`: the visit in `scenario`, by default in real time (some two minutes).

    `fast` plays it in virtual time, where engines cost none: the words are the same, the times are those of the policy.
    """
    turns = play_visit(config, Visit(scenario, fast=fast), console).turns
    figures = {**times(turns), "word_error_rate": word_error_rate(turns)}
    voice = figures["voice_to_voice_ms"]
    console.print(f"voice to voice {voice['p50']:.0f} ms at the median, {voice['p95']:.0f} ms at the 95th percentile")
    for stage, spread in figures["stages_ms"].items():
        console.print(f"  {stage:<10}{spread['p50']:>6.0f} / {spread['p95']:.0f} ms")
    console.print(f"word error rate {figures['word_error_rate']:.1%}")
    return figures


def times(turns: Sequence[TurnRecord]) -> dict[str, Any]:
    """Percentiles of voice-to-voice latency and of its stages, over the turns that were answered with sound."""
    timed = [turn.timed for turn in turns if turn.timed is not None]
    stages = dict.fromkeys(stage for turn in timed for stage in turn.stages)
    return {
        "voice_to_voice_ms": percentiles([turn.voice_to_voice for turn in timed]),
        "stages_ms": {
            stage: percentiles([turn.stages[stage] for turn in timed if stage in turn.stages]) for stage in stages
        },
        "n": len(timed),
    }


def word_error_rate(turns: Sequence[TurnRecord]) -> float:
    """Words wrong, missing or too many, per word said, over all turns; Chinese by characters."""
    errors = words = 0
    for turn in turns:
        said, heard = _words(turn.said), _words(turn.heard)
        if turn.heard or not turn.said.startswith("("):
            errors += _distance(said, heard)
            words += len(said)
    return round(errors / words, 4) if words else 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, 1):
        before, row[0] = row[0], number
        for column, other in enumerate(heard, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (word != other))
    return row[-1]
