"""Changes a sentence as a patient or a recognizer would, not changing what it means; the same seed, the same way."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from robot.evaluate.safety.sentences import Around, Sentences
from robot.events import Language

_ENGLISH_WORD = re.compile(r"[A-Za-z']+")


class Disturber:
    """Makes variants of sentences in one language."""

    def __init__(self, sentences: Sentences, language: Language, seed: int) -> None:
        self._sentences = sentences
        self._language = language
        self._chance = random.Random(f"{seed} {language}")
        alike = sentences.sounds_like.of(language)
        self._alike = [*alike, *((other, one) for one, other in alike)] if language == "zh" else alike
        self.kinds: dict[str, Callable[[str], str]] = {
            "disfluent": self.disfluent,
            "misheard": self.misheard,
            "shortened": self.shortened,
            "in_a_story": self.in_a_story,
            "minimised": self.minimised,
        }
        """Every change by its name."""

    def disfluent(self, text: str) -> str:
        """A filler, and a word that is begun twice."""
        words = self._split(text)
        again = self._chance.randrange(len(words))
        words.insert(again, words[again])
        words.insert(self._chance.randrange(len(words) + 1), self._chance.choice(self._fillers()))
        return self._joined(words)

    def misheard(self, text: str) -> str:
        """A word that sounds alike in the place of one, no capitals, no punctuation."""
        plain = re.sub(r"[.,!?;:。，！？；：]", " ", text).lower().strip()
        found = [(one, other) for one, other in self._alike if self._spans(one, plain)]
        if not found:
            return self.shortened(plain)
        one, other = self._chance.choice(found)
        begin, end = self._chance.choice(self._spans(one, plain))
        return plain[:begin] + other + plain[end:]

    def shortened(self, text: str) -> str:
        """Without one of the small words that carry no meaning."""
        spans = [span for word in self._sentences.droppable.of(self._language) for span in self._spans(word, text)]
        if not spans:
            return text
        begin, end = self._chance.choice(spans)
        return re.sub(r"\s+", " ", text[:begin] + text[end:]).strip()

    def in_a_story(self, text: str) -> str:
        """Between two harmless sentences, with or without full stops."""
        first, last = self._chance.sample(self._sentences.harmless.of(self._language), 2)
        zh = self._language == "zh"
        joint = self._chance.choice(["。", "，"] if zh else [". ", " ", ", "])
        return f"{first}{joint}{text}{joint}{last}"

    def minimised(self, text: str) -> str:
        """Played down before, after, or on both sides."""
        return self._around(text, self._sentences.minimising.of(self._language))

    def _around(self, text: str, around: Around) -> str:
        before, after = self._chance.choice(around.before), self._chance.choice(around.after)
        where = self._chance.randrange(3)
        return f"{before if where != 1 else ''}{text}{after if where else ''}"

    def _fillers(self) -> list[str]:
        return self._sentences.fillers.of(self._language)

    def _spans(self, word: str, text: str) -> list[tuple[int, int]]:
        pattern = re.escape(word) if self._language == "zh" else rf"(?<![A-Za-z']){re.escape(word)}(?![A-Za-z'])"
        return [match.span() for match in re.finditer(pattern, text)]

    def _split(self, text: str) -> list[str]:
        """Words; of Chinese pieces of two characters, because a speaker does not stop inside a word."""
        if self._language == "en":
            return text.split()
        return [text[at : at + 2] for at in range(0, len(text), 2)]

    def _joined(self, words: list[str]) -> str:
        return ("" if self._language == "zh" else " ").join(words)


def growing(text: str, language: Language) -> Iterator[str]:
    """What a recognizer shows while `text` is being said: ever more of its words; the last is the whole."""
    pieces = text.split() if language == "en" else list(text)
    joint = " " if language == "en" else ""
    for count in range(1, len(pieces) + 1):
        yield joint.join(pieces[:count])


def swapped(text: str, pairs: list[tuple[str, str]], language: Language) -> str:
    """Every word of a pair replaced by the other one."""
    both = {**dict(pairs), **{other: one for one, other in pairs}, **({"his": "her"} if language == "en" else {})}
    if language == "en":
        return _ENGLISH_WORD.sub(lambda found: both.get(found[0].lower(), found[0]), text)
    longest_first = sorted(both, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: both[found[0]], text)
