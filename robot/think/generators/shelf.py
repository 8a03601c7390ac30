"""The models of a process: each is loaded once, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robot.blocking import Blocking
from robot.think.generators.batch import Batch, TokenLock
from robot.think.generators.model import CausalModel, PrecisionChoice
from robot.think.generators.model_folder import find_model

_LARGE = 100_000_000
"""Parameters from which on a full chunk would keep whoever cancels waiting."""


class ModelShelf:
    """Shared by all conversations that are built from one `robot.content.Content`.

    Steps run on a strand of the shelf's own, because they outlive the conversation that asked first.
    """

    def __init__(self) -> None:
        self._batches: dict[tuple[type[CausalModel], str, str, int | None, bool], Batch] = {}
        self._models: dict[tuple[type[CausalModel], str, str], CausalModel] = {}
        self._doors: dict[bool, Blocking] = {}

    def batch(
        self,
        model: str,
        precision: PrecisionChoice = "auto",
        *,
        kind: type[CausalModel] = CausalModel,
        chunk: int | None = None,
        inline: bool,
        make_lock: Callable[[Any], TokenLock] | None = None,
    ) -> Batch:
        """The batch of `model`, loaded now if it was not. Raises ModelError, ConfigurationError.

        kind        what computes it
        chunk       tokens of prompts in a step; None: by the model's size
        inline      whether steps run on the event loop itself (on a virtual clock)
        make_lock   from the model's tokenizer to what is held over its answers; asked the first time only
        """
        where = find_model(model)
        key = (kind, where, precision, chunk, inline)
        if key not in self._batches:
            if (kind, where, precision) not in self._models:
                self._models[kind, where, precision] = kind(where, precision)
            loaded = self._models[kind, where, precision]
            door = self._doors.setdefault(inline, Blocking(inline=inline))
            size = chunk or (64 if loaded.parameters < _LARGE else 32)
            lock = make_lock(loaded.tokenizer) if make_lock else None
            self._batches[key] = Batch(loaded, door.strand("generator"), chunk=size, lock=lock)
        return self._batches[key]

    def close(self) -> None:
        """End the threads; a step that runs is finished first. What was loaded is let go."""
        for door in self._doors.values():
            door.close()
        self._batches.clear()
        self._models.clear()
        self._doors.clear()
