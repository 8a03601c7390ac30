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


class Copier:
    """Opens the evidence of one model's answers after the other; `bonus` is in nats."""

    def __init__(self, tokenizer: Any, bonus: float) -> None:
        self._tokenizer = tokenizer
        self._bonus = bonus
        self._stops: dict[int, bool] = {}

    def open(self, evidence: Sequence[str], language: Language) -> Copying:
        """For one answer; `evidence` are texts as the prompt has them."""
        texts = [self._tokenizer.encode(answer(text, language), add_special_tokens=False) for text in evidence]
        return Copying(texts, frozenset(token for text in texts for token in text if self._is_stop(token)), self._bonus)

    def _is_stop(self, token: int) -> bool:
        if token not in self._stops:
            self._stops[token] = self._tokenizer.decode([token]).strip()[-1:] in _ENDS
        return self._stops[token]


class Copying:
    """One answer. `texts` are the evidence in tokens; after one of `stops` a sentence is over."""

    def __init__(self, texts: Sequence[Sequence[int]], stops: frozenset[int], bonus: float) -> None:
        self.bonus = bonus
        self._texts = texts
        self._stops = stops
        self._places: dict[tuple[int, int], int] = {}
        """For each place in a text that may come next: how many tokens before it were made."""

    def favoured(self, made: int | None) -> list[int]:
        """The tokens that would go on with the longest run, after token `made` (None: at the beginning)."""
        if made is None or made in self._stops:
            self._places = {}
            return []
        places: dict[tuple[int, int], int] = {}
        for number, tokens in enumerate(self._texts):
            for place, token in enumerate(tokens):
                if token == made:
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
