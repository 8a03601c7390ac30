"""A linear layer in the precision that was asked for.

int8 weights with activations quantized on the fly: a quarter of the memory to read for each token, and not lossless.
Activations share one scale in a step, so that what is computed beside a row may round it differently.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor

Precision = Literal["fp32", "bf16", "int8"]
Linear = Callable[["Tensor"], "Tensor"]


def linear(weight: Tensor, bias: Tensor | None, precision: Precision) -> Linear:
    """`x @ weight.T + bias` for `weight` of shape (out, in)."""
    if precision == "int8":
        return _int8(weight, bias)
    import torch
    from torch.nn.functional import linear as multiply

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    weight = weight.detach().to(dtype)
    bias = None if bias is None else bias.detach().to(dtype)
    return lambda x: multiply(x, weight, bias)


def _int8(weight: Tensor, bias: Tensor | None) -> Linear:
    """Symmetric, one scale for each output; activations in 7 bits, which no 16-bit sum of products overflows."""
    import torch

    weight = weight.detach().float()
    scales = (weight.abs().amax(1) / 127).clamp_min(1e-12).double()
    zeros = torch.zeros(len(weight), dtype=torch.long)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces the end of quantized tensors; pyproject.toml pins torch
        quantized = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(quantized, None if bias is None else bias.detach().float())
    multiply = torch.ops.quantized.linear_dynamic
    return lambda x: multiply(x, packed, True)


def replace_linears(module: Any, precision: Precision) -> None:
    """Put layers of `precision` in the place of the linear layers in `module`, GPT-2's transposed ones too."""
    import torch
    from transformers.pytorch_utils import Conv1D

    class Replaced(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, multiply: Linear) -> None:
            super().__init__()
            self._multiply = multiply

        def forward(self, x: Tensor) -> Tensor:
            return self._multiply(x)

    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.Linear | Conv1D):
            weight = child.weight.T if isinstance(child, Conv1D) else child.weight
            setattr(module, name, Replaced(linear(weight, child.bias, precision)))
        else:
            replace_linears(child, precision)
