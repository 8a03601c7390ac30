"""What turns gradients into steps: Muon for the matrices inside the layers, AdamW for the rest; warm-up and cosine."""

from __future__ import annotations

import math
from typing import Any

from robot.learn.muon import Muon
from robot.learn.settings import FitSettings


class Optimizers:
    """The optimizers of one training stage, under one learning-rate schedule.

    Embeddings, norms and, unless the settings ask for Muon, all else are AdamW's (Loshchilov and Hutter 2017), fused
    where torch offers it.
    """

    def __init__(self, model: Any, settings: FitSettings) -> None:
        import torch

        self._settings = settings
        self._trained = [each for each in model.parameters() if each.requires_grad]
        embedding = model.get_input_embeddings().weight
        matrices = [each for each in self._trained if each.ndim == 2 and each is not embedding]
        inner = {id(each) for each in matrices}
        rest = [each for each in self._trained if id(each) not in inner]
        by_muon = settings.optimizer == "muon"
        groups = [
            {"params": [] if by_muon else matrices, "weight_decay": settings.weight_decay},
            {"params": rest, "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        self._adamw: Any = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.95), fused=True)
        self._muon = Muon(matrices, weight_decay=settings.weight_decay) if by_muon else None

    def step(self, number: int) -> None:
        """Apply the gradients of step `number`, counted from 0, and clear them."""
        import torch

        torch.nn.utils.clip_grad_norm_(self._trained, self._settings.clip)
        share = schedule(number, self._settings)
        for group in self._adamw.param_groups:
            group["lr"] = self._settings.learning_rate * share
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)
        if self._muon:
            self._muon.step(self._settings.matrix_learning_rate * share)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"adamw": self._adamw.state_dict(), "muon": self._muon.state() if self._muon else []}

    def restore(self, state: dict[str, Any]) -> None:
        """From a checkpoint."""
        self._adamw.load_state_dict(state["adamw"])
        if self._muon:
            self._muon.restore(state["muon"])


def schedule(step: int, settings: FitSettings) -> float:
    """The share of the peak learning rate at `step`: linear warm-up, then a cosine down to `floor`."""
    warm = max(1, round(settings.steps * settings.warmup))
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, settings.steps - warm)
    return settings.floor + (1 - settings.floor) * (1 + math.cos(math.pi * done)) / 2
