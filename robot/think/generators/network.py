"""A model's arithmetic on a packed step: ours for the Llama family, the transformers library's for every other.

Ours does the same sums with fewer, larger multiplications (queries, keys and values in one; gate and up in one) and
without the library's bookkeeping, which costs a small model more time than its weights do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from robot.think.generators.attention import NAME, Segment, attend
from robot.think.generators.linear import Precision, linear, replace_linears

if TYPE_CHECKING:
    from torch import Tensor

_FUSED = ("llama", "qwen2")


class Network(Protocol):
    """Tokens and their positions (both of shape (n)) to the logits (rows, vocabulary) of the places `last` (rows)."""

    def __call__(self, tokens: Tensor, positions: Tensor, segments: Sequence[Segment], last: Tensor) -> Tensor: ...


def network(model: Any, precision: Precision, window: int) -> Network:
    """The fastest network that computes what `model` (of the transformers library) does. `model` may not be used on.

    `window` is the greatest number of tokens in a row.
    """
    return FusedLlama(model, precision, window) if fusible(model) else LibraryNetwork(model, precision)


def fusible(model: Any) -> bool:
    """Whether `FusedLlama` knows all that `model` does: the family, full attention, one set of rotations, SiLU."""
    config = model.config
    rotary = getattr(getattr(model, "model", None), "rotary_emb", None)
    return (
        config.model_type in _FUSED
        and config.hidden_act == "silu"
        and not getattr(config, "use_sliding_window", False)
        and getattr(rotary, "rope_type", "") in ("default", "linear", "llama3")
    )


class LibraryNetwork:
    """Any causal model of the transformers library that lets attention be replaced."""

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
        return output.logits[0]


class FusedLlama:
    """Llama and Qwen2: RMS norm, rotary positions, grouped attention, gated SiLU."""

    def __init__(self, model: Any, precision: Precision, window: int) -> None:
        import torch

        config, inner = model.config, model.model
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self._heads = int(config.num_attention_heads)
        self._groups = int(config.num_key_value_heads)
        self._width = int(getattr(config, "head_dim", None) or config.hidden_size // self._heads)
        self._epsilon = float(config.rms_norm_eps)
        self._embedding = inner.embed_tokens.weight.detach().to(dtype)
        cos, sin = inner.rotary_emb(torch.zeros(1), position_ids=torch.arange(window)[None])
        half = self._width // 2
        self._cos = cos[0][:, None].to(dtype)
        self._sin = torch.cat([-sin[0][:, :half], sin[0][:, half:]], dim=-1)[:, None].to(dtype)
        self._layers = []
        for layer in inner.layers:
            attention, mlp = layer.self_attn, layer.mlp
            self._layers.append(
                (
                    layer.input_layernorm.weight.detach().to(dtype),
                    _joined((attention.q_proj, attention.k_proj, attention.v_proj), precision),
                    _joined((attention.o_proj,), precision),
                    layer.post_attention_layernorm.weight.detach().to(dtype),
                    _joined((mlp.gate_proj, mlp.up_proj), precision),
                    _joined((mlp.down_proj,), precision),
                )
            )
            layer.self_attn = layer.mlp = None  # the library's copy of the weights goes as ours is made
        self._norm = inner.norm.weight.detach().to(dtype)
        self._head = _joined((model.lm_head,), precision)

    def __call__(self, tokens: Tensor, positions: Tensor, segments: Sequence[Segment], last: Tensor) -> Tensor:
        from torch import roll
        from torch.nn.functional import embedding, rms_norm, silu

        heads, groups, width, epsilon = self._heads, self._groups, self._width, self._epsilon
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


def _joined(layers: Sequence[Any], precision: Precision) -> Any:
    """Linear layers with the same input as one."""
    import torch

    if len(layers) == 1:
        return linear(layers[0].weight, layers[0].bias, precision)
    weight = torch.cat([layer.weight.detach() for layer in layers])
    bias = None if layers[0].bias is None else torch.cat([layer.bias.detach() for layer in layers])
    return linear(weight, bias, precision)
