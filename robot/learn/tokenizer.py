"""The tokenizer: byte-level BPE over both languages, made so that copying is easy.

What is said once must be the same tokens wherever it stands, or a small model cannot copy it: digits stand one by one,
and so does every Chinese character (otherwise merges would run across words, cut anew in every clause).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

END = "<end>"
PAD = "<pad>"

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]"


def train_tokenizer(texts: Iterable[str], folder: Path, *, vocabulary: int, window: int) -> int:
    """Learn a vocabulary of at most `vocabulary` tokens from `texts` and save it for `AutoTokenizer`; its size.

    Token 0 is `<pad>`, token 1 is `<end>`, which also stands for "unknown": byte-level BPE knows every text.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Split(Regex(_HAN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        model_max_length=window,
        clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)
    return int(tokenizer.get_vocab_size())
