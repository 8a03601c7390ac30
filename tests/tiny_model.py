"""A tiny random causal model with its tokenizer, saved the way a real one is: real loading, no download."""

from __future__ import annotations

from pathlib import Path


def save_tiny_model(folder: Path, *, window: int = 256) -> Path:
    """A GPT-2 of two layers with a byte-level tokenizer, weights from a fixed seed, saved into `folder`."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<end>": 0} | {char: number for number, char in enumerate(alphabet, 1)}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    torch.manual_seed(7)
    config = GPT2Config(
        vocab_size=len(vocabulary), n_positions=window, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
