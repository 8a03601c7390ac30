"""Turns whose evidence has no sense: words drawn at random, so that the answer can only be found by looking.

Guidelines of a grammar repeat their frames, and a network of some millions of parameters learns the frames. What it has
to learn is to find the place in the evidence that the question names, and to go on from there word by word (induction,
Olsson et al. 2022). In random words there is nothing else to learn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from robot.learn.draft import Draft, Voice, how_many_others, ordered
from robot.learn.grammar import capitalised, joined
from robot.learn.record import Split

_WORD = {"en": re.compile(r"[a-z]{2,}"), "zh": re.compile(r"[一-鿿]")}
_UNITS = {
    "en": (" g", " minutes", " hours", "%", " ml", " times", " days"),
    "zh": ("克", "分钟", "小时", "%", "毫升", "次", "天"),
}
_ASK = {
    "en": ("what about {k}", "tell me about {k}", "how much {k}", "{k}", "is {k} good for me", "what is known of {k}"),
    "zh": ("{k}怎么样", "说说{k}", "{k}多少", "{k}", "{k}好吗", "关于{k}"),
}
_FIGURE = 0.3
"""Share of the sentences that hold a figure."""


class Nonsense:
    """Makes turns in one language out of the words of `texts`."""

    def __init__(self, voice: Voice, texts: Iterable[str]) -> None:
        self._voice = voice
        language = voice.language
        self._words = sorted({word for text in texts for word in _WORD[language].findall(text.lower())})

    def answered(self, rng: random.Random, split: Split) -> Draft:
        """A question that names two or three words in a row, and the sentence in which they stand."""
        language = self._voice.language
        text = [self._sentence(rng) for _ in range(rng.choice((1, 2, 3, 4)))]
        at = rng.randrange(len(text))
        words = text[at]
        size = rng.choice((2, 3)) if language == "en" else rng.choice((3, 4))
        start = rng.randrange(max(1, len(words) - size))
        key = self._together(words[start : start + size])
        question, frame = self._voice.ask(rng.choice(_ASK[language]).replace("{k}", key), rng, split)
        written = [self._written(each) for each in text]
        last = len(written) if frame.wants == "long" else at + 1
        others = [
            joined([self._written(self._sentence(rng)) for _ in range(rng.choice((1, 2)))], language)
            for _ in range(how_many_others(rng))
        ]
        evidence = ordered(joined(written, language), others, rng)
        return Draft("nonsense", question, evidence, joined(written[at:last], language), "random words")

    def _sentence(self, rng: random.Random) -> list[str]:
        words = rng.choices(self._words, k=rng.randint(5, 14) if self._voice.language == "en" else rng.randint(7, 22))
        if rng.random() < _FIGURE:
            number = rng.choice((str(rng.randint(2, 99)), str(rng.randint(1, 40) * 50), f"{rng.uniform(0.2, 9):.1f}"))
            words.insert(rng.randint(2, len(words) - 1), number + rng.choice(_UNITS[self._voice.language]))
        return words

    def _written(self, words: list[str]) -> str:
        return capitalised(self._together(words)) + ("." if self._voice.language == "en" else "。")

    def _together(self, words: list[str]) -> str:
        return (" " if self._voice.language == "en" else "").join(words)
