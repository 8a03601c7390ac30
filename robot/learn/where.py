"""Where a network is trained: the device, and how narrow its numbers may be there."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


def device() -> Any:
    """The GPU if there is one, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def narrowest(where: Any) -> Any:
    """bfloat16 where the hardware multiplies it, else float32: emulated, bfloat16 is slower than that."""
    import torch

    native = torch.cuda.is_bf16_supported() if where.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if native else torch.float32


def half_precision(where: Any) -> AbstractContextManager[Any]:
    """Matrix products in bfloat16 where that is the faster."""
    import torch

    dtype = narrowest(where)
    return torch.autocast(where.type, dtype=dtype) if dtype is torch.bfloat16 else nullcontext()
