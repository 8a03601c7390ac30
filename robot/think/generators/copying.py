"""Helps a small model to finish what it began to copy from its evidence.

A model of some million parameters picks a sentence well and loses its thread in the middle of it. What an attention
head for copying does in a larger one ("induction", Olsson et al. 2022) is done here by rule, as in a pointer network
(See et al. 2017): while the last tokens stand in the evidence in that order, the one that follows them there gets a
bonus. Where a sentence ends, the model is on its own again: it may end, or choose another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialogs.prompt import answer
from robot.events import Language

LEAST = 2
"""Tokens that must stand in the evidence in a row before the next one is favoured; one alone is chance."""
KEY = "bedside_copying"
"""Key of a model's config.json: the bonus, in nats, with which its evaluation was accepted."""
_ENDS = frozenset(".!?。！？")


class Copying:
    """One answer. `evidence` are texts as the prompt has them, best first."""

    def __init__(self, tokenizer: Any, evidence: Sequence[str], language: Language) -> None:
        self._texts = [tokenizer.encode(answer(text, language), add_special_tokens=False) for text in evidence]
        self._stops = [[tokenizer.decode([token]).strip()[-1:] in _ENDS for token in tokens] for tokens in self._texts]
        self._places: dict[tuple[int, int], int] = {}
        """For each place in a text that may come next: how many tokens before it were made."""

    def favoured(self, made: int | None) -> list[int]:
        """The tokens that would go on with the longest run, after token `made` (None: at the beginning)."""
        if made is None:
            return []
        places: dict[tuple[int, int], int] = {}
        for number, tokens in enumerate(self._texts):
            for place, token in enumerate(tokens):
                if token != made or self._stops[number][place]:
                    continue
                places[number, place + 1] = self._places.get((number, place), 0) + 1
        self._places = places
        longest = max(places.values(), default=0)
        if longest < LEAST:
            return []
        found = (
            self._texts[number][place]
            for (number, place), length in places.items()
            if length == longest and place < len(self._texts[number])
        )
        return list(dict.fromkeys(found))
