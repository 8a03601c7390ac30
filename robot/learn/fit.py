"""One training stage: steps over batches, checkpoints between them, and the loss curve that is left.

Killed at any moment it goes on from its last checkpoint and ends with the very weights of an unbroken run: the plan of
batches comes from the seed, and weights, optimizers, random state and losses from the checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robot.errors import ModelError
from robot.learn.examples import Example, Examples, plan_batches
from robot.learn.loss import loss_of
from robot.learn.optimizers import Optimizers
from robot.learn.progress import Progress
from robot.learn.settings import FitSettings
from robot.learn.stage import CHECKPOINT, replace_file, write_json
from robot.learn.where import device, half_precision

LOSSES = "losses.json"
_VALIDATION_ROWS = 96


def fit(
    model: Any,
    train: Examples,
    validation: Examples,
    settings: FitSettings,
    folder: Path,
    *,
    answer_only: bool,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Train `model` in place; the report for the manifest. `folder` gets the checkpoint and `losses.json`."""
    import torch

    where = device()
    model.to(where).train()
    torch.manual_seed(seed)
    optimizers = Optimizers(model, settings)
    plan = plan_batches(train.turns, steps=settings.steps, batch_tokens=settings.batch_tokens, seed=seed)
    losses = _Losses()
    start = _restore(folder, model, optimizers, losses)
    saved_at = began = time.perf_counter()
    tokens = 0
    for step in range(start, len(plan)):
        rows = [train.turns[index] for index in plan[step]]
        with half_precision(where):
            loss = loss_of(model, train, rows, answer_only=answer_only, where=where)
        loss.backward()
        optimizers.step(step)
        losses.train.append(float(loss.detach()))
        tokens += sum(len(row.ids) for row in rows)
        if (step + 1) % settings.validate_every == 0 or step + 1 == len(plan):
            losses.validation.append([step + 1, validate(model, validation, answer_only=answer_only, where=where)])
        progress.step(step + 1, len(plan), losses.train[-1])
        if time.perf_counter() - saved_at >= settings.checkpoint_s:
            _save(folder, step + 1, model, optimizers, losses)
            saved_at = time.perf_counter()
    write_json(folder / LOSSES, {"train": losses.train, "validation": losses.validation})
    model.eval()
    seconds = time.perf_counter() - began
    return {
        "steps": len(plan),
        "turns": len(train.turns),
        "turns_seen": sum(len(batch) for batch in plan),
        "tokens_per_second": round(tokens / seconds) if tokens else None,
        "resumed_at_step": start or None,
        "loss": losses.train[-1] if losses.train else None,
        "validation_loss": losses.validation[-1][1] if losses.validation else None,
    }


def validate(model: Any, examples: Examples, *, answer_only: bool, where: Any) -> float | None:
    """The mean loss on the first turns of each language; None when there are none."""
    import torch

    model.eval()
    with torch.inference_mode():
        losses = [
            float(loss_of(model, examples, batch, answer_only=answer_only, where=where))
            for batch in _validation_batches(examples.turns)
        ]
    model.train()
    return sum(losses) / len(losses) if losses else None


def _validation_batches(turns: Sequence[Example]) -> list[Sequence[Example]]:
    batches: list[Sequence[Example]] = []
    for language in sorted({turn.language for turn in turns}):
        rows = [turn for turn in turns if turn.language == language][:_VALIDATION_ROWS]
        rows.sort(key=lambda turn: len(turn.ids))
        batches += [rows[start : start + 32] for start in range(0, len(rows), 32)]
    return batches


class _Losses:
    """Nats a token: of every training step, and (step, loss) of every validation."""

    def __init__(self) -> None:
        self.train: list[float] = []
        self.validation: list[list[Any]] = []


def _save(folder: Path, step: int, model: Any, optimizers: Optimizers, losses: _Losses) -> None:
    import torch

    trained = {name: each.detach() for name, each in model.named_parameters() if each.requires_grad}
    state = {"step": step, "model": trained, "optimizers": optimizers.state(), "random": torch.get_rng_state()}
    state |= {"train": losses.train, "validation": losses.validation}
    replace_file(folder / CHECKPOINT, lambda part: torch.save(state, part))


def _restore(folder: Path, model: Any, optimizers: Optimizers, losses: _Losses) -> int:
    """The step to go on with: 0 without a checkpoint. Raises ModelError (`checkpoint_broken`)."""
    import torch

    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    try:
        state = torch.load(path, weights_only=True, map_location=device())
        model.load_state_dict(state["model"], strict=False)
        optimizers.restore(state["optimizers"])
        torch.set_rng_state(state["random"].cpu())
    except (RuntimeError, ValueError, KeyError, EOFError, OSError) as error:
        raise ModelError(
            "checkpoint_broken", f"The checkpoint {path} cannot be read.", "Delete it to begin the stage again."
        ) from error
    losses.train, losses.validation = state["train"], state["validation"]
    return int(state["step"])
