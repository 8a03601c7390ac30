"""Small tokenizers of every family, trained on the spot from what the robot knows: nothing is downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

DIGITS = "0123456789"
FAMILIES = ("byte_level", "digit_groups", "sentence_piece", "word_piece", "bytes_only")


def train(family: str, texts: Iterable[str], size: int = 2000) -> Any:
    """A tokenizer of `transformers` of that family: ours, GPT-2's, Llama 2's, BERT's, and one without any merge."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    end = "<end>"
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if family in ("byte_level", "digit_groups", "bytes_only"):
        tokenizer = Tokenizer(models.BPE())
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
        digits = pre_tokenizers.Digits(individual_digits=True)
        tokenizer.pre_tokenizer = (
            byte_level if family == "digit_groups" else pre_tokenizers.Sequence([digits, byte_level])
        )
        tokenizer.decoder = decoders.ByteLevel()
        size = 257 if family == "bytes_only" else size
        trainer: Any = trainers.BpeTrainer(
            vocab_size=size, special_tokens=[end], initial_alphabet=alphabet, show_progress=False
        )
    elif family == "sentence_piece":
        tokenizer = Tokenizer(models.BPE(unk_token=end))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[end],
            limit_alphabet=600,
            initial_alphabet=list(DIGITS),
            show_progress=False,
        )
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token=end))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=[end], show_progress=False)
    tokenizer.train_from_iterator(list(texts), trainer)
    if family == "sentence_piece":
        tokenizer = _with_bytes(tokenizer, end)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end)


def _with_bytes(trained: Any, end: str) -> Any:
    """The same merges, with a token for every byte, as sentence-piece models have them."""
    from tokenizers import Tokenizer, decoders, models

    model = json.loads(trained.to_str())["model"]
    vocabulary: dict[str, int] = model["vocab"]
    vocabulary |= {f"<0x{byte:02X}>": len(vocabulary) + byte for byte in range(256)}
    merges = [tuple(merge) for merge in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, unk_token=end))
    tokenizer.pre_tokenizer = trained.pre_tokenizer
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


@cache
def _by_byte() -> list[str]:
    from robot.think.vocabulary import byte_of

    return sorted(byte_of(), key=byte_of().__getitem__)


def shown_bytes(text: str) -> str:
    """`text` as a byte-level vocabulary writes it."""
    return "".join(_by_byte()[byte] for byte in text.encode())
