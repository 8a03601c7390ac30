"""The bench of the language model reports every figure that was promised. How fast is not asked here."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from robot.config import Config, Generation
from robot.errors import ModelError
from robot.evaluate.bench import gpt, run_bench
from robot.evaluate.bench.gpt import Size, bench_gpt, save_random

TINY = Size(prompt=80, answer=4, rounds=1, beds=2)


def test_every_figure_is_there_and_ours_stands_beside_the_librarys(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    model = save_random(tmp_path, hidden=64, layers=1)
    config = Config(generator=Generation(options={"threads": 1, "precision": "int8"}))
    figures = bench_gpt(config, console, model=model, size=TINY)
    assert figures["first_token_ms"].keys() == {"cold", "warm", "generate"}
    assert figures["tokens_per_s"].keys() == {"ours", "generate"}
    numbers = [*figures["first_token_ms"].values(), *figures["tokens_per_s"].values()]
    numbers += [figures[key] for key in ("cancel_ms", "batch8_speedup")]
    assert all(number > 0 for number in numbers)
    assert figures["rss_mb"] < 500
    assert (figures["precision"], figures["model"]) == ("int8", model)
    assert "goal" in console.file.getvalue()  # type: ignore[attr-defined]


def test_without_any_model_it_says_that_the_weights_are_random(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpt, "SHIPPED", tmp_path)
    monkeypatch.setattr(gpt, "Size", lambda: TINY)
    emitted: list[dict[str, object]] = []
    assert run_bench("gpt", Config(generator=Generation(options={"threads": 1})), emitted.append) == 0
    assert emitted[0]["model"] == "random weights"
    assert "random weights" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ModelError, match="nowhere"):
        bench_gpt(Config(), Console(file=io.StringIO()), model="./nowhere", size=TINY)
