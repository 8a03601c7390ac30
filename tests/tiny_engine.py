"""Tiny causal models for the generating engine: of several families, and one that says one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.tiny_model import save_tiny_model

FAMILIES = ("gpt2", "llama", "qwen2")
WORDS = (" Eat", " less", " than", " 5", " g", " of", " salt", " a", " day", ".")


def save_family(folder: Path, family: str, *, window: int = 256, seed: int = 1) -> Path:
    """A random model of `family` with the byte-level tokenizer of `save_tiny_model`, in `folder`.

    Its weights are larger than usual, so that what it writes depends on all of what it read.
    """
    model = _model(family, window, seed)
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            weight.data *= 30 if "emb" in name or "wte" in name else 6
    return _save(model, folder)


def save_chain(
    folder: Path, words: Sequence[str] = WORDS, *, window: int = 512, end: bool = True, family: str = "gpt2"
) -> Path:
    """A GPT-2 or a Llama that says `words` after every prompt.

    Each word's output row is the embedding of the word before it, and the layers add nothing. Without `end` the last
    word is followed by the first for ever.
    """
    import torch
    from transformers import AutoTokenizer

    save_tiny_model(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(list(words))
    tokenizer.save_pretrained(folder)
    chain = [tokenizer.convert_tokens_to_ids(word) for word in words]
    torch.manual_seed(7)
    model, embedding, added = _silent(family, len(tokenizer), window)
    for weight in added:
        weight.data.zero_()
    model.lm_head.weight.data.zero_()
    follows = [(tokenizer.encode(colon)[-1], chain[0]) for colon in (":", "：")]
    follows += pairwise([*chain, 0 if end else chain[0]])
    for before, after in follows:
        model.lm_head.weight.data[after] += embedding.weight.data[before]
    model.save_pretrained(folder)
    return folder


def _silent(family: str, vocabulary: int, window: int) -> tuple[Any, Any, list[Any]]:
    """A model, its embedding, and the weights through which anything else reaches the output."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    ends = {"bos_token_id": 0, "eos_token_id": 0, "vocab_size": vocabulary, "tie_word_embeddings": False}
    if family == "gpt2":
        gpt2 = GPT2LMHeadModel(GPT2Config(n_positions=window, n_embd=64, n_layer=2, n_head=2, **ends))
        added = [part.weight for layer in gpt2.transformer.h for part in (layer.attn.c_proj, layer.mlp.c_proj)]
        return gpt2, gpt2.transformer.wte, [*added, gpt2.transformer.wpe.weight]
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    llama = LlamaForCausalLM(LlamaConfig(num_key_value_heads=2, max_position_embeddings=window, **sizes, **ends))
    added = [part.weight for layer in llama.model.layers for part in (layer.self_attn.o_proj, layer.mlp.down_proj)]
    return llama, llama.model.embed_tokens, added


def _model(family: str, window: int, seed: int) -> Any:
    import torch
    import transformers

    torch.manual_seed(seed)
    ends = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": None}
    if family == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=257, n_positions=window, n_embd=32, n_layer=2, n_head=2, tie_word_embeddings=False, **ends
        )
        return transformers.GPT2LMHeadModel(config)
    names = {"llama": ("LlamaConfig", "LlamaForCausalLM"), "qwen2": ("Qwen2Config", "Qwen2ForCausalLM")}
    config_name, model_name = names[family]
    config = getattr(transformers, config_name)(
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        vocab_size=258 if family == "qwen2" else 257,  # the library's tokenizer of this family adds a token
        max_position_embeddings=window,
        tie_word_embeddings=False,
        **ends,
    )
    return getattr(transformers, model_name)(config)


def _save(model: Any, folder: Path) -> Path:
    """Weights of `model`, and beside them the tokenizer of the tiny model."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tiny_model(folder)
    model.save_pretrained(folder)
    return folder
