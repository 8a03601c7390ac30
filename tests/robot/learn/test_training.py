"""The inner parts of training: batches, loss, learning rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.learn.examples import Example, Examples, plan_batches
from robot.learn.optimizers import schedule
from robot.learn.settings import FitSettings, ModelSettings
from tests.tiny_model import save_tiny_model


def turn(language: Any, length: int, answer_at: int = 1) -> Example:
    return Example(language, np.arange(2, 2 + length, dtype=np.int64), answer_at)


turns = st.lists(st.builds(turn, st.sampled_from(["en", "zh"]), st.integers(2, 60)), min_size=1, max_size=40)


@given(turns=turns, seed=st.integers(0, 99), budget=st.integers(60, 200))
@settings(max_examples=80, deadline=None)
def test_an_epoch_has_every_turn_once_in_batches_of_one_language(turns: list[Example], seed: int, budget: int) -> None:
    plan = plan_batches(turns, steps=1000, batch_tokens=budget, seed=seed)
    assert len(plan) == 1000
    first: list[int] = []
    for batch in plan:
        rows = [turns[index] for index in batch]
        assert len({row.language for row in rows}) == 1
        assert max(len(row.ids) for row in rows) * len(rows) <= budget
        if len(first) < len(turns):
            first += [int(index) for index in batch]
    assert sorted(first) == list(range(len(turns)))


def test_the_plan_depends_on_the_seed_alone() -> None:
    many = [turn("en", 5 + index % 7) for index in range(50)]
    one, two, other = (plan_batches(many, steps=30, batch_tokens=40, seed=seed) for seed in (1, 1, 2))
    assert all((left == right).all() for left, right in zip(one, two, strict=True))
    assert any(left.tolist() != right.tolist() for left, right in zip(one, other, strict=True))


def test_without_turns_there_are_no_steps() -> None:
    assert plan_batches([], steps=5, batch_tokens=10, seed=1) == []


def test_the_learning_rate_rises_and_falls() -> None:
    fit = FitSettings(steps=100, warmup=0.1, floor=0.05)
    rates = [schedule(step, fit) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9] == pytest.approx(1.0)
    assert rates[:10] == sorted(rates[:10]) and rates[9:] == sorted(rates[9:], reverse=True)
    assert 0.05 <= rates[-1] < 0.06


@pytest.fixture(scope="module", params=["llama", "gpt2"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from robot.learn.model import load_model, load_tokenizer, new_model

    folder: Path = save_tiny_model(tmp_path_factory.mktemp("base"))
    if request.param == "gpt2":
        return load_model(folder).eval()
    return new_model(
        ModelSettings(hidden=32, layers=2, heads=2, groups=1, intermediate=48), load_tokenizer(folder), 3
    ).eval()


@pytest.mark.parametrize("answer_only", [True, False])
def test_the_shared_persona_changes_neither_loss_nor_gradient(model: Any, answer_only: bool) -> None:
    """Against the plain way: persona and turn in one row, each row alone."""
    import torch

    from robot.learn.loss import loss_of

    rows = [turn("en", 12, 7), turn("en", 9, 4), turn("en", 15, 14)]
    opening = np.arange(50, 60, dtype=np.int64)
    model.zero_grad()
    loss = loss_of(model, Examples({"en": opening}, rows), rows, answer_only=answer_only, where=torch.device("cpu"))
    loss.backward()
    found = [each.grad.clone() for each in model.parameters()]

    model.zero_grad()
    total, counted = torch.zeros(()), 0
    for row in rows:
        ids = torch.from_numpy(np.concatenate([opening, row.ids]))[None]
        first = len(opening) + (row.answer_at if answer_only else 1)
        logits = model(input_ids=ids).logits[0, first - 1 : -1]
        total = total + torch.nn.functional.cross_entropy(logits, ids[0, first:], reduction="sum")
        counted += ids.shape[1] - first
    (total / counted).backward()
    assert float(loss.detach()) == pytest.approx(float((total / counted).detach()), rel=1e-5)
    for mine, plain in zip(found, model.parameters(), strict=True):
        assert torch.allclose(mine, plain.grad, atol=2e-5)
