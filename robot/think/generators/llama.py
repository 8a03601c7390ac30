"""The Llama family (Llama, Qwen2) as few, large multiplications: queries, keys and values in one; gate and up in one.

It computes what the transformers library computes, without the library's bookkeeping, which costs a small model more
time than its weights do; and it is made from plain tensors, so that a model in a folder needs no library to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from robot.think.generators.attention import Segment, attend
from robot.think.generators.linear import Linear, Precision, linear

if TYPE_CHECKING:
    from torch import Tensor

FAMILY = ("llama", "qwen2")
Rotations = tuple["Tensor", "Tensor"]
"""Cosine and sine of every position's angles, each of shape (window, width)."""


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """What a model's `config.json` says of its size.

    heads    of the queries; `groups` of the keys and values
    width    of one head
    epsilon  of the norms
    """

    layers: int
    heads: int
    groups: int
    width: int
    epsilon: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> LlamaShape | None:
        """The shape in `config`; None where it has something that `FusedLlama` does not know.

        That is: another family or activation, or attention that looks back only so far. Raises KeyError.
        """
        if config.get("model_type") not in FAMILY or config.get("hidden_act", "silu") != "silu":
            return None
        if config.get("use_sliding_window") or config.get("quantization_config"):
            return None
        heads = int(config["num_attention_heads"])
        return cls(
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            groups=int(config.get("num_key_value_heads") or heads),
            width=int(config.get("head_dim") or config["hidden_size"] // heads),
            epsilon=float(config.get("rms_norm_eps", 1e-6)),
        )


class LlamaParts(NamedTuple):
    """All that a Llama is made from; `weights` by the names that the transformers library saves them under."""

    shape: LlamaShape
    weights: dict[str, Tensor]
    turns: Rotations


def rotations(config: Mapping[str, Any], width: int, window: int) -> Rotations | None:
    """The rotary positions of `config` (Su et al. 2021); None where they are stretched in some way."""
    import torch

    told = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if told.get("rope_type", told.get("type", "default")) != "default":
        return None
    theta = float(told.get("rope_theta") or config.get("rope_theta") or 10_000.0)
    speeds = theta ** (-torch.arange(0, width, 2, dtype=torch.float32) / width)
    angles = torch.outer(torch.arange(window, dtype=torch.float32), speeds).repeat(1, 2)
    return angles.cos(), angles.sin()


class FusedLlama:
    """Llama and Qwen2: RMS norm, rotary positions, grouped attention, gated SiLU. A `Network`.

    Each of the weights is taken out as its converted form is made, so that no model stands in memory twice. Raises
    KeyError (a weight is missing), RuntimeError (one has another shape).
    """

    def __init__(self, parts: LlamaParts, precision: Precision) -> None:
        import torch

        shape, weights, turns = parts
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self._shape = shape
        self._embedding = weights.pop("model.embed_tokens.weight").detach().to(dtype)
        cos, sin = turns
        half = shape.width // 2
        self._cos = cos[:, None].to(dtype)
        self._sin = torch.cat([-sin[:, :half], sin[:, half:]], dim=-1)[:, None].to(dtype)
        self._layers = []
        for number in range(shape.layers):
            layer = f"model.layers.{number}"
            self._layers.append(
                (
                    weights.pop(f"{layer}.input_layernorm.weight").detach().to(dtype),
                    _joined(weights, layer, ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"), precision),
                    _joined(weights, layer, ("self_attn.o_proj",), precision),
                    weights.pop(f"{layer}.post_attention_layernorm.weight").detach().to(dtype),
                    _joined(weights, layer, ("mlp.gate_proj", "mlp.up_proj"), precision),
                    _joined(weights, layer, ("mlp.down_proj",), precision),
                )
            )
        self._norm = weights.pop("model.norm.weight").detach().to(dtype)
        head = weights.pop("lm_head.weight", self._embedding)  # not saved where it is the embedding
        self._head = linear(head, None, precision)

    def __call__(self, tokens: Tensor, positions: Tensor, segments: Sequence[Segment], last: Tensor) -> Tensor:
        from torch import roll
        from torch.nn.functional import embedding, rms_norm, silu

        shape = self._shape
        heads, groups, width, epsilon = shape.heads, shape.groups, shape.width, shape.epsilon
        count = tokens.shape[0]
        x = embedding(tokens, self._embedding)
        cos, sin = self._cos[positions], self._sin[positions]
        for number, (norm_in, qkv, out, norm_mid, gate_up, down) in enumerate(self._layers):
            projected = qkv(rms_norm(x, norm_in.shape, norm_in, epsilon)).view(count, heads + 2 * groups, width)
            turned = projected[:, : heads + groups]
            turned = (turned * cos + roll(turned, width // 2, -1) * sin).transpose(0, 1)
            values = projected[:, heads + groups :].transpose(0, 1)
            seen = attend(number, turned[:heads], turned[heads:], values, segments)
            x = x + out(seen.reshape(count, heads * width))
            gate, up = gate_up(rms_norm(x, norm_mid.shape, norm_mid, epsilon)).chunk(2, -1)
            x = x + down(silu(gate) * up)
        return self._head(rms_norm(x[last], self._norm.shape, self._norm, epsilon))


def _joined(weights: dict[str, Tensor], layer: str, names: Sequence[str], precision: Precision) -> Linear:
    """Linear layers with the same input as one."""
    import torch

    parts = [weights.pop(f"{layer}.{name}.weight").detach() for name in names]
    biases = [weights.pop(f"{layer}.{name}.bias", None) for name in names]
    bias = torch.cat([each.detach() for each in biases if each is not None]) if biases[0] is not None else None
    return linear(torch.cat(parts) if len(parts) > 1 else parts[0], bias, precision)
