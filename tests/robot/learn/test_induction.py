"""A new network can copy before it has learned anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robot.learn.settings import ModelSettings
from tests.tiny_model import save_tiny_model

SHAPES = [
    ModelSettings(hidden=128, layers=3, heads=4, groups=2, intermediate=128, window=256),
    ModelSettings(hidden=384, layers=6, heads=6, groups=2, intermediate=256, window=1024),
]


def made(shape: ModelSettings, folder: Path) -> Any:
    from robot.learn.model import load_tokenizer, new_model

    return new_model(shape, load_tokenizer(save_tiny_model(folder)), 3).eval()


def copied(model: Any, length: int) -> float:
    """Of the second half of a text that says `length` random tokens twice, the share that is foreseen."""
    import torch

    half = np.random.default_rng(5).permuted(np.tile(np.arange(1, 200), (8, 1)), axis=1)[:, :length]
    ids = torch.from_numpy(np.concatenate([half, half], axis=1))
    with torch.inference_mode():
        foreseen = model(input_ids=ids).logits[:, length + 1 : -1].argmax(-1)
    return float((foreseen == ids[:, length + 2 :]).float().mean())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.hidden))
@pytest.mark.parametrize("length", [20, 100])
def test_random_tokens_are_copied(shape: ModelSettings, length: int, tmp_path: Path) -> None:
    assert copied(made(shape, tmp_path), length) > 0.4


def test_without_the_start_they_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robot.learn.model.start_with_induction", lambda model: None)
    assert copied(made(SHAPES[0], tmp_path), 20) < 0.1


def test_the_narrowest_network_is_made_too(tmp_path: Path) -> None:
    import torch

    tiny = made(ModelSettings(hidden=4, layers=1, heads=2, groups=1, intermediate=4, window=64), tmp_path)
    narrow = made(ModelSettings(hidden=8, layers=2, heads=1, groups=1, intermediate=4, window=64), tmp_path)
    for model in (tiny, narrow):
        assert torch.isfinite(model(input_ids=torch.tensor([[1, 2, 3]])).logits).all()
