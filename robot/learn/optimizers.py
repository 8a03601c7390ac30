"""What turns gradients into steps: Muon for the matrices inside the layers, AdamW for the rest; warm-up and cosine."""

from __future__ import annotations

import math
from typing import Any

from robot.learn.settings import FitSettings


class Optimizers:
    """The optimizers of one training stage, under one learning-rate schedule.

    Muon (Jordan et al. 2024) makes a matrix's step orthogonal. Embeddings, norms and adapters stay with AdamW
    (Loshchilov and Hutter 2017), fused where torch offers it.
    """

    def __init__(self, model: Any, settings: FitSettings, where: Any) -> None:
        import torch

        self._settings = settings
        self._trained = [each for each in model.parameters() if each.requires_grad]
        embedding = model.get_input_embeddings().weight
        inner = [each for each in self._trained if each.ndim == 2 and each is not embedding]
        matrices = inner if settings.optimizer == "muon" else []
        chosen = {id(each) for each in matrices}
        rest = [each for each in self._trained if id(each) not in chosen]
        decayed = [each for each in rest if each.ndim == 2 and each is not embedding]
        plain = [each for each in rest if each.ndim != 2 or each is embedding]
        groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self._optimizers: list[Any] = [
            torch.optim.AdamW(
                [group for group in groups if group["params"]], lr=settings.learning_rate, betas=(0.9, 0.95), fused=True
            )
        ]
        if matrices:
            self._optimizers.append(
                torch.optim.Muon(matrices, lr=settings.matrix_learning_rate, weight_decay=settings.weight_decay)
            )
        self._peaks = [settings.learning_rate, settings.matrix_learning_rate]

    def step(self, number: int) -> None:
        """Apply the gradients of step `number`, counted from 0, and clear them."""
        import torch

        torch.nn.utils.clip_grad_norm_(self._trained, self._settings.clip)
        share = schedule(number, self._settings)
        for optimizer, peak in zip(self._optimizers, self._peaks, strict=False):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[Any]:
        """For a checkpoint."""
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def restore(self, state: list[Any]) -> None:
        """From a checkpoint."""
        for optimizer, saved in zip(self._optimizers, state, strict=True):
            optimizer.load_state_dict(saved)


def schedule(step: int, settings: FitSettings) -> float:
    """The share of the peak learning rate at `step`: linear warm-up, then a cosine down to `floor`."""
    warm = max(1, round(settings.steps * settings.warmup))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, settings.steps - warm)
    return settings.floor + (1 - settings.floor) * (1 + math.cos(math.pi * done)) / 2
