"""Reading a saved causal model: its tokenizer, its configuration, and what its arithmetic is made from.

A Llama in a folder is read as it lies there (`config.json`, `*.safetensors`): the transformers library imports
for two seconds and 140 MB before it reads the first of its weights. Everything else goes through the library.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot.errors import ModelError
from robot.think.generators.attention import NAME, register
from robot.think.generators.llama import LlamaParts, LlamaShape, rotations
from robot.think.generators.model_folder import broken

if TYPE_CHECKING:
    from torch import Tensor

_GENERIC = ("TokenizersBackend", "PreTrainedTokenizerFast")
"""Tokenizers that are wholly described by their `tokenizer.json`."""
_POSITIONS = "rotary_emb"
"""In the names of tensors that old files hold beside the weights; they are computed."""
_WINDOW = 2048
"""Of a model that does not say how many tokens it can see."""


@dataclass(frozen=True)
class Loaded:
    """A model before its weights were put into the form that they are used in.

    config      what its `config.json` says (of the text model, where there is more)
    embedded    tokens that it has an embedding for
    layers      of the cache; `groups` and `width` as well
    ends        tokens that end an answer
    llama       what our own arithmetic is made from, where it knows all that the model does
    library     else the model, of the transformers library
    """

    tokenizer: Any
    config: Mapping[str, Any]
    embedded: int
    parameters: int
    layers: int
    groups: int
    width: int
    window: int
    ends: frozenset[int]
    llama: LlamaParts | None = None
    library: Any = None


def load(where: str) -> Loaded:
    """The model in the folder `where`, or of the hub (`owner/model`).

    Raises ModelError (`model_missing`, `model_broken`).
    """
    folder = Path(where)
    try:
        return (_read(folder) if folder.is_dir() else None) or _by_library(where)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0][:120]
        if folder.is_dir():
            raise broken(where, told) from error
        raise ModelError(
            "model_missing",
            f"The language model '{where}' does not load ({told}).",
            "Give the folder of a saved causal model, or owner/model while the hub can be reached.",
        ) from error


# ---- as it lies in its folder ----


def _read(folder: Path) -> Loaded | None:
    """None where it is no Llama, or has something that only the library knows."""
    config = _json(folder / "config.json")
    shape, files = LlamaShape.of(config), _weight_files(folder)
    window = int(config.get("max_position_embeddings") or _WINDOW)
    turns = rotations(config, shape.width, window) if shape else None
    if shape is None or turns is None or not files:
        return None
    weights: dict[str, Tensor] = {}
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        for file in files:
            weights |= {name: each for name, each in load_file(file).items() if _POSITIONS not in name}
    except SafetensorError as error:
        raise broken(folder, str(error)[:120]) from error
    tokenizer = _tokenizer(str(folder), _json(folder / "tokenizer_config.json").get("tokenizer_class"))
    end = _json(folder / "generation_config.json").get("eos_token_id", config.get("eos_token_id"))
    return Loaded(
        tokenizer=tokenizer,
        config=config,
        embedded=int(weights["model.embed_tokens.weight"].shape[0]),
        parameters=sum(weight.numel() for weight in weights.values()),
        layers=shape.layers,
        groups=shape.groups,
        width=shape.width,
        window=window,
        ends=_ends(end, tokenizer),
        llama=LlamaParts(shape, weights, turns),
    )


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _weight_files(folder: Path) -> list[Path]:
    index = _json(folder / "model.safetensors.index.json").get("weight_map")
    names = sorted(set(index.values())) if index else ["model.safetensors"]
    files = [folder / Path(name).name for name in names]
    return files if all(file.is_file() for file in files) else []


# ---- by the library ----


def _by_library(where: str) -> Loaded:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    register()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = _tokenizer(where, None)
        try:
            model, report = AutoModelForCausalLM.from_pretrained(
                where, dtype=torch.float32, attn_implementation=NAME, output_loading_info=True
            )
        except SafetensorError as error:
            raise OSError(str(error)) from error
    if missing := sorted(report.get("missing_keys") or ()):
        raise broken(where, f"its weights lack {missing[0]}")
    model = model.eval().requires_grad_(False)
    config = model.config.get_text_config()
    heads = int(config.num_attention_heads)
    window = int(getattr(config, "max_position_embeddings", None) or _WINDOW)
    return Loaded(
        tokenizer=tokenizer,
        config=config.to_dict(),
        embedded=int(model.get_input_embeddings().weight.shape[0]),
        parameters=sum(weight.numel() for weight in model.parameters()),
        layers=int(config.num_hidden_layers),
        groups=int(getattr(config, "num_key_value_heads", None) or heads),
        width=int(getattr(config, "head_dim", None) or config.hidden_size // heads),
        window=window,
        ends=_ends(model.generation_config.eos_token_id, tokenizer),
        llama=_parts(model, window),
        library=model,
    )


def _parts(model: Any, window: int) -> LlamaParts | None:
    """Of a Llama that the library had to read: from the hub, or with stretched positions."""
    import torch

    shape = LlamaShape.of(model.config.to_dict())
    rotary: Any = getattr(getattr(model, "model", None), "rotary_emb", None)
    if shape is None or getattr(rotary, "rope_type", "") not in ("default", "linear", "llama3"):
        return None
    cos, sin = rotary(torch.zeros(1), position_ids=torch.arange(window)[None])
    return LlamaParts(shape, model.state_dict(), (cos[0], sin[0]))


def _tokenizer(where: str, kind: str | None) -> Any:
    """The library's; a generic one without the search for its class, which imports all there are."""
    if kind in _GENERIC:
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast.from_pretrained(where)
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(where)


def _ends(told: Any, tokenizer: Any) -> frozenset[int]:
    ends = told if isinstance(told, list) else [told]
    return frozenset(int(token) for token in (*ends, tokenizer.eos_token_id) if token is not None)
