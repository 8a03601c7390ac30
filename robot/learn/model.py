"""The network: a new Llama of configured shape, or a base with LoRA adapters, and how it is saved."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from robot.errors import ModelError
from robot.learn.induction import start_with_induction
from robot.learn.settings import LoraSettings, ModelSettings


def new_model(settings: ModelSettings, tokenizer: Any, seed: int) -> Any:
    """A Llama with random weights and the heads of induction in place, the same for the same seed."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    quiet()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.groups,
        rope_parameters={"rope_type": "default", "rope_theta": settings.theta},
        intermediate_size=settings.intermediate,
        max_position_embeddings=settings.window,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        attn_implementation="sdpa",
    )
    model = LlamaForCausalLM(config)
    start_with_induction(model)
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def load_model(folder: str | Path) -> Any:
    """A saved causal model in single precision. Raises ModelError (`model_missing`, `model_broken`)."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    quiet()
    try:
        return AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _broken(folder, error) from error


def load_tokenizer(folder: str | Path) -> Any:
    """A saved tokenizer. Raises ModelError (`model_missing`, `model_broken`)."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError) as error:
        raise _broken(folder, error) from error


def with_adapters(model: Any, settings: LoraSettings, seed: int) -> Any:
    """`model` with LoRA adapters (Hu et al. 2021) on all linear layers; only these are trained."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    adapters = LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft tells of transformers' future and of GPT-2's transposed layers
        return get_peft_model(model, adapters)


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Model and tokenizer for `from_pretrained`; adapters are merged into the weights they adapt.

    A chat template is dropped: the model was trained on the prompt of `dialogs/prompt.py`.
    """
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    tokenizer.chat_template = None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def quiet() -> None:
    """No bars and hints of the library beside ours."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _broken(folder: str | Path, error: Exception) -> ModelError:
    code = "model_broken" if Path(folder).is_dir() else "model_missing"
    reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
    return ModelError(
        code, f"The language model '{folder}' does not load ({reason}).", "Give the folder of a saved causal model."
    )
