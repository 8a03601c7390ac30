"""What a model has read, kept: the keys and values of every layer, and the tokens that they stand for.

A conversation keeps one cache. Its next prompt is compared with the tokens in it, and only what follows the longest
common beginning is computed. So a persona, a history and a question are read once; after an interruption the history
differs from where the patient cut in, and a partial transcript from where the recognizer changed its mind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from torch import Tensor, dtype

_ALIGN = 64
"""Room grows in steps of so many tokens at the least."""


class TokenCache(ABC):
    """What one conversation has read, wherever its keys and values lie."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        """What the valid part of the keys and values stands for."""
        self.used_at = 0
        """When it was used last, in steps of the engine that owns it."""

    def common(self, tokens: Sequence[int]) -> int:
        """How many of the first `tokens` are in here."""
        for place, (ours, theirs) in enumerate(zip(self.tokens, tokens, strict=False)):
            if ours != theirs:
                return place
        return min(len(self.tokens), len(tokens))

    @property
    @abstractmethod
    def bytes(self) -> int:
        """Memory that its keys and values take."""

    @abstractmethod
    def cut(self, length: int) -> None:
        """Forget what comes after the first `length` tokens; 0 gives the memory back too."""

    @abstractmethod
    def begin_like(self, other: Self, length: int) -> None:
        """Hold the first `length` tokens of `other`, copied, and nothing else."""


class KVCache(TokenCache):
    """Keys and values of `layers` layers, each of shape (heads, room, width), for at most `window` tokens.

    Room is taken as it is needed (half as much again each time), because a process may hold hundreds of these.
    """

    def __init__(self, layers: int, heads: int, width: int, window: int, dtype: dtype) -> None:
        super().__init__()
        self._shape = (heads, width)
        self._layers = layers
        self._window = window
        self._dtype = dtype
        self._room = 0
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []

    @property
    def bytes(self) -> int:
        return sum(tensor.nbytes for tensor in (*self._keys, *self._values))

    def cut(self, length: int) -> None:
        del self.tokens[length:]
        if length == 0:
            self._keys, self._values, self._room = [], [], 0

    def reserve(self, length: int) -> None:
        """Make room for `length` tokens in all. Raises MemoryError or RuntimeError when there is none to have."""
        if length <= self._room:
            return
        import torch

        wanted = max(length, self._room * 3 // 2)
        room = min(self._window, -(-wanted // _ALIGN) * _ALIGN)
        heads, width = self._shape
        grown: list[list[Tensor]] = []
        for old in (self._keys, self._values):
            new = [torch.zeros((heads, room, width), dtype=self._dtype) for _ in range(self._layers)]
            for into, tensor in zip(new, old, strict=False):
                into[:, : len(self.tokens)] = tensor[:, : len(self.tokens)]
            grown.append(new)
        (self._keys, self._values), self._room = grown, room

    def write(self, layer: int, start: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put (heads, n, width) behind the first `start` tokens; all keys and values of `layer` up to there, as views.

        Room must have been reserved. The caller appends to `tokens` once every layer is written.
        """
        end = start + keys.shape[1]
        all_keys, all_values = self._keys[layer], self._values[layer]
        all_keys[:, start:end] = keys
        all_values[:, start:end] = values
        return all_keys[:, :end], all_values[:, :end]

    def begin_like(self, other: KVCache, length: int) -> None:
        self.tokens = []
        self.reserve(length)
        for ours, theirs in ((self._keys, other._keys), (self._values, other._values)):
            for into, tensor in zip(ours, theirs, strict=True):
                into[:, :length] = tensor[:, :length]
        self.tokens = other.tokens[:length]
