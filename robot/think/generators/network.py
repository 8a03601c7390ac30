"""A model's arithmetic on a packed step, and the transformers library's for every family that is not ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from robot.think.generators.attention import NAME, Segment
from robot.think.generators.linear import Precision, replace_linears

if TYPE_CHECKING:
    from torch import Tensor


class Network(Protocol):
    """Tokens and their positions (both of shape (n)) to the logits (rows, vocabulary) of the places `last` (rows)."""

    def __call__(self, tokens: Tensor, positions: Tensor, segments: Sequence[Segment], last: Tensor) -> Tensor: ...


class LibraryNetwork:
    """Any causal model of the transformers library that lets attention be replaced. `model` may not be used on."""

    def __init__(self, model: Any, precision: Precision) -> None:
        if precision == "int8":
            replace_linears(model, precision)
        elif precision == "bf16":
            model.bfloat16()
        model.set_attn_implementation(NAME)
        self._model = model

    def __call__(self, tokens: Tensor, positions: Tensor, segments: Sequence[Segment], last: Tensor) -> Tensor:
        output = self._model(
            input_ids=tokens[None],
            position_ids=positions[None],
            use_cache=False,
            logits_to_keep=last,
            segments=segments,
        )
        logits: Tensor = output.logits[0]
        return logits
