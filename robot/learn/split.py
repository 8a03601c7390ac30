"""What is learned and what is only tested, decided by a hash of the text: the same on every machine, in every run.

A passage that is held back is never seen in training, in no role. Of the other passages some questions are held back,
and some of the frames around questions, so that the test measures new wordings.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

from robot.learn.record import Split

T = TypeVar("T")

PASSAGES_HELD = 10
WORDINGS_HELD = 10
VALIDATION_HELD = 4
"""Per cent of the passages, and of the questions and frames of the others."""

SHARES: dict[Split, float] = {"train": 0.92, "validation": 0.02, "test_wording": 0.03, "test_passage": 0.03}
"""How many of the records go where."""


def bucket(text: str) -> int:
    """0 to 99, the same for the same text for ever."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") % 100


def passage_is_held(passage_id: str) -> bool:
    """Whether a passage is kept out of training."""
    return bucket(f"passage:{passage_id}") < PASSAGES_HELD


def split_of_wording(text: str) -> Split:
    """Where a question or a frame of a passage that is learned belongs."""
    number = bucket(f"wording:{text}")
    if number < WORDINGS_HELD:
        return "test_wording"
    return "validation" if number < WORDINGS_HELD + VALIDATION_HELD else "train"


def wording_pools(texts: Iterable[str]) -> dict[str, Split]:
    """The split of each of `texts`; one that holds a held-back text within itself is held back with it."""
    pools: dict[str, Split] = {text: split_of_wording(text) for text in texts}
    held = [text for text, split in pools.items() if split != "train"]
    for text, split in pools.items():
        if split == "train" and (inside := next((other for other in held if other in text), None)):
            pools[text] = pools[inside]
    return pools


def halves(values: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`values` to learn from, and those held back (at least one)."""
    held = tuple(value for value in values if bucket(f"value:{value}") < WORDINGS_HELD) or (values[-1],)
    return tuple(value for value in values if value not in held), held


def draw_split(rng: random.Random) -> Split:
    """A split, as often as `SHARES` says."""
    return rng.choices(tuple(SHARES), tuple(SHARES.values()))[0]
