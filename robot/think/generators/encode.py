"""A prompt as tokens, cut where inference reads it piece by piece.

A tokenizer merges across a boundary that it does not see: "…too much?" read alone and read with the next line may be
different tokens. So each part is encoded by itself, in training and at the bedside, and what was read early (the
persona, the history, the question) stays as it is when the rest arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialogs import prompt
from dialogs.prompt import Language


def parts(
    system: str, history: Sequence[tuple[str, str]], question: str, passages: Sequence[str], language: Language
) -> tuple[str, str, str, str]:
    """The prompt in its parts: opening, said, asked, evidence. Joined they are `dialogs.prompt.prompt`."""
    return (
        prompt.opening(system),
        prompt.said(history, language),
        prompt.asked(question, language),
        prompt.evidence(passages, language),
    )


def encode(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """The token ids of `texts`, each encoded by itself, one after the other; no special tokens are added."""
    ids: list[int] = []
    for text in texts:
        if text:
            ids += tokenizer.encode(text, add_special_tokens=False)
    return ids
