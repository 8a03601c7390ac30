"""What is held over a model's choice of tokens in one answer: help to copy from the evidence, and the lock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from robot.think.generators.copying import Copying

if TYPE_CHECKING:
    from torch import Tensor


class LockState(Protocol):
    """What may come next in one answer; see `robot.think.lock`."""

    def forbidden(self, made: int | None) -> Any:
        """After the token `made` (None: before the first): a boolean array of the vocabulary's width, or None.

        Raises GeneratorError where the answer may not go on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Steering:
    """One answer's; asked before each token."""

    lock: LockState | None = None
    copying: Copying | None = None

    def apply(self, logits: Tensor, made: int | None) -> None:
        """Change `logits` (vocabulary) in place, after the token `made` (None: before the first).

        Raises GeneratorError where the answer may not go on.
        """
        if self.copying is not None and (following := self.copying.favoured(made)):
            logits[following] += self.copying.bonus
        if self.lock is not None and (mask := self.lock.forbidden(made)) is not None:
            from torch import from_numpy

            width = min(len(mask), len(logits))
            logits[:width].masked_fill_(from_numpy(mask[:width]).to(logits.device), -math.inf)
