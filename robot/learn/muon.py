"""Muon (Jordan et al. 2024): steps of gradient descent made orthogonal, for the matrices inside a network.

torch has one too; it works in bfloat16 everywhere, which a CPU without it emulates four times slower than single
precision, and matrix by matrix, where matrices of one shape can be multiplied together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from robot.learn.where import narrowest

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the authors' quintic that pulls singular values towards one: steep at zero, it ends within 0.3 of one."""
_ROUNDS = 5
_MOMENTUM = 0.95


class Muon:
    """The optimizer of `matrices` (2-D parameters), with Nesterov momentum and decoupled weight decay."""

    def __init__(self, matrices: Sequence[Any], *, weight_decay: float) -> None:
        import torch

        self._weight_decay = weight_decay
        self._momenta = [torch.zeros_like(matrix) for matrix in matrices]
        self._groups: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
        for matrix, momentum in zip(matrices, self._momenta, strict=True):
            self._groups[matrix.shape].append((matrix, momentum))

    def step(self, rate: float) -> None:
        """Apply the gradients, at the learning rate `rate` of a square matrix, and clear them."""
        import torch

        with torch.no_grad():
            for (rows, columns), group in self._groups.items():
                directions = []
                for matrix, momentum in group:
                    momentum.lerp_(matrix.grad, 1 - _MOMENTUM)
                    directions.append(matrix.grad.lerp(momentum, _MOMENTUM))
                scale = rate * max(1.0, rows / columns) ** 0.5
                for (matrix, _), update in zip(group, orthogonal(torch.stack(directions)), strict=True):
                    matrix.mul_(1 - rate * self._weight_decay).add_(update, alpha=-scale)
                    matrix.grad = None

    def state(self) -> list[Any]:
        """For a checkpoint."""
        return self._momenta

    def restore(self, state: Sequence[Any]) -> None:
        """From a checkpoint."""
        for momentum, saved in zip(self._momenta, state, strict=True):
            momentum.copy_(saved)


def orthogonal(matrices: Any) -> Any:
    """For each of a stack (n, rows, columns) nearly its orthogonal factor: the singular values become about one."""
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    found = matrices.mT if tall else matrices
    found = found.to(narrowest(matrices.device))
    found = found / found.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    for _ in range(_ROUNDS):
        square = found @ found.mT
        found = a * found + (b * square + c * square @ square) @ found
    return (found.mT if tall else found).to(matrices.dtype)
