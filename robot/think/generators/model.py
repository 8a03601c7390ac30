"""A causal language model with its tokenizer, in memory once and shared by all conversations of a process."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from robot.errors import ConfigurationError, ModelError
from robot.think.generators.attention import NAME, Segment, register
from robot.think.generators.copying import KEY as COPYING
from robot.think.generators.copying import Copier
from robot.think.generators.kv_cache import KVCache
from robot.think.generators.linear import Precision
from robot.think.generators.model_folder import broken, find_model, verify
from robot.think.generators.network import network

if TYPE_CHECKING:
    from torch import Tensor

PrecisionChoice = Literal["auto", "fp32", "bf16", "int8"]
ACCEPTED = "bedside_precision"
"""Key of a model's config.json: the precision in which its evaluation was accepted."""
_LARGE = 100_000_000
"""Parameters from which on reading the weights is what takes the time."""


class CausalModel:
    """Reads tokens into caches and says what may follow.

    tokenizer   of the transformers library
    ends        the tokens that end an answer
    window      most tokens that one row may hold, answer included
    copier      helps it to copy from the evidence, where its configuration says so
    vocabulary  tokens that the tokenizer knows, the width of the logits
    """

    def __init__(self, model: str, precision: PrecisionChoice = "auto") -> None:
        """`model`: a folder, the name of a model that ships, or `owner/model` of a hub.

        Raises ModelError (`model_missing`, `model_broken`) and ConfigurationError (`precision_unknown`).
        """
        if precision not in get_args(PrecisionChoice):
            raise ConfigurationError(
                "precision_unknown", f"There is no precision '{precision}'.", "Known: auto, fp32, bf16, int8."
            )
        import torch

        self._torch = torch
        where = find_model(model)
        if Path(where).is_dir():
            verify(Path(where))
        self.tokenizer, loaded = _load(where)
        config = loaded.config.get_text_config()
        embedded = int(loaded.get_input_embeddings().weight.shape[0])
        if len(self.tokenizer) > embedded:
            raise broken(model, f"its tokenizer has {len(self.tokenizer)} tokens, its embedding only {embedded}")
        self.parameters = sum(weight.numel() for weight in loaded.parameters())
        self.precision: Precision = _chosen(precision, config, self.parameters)
        self.vocabulary = len(self.tokenizer)
        self.window = int(getattr(config, "max_position_embeddings", None) or 2048)
        self.ends = _ends(loaded, self.tokenizer)
        heads = int(config.num_attention_heads)
        bonus = float(getattr(config, COPYING, 0.0))
        self.copier = Copier(self.tokenizer, bonus) if bonus else None
        self._layers = int(config.num_hidden_layers)
        self._groups = int(getattr(config, "num_key_value_heads", None) or heads)
        self._width = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
        self._dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        try:
            with torch.inference_mode():
                self._network = network(loaded, self.precision, self.window)
            self.extend([(self.cache(), [0])])
        except (TypeError, AttributeError, RuntimeError, IndexError, NotImplementedError) as error:
            raise broken(model, f"its architecture is not supported ({type(error).__name__})") from error

    def cache(self) -> KVCache:
        """An empty cache for one row."""
        return KVCache(self._layers, self._groups, self._width, self.window, self._dtype)

    def extend(self, work: Sequence[tuple[KVCache, Sequence[int]]]) -> Tensor:
        """Read tokens (at least one each) into caches, all in one step; the logits (rows, vocabulary) after each.

        No cache may come twice. A cache that the step failed for holds what it held before. Raises RuntimeError,
        IndexError or MemoryError from the arithmetic.
        """
        torch = self._torch
        with torch.inference_mode():
            segments: list[Segment] = []
            tokens: list[int] = []
            positions: list[int] = []
            last: list[int] = []
            for cache, new in work:
                past, start = len(cache.tokens), len(tokens)
                cache.reserve(past + len(new))
                tokens += new
                positions += range(past, past + len(new))
                segments.append(Segment(start, len(tokens), cache, past))
                last.append(len(tokens) - 1)
            logits: Tensor = self._network(torch.tensor(tokens), torch.tensor(positions), segments, torch.tensor(last))[
                :, : self.vocabulary
            ].float()
            for cache, new in work:
                cache.tokens += new
            return logits


def _load(where: str) -> tuple[Any, Any]:
    """Tokenizer and model as the library loads them, in single precision."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    register()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tokenizer = AutoTokenizer.from_pretrained(where)
            loaded, report = AutoModelForCausalLM.from_pretrained(
                where, dtype=torch.float32, attn_implementation=NAME, output_loading_info=True
            )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, SafetensorError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0][:120]
        if Path(where).is_dir():
            raise broken(where, told) from error
        raise ModelError(
            "model_missing",
            f"The language model '{where}' does not load ({told}).",
            "Give the folder of a saved causal model, or owner/model while the hub can be reached.",
        ) from error
    if missing := sorted(report.get("missing_keys") or ()):
        raise broken(where, f"its weights lack {missing[0]}")
    return tokenizer, loaded.eval().requires_grad_(False)


def _chosen(precision: PrecisionChoice, config: Any, parameters: int) -> Precision:
    """`auto`: what the model's own evaluation accepted; else bf16 for a large one where the CPU multiplies it; fp32."""
    if precision != "auto":
        return precision
    accepted: Any = getattr(config, ACCEPTED, None)
    if accepted in get_args(Precision):
        return accepted  # type: ignore[no-any-return]
    import torch

    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if native and parameters >= _LARGE else "fp32"


def _ends(loaded: Any, tokenizer: Any) -> frozenset[int]:
    end = loaded.generation_config.eos_token_id
    ends = end if isinstance(end, list) else [end]
    return frozenset(int(token) for token in (*ends, tokenizer.eos_token_id) if token is not None)
