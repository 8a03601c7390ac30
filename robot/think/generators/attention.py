"""Attention over a packed step: tokens of several conversations lie one after the other, each row sees its own cache.

Packing (as in vLLM, Kwon et al. 2023) instead of padding: everything but attention works on all tokens of a step at
once, attention on one row after the other, so rows of any length, prompts and single tokens share a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from robot.think.generators.kv_cache import KVCache

if TYPE_CHECKING:
    from torch import Tensor

NAME = "bedside_packed"
"""Under which `register` offers this to models of the transformers library."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens `start` to `end` of a step; they continue `cache`, which holds `past` tokens."""

    start: int
    end: int
    cache: KVCache
    past: int


def attend(  # noqa: PLR0917 - called once a layer, where keywords cost
    layer: int,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    segments: Sequence[Segment],
    scale: float | None = None,
    window: int | None = None,
) -> Tensor:
    """Write new keys and values into the caches, and attend. Runs under `torch.inference_mode`.

    queries         (heads, tokens, width); `keys` and `values` have the same number of heads or a divisor of it
    scale           of the scores; None: 1/√width
    window          how far back a token sees; None: all the way

    Returns (tokens, heads, width).
    """
    if len(segments) == 1:
        return _attend_row(layer, queries, keys, values, segments[0], scale, window)
    out = queries.new_empty((queries.shape[1], queries.shape[0], queries.shape[2]))
    for row in segments:
        part = slice(row.start, row.end)
        out[part] = _attend_row(layer, queries[:, part], keys[:, part], values[:, part], row, scale, window)
    return out


def _attend_row(  # noqa: PLR0917
    layer: int, queries: Tensor, keys: Tensor, values: Tensor, row: Segment, scale: float | None, window: int | None
) -> Tensor:
    from torch.nn.functional import scaled_dot_product_attention

    all_keys, all_values = row.cache.write(layer, row.past, keys, values)
    heads, length, width = queries.shape
    groups = all_keys.shape[0]
    if length == 1:
        if window is not None:
            all_keys, all_values = all_keys[:, -window:], all_values[:, -window:]
        # Query heads that share a key head are read as so many queries: no key is copied.
        grouped = queries.reshape(1, groups, heads // groups, width)
        seen = scaled_dot_product_attention(grouped, all_keys[None], all_values[None], scale=scale)
        return seen.reshape(1, heads, width)
    seen = scaled_dot_product_attention(
        queries[None],
        all_keys[None],
        all_values[None],
        attn_mask=_mask(length, row.past, window, queries),
        scale=scale,
        enable_gqa=heads != groups,
    )
    return seen[0].transpose(0, 1)


def _mask(length: int, past: int, window: int | None, like: Tensor) -> Tensor:
    """(length, past + length): True where a token may look, at itself and back."""
    import torch

    mask = torch.ones((length, past + length), dtype=torch.bool, device=like.device).tril(past)
    return mask if window is None else mask.triu(past - window + 1)


def register() -> None:
    """Teach the transformers library the attention `NAME`; a second time changes nothing."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _for_transformers)


def _for_transformers(
    module: Any,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
    *,
    segments: Sequence[Segment],
    scaling: float | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """The library's signature: tensors have a leading 1; `segments` is passed through the model's own call."""
    if softcap is not None:
        raise NotImplementedError("capped attention scores")
    seen = attend(module.layer_idx, queries[0], keys[0], values[0], segments, scaling, sliding_window)
    return seen[None], None
