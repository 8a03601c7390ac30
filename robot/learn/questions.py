"""How a patient asks: frames around a plain question, fillers, restarts, and what recognition does to the words."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dialogs.training import Frame, QuestionForms
from robot.events import Language
from robot.learn.grammar import capitalised
from robot.learn.record import Split
from robot.learn.split import wording_pools


@dataclass(frozen=True)
class _Frames:
    frames: tuple[Frame, ...]
    weights: tuple[int, ...]


class QuestionMaker:
    """Makes questions in one language; frames that are held back appear in their own split only."""

    def __init__(self, forms: QuestionForms, language: Language) -> None:
        self._forms = forms
        self._language = language
        self._plain = forms.frames[0]
        pools = wording_pools(frame.say for frame in forms.frames[1:])
        self._frames: dict[str, _Frames] = {}
        for split in ("train", "validation", "test_wording"):
            frames = tuple(frame for frame in forms.frames[1:] if pools[frame.say] == split) or forms.frames[:1]
            self._frames[split] = _Frames(frames, tuple(frame.weight for frame in frames))
        total = sum(frame.weight for frame in forms.frames)
        self._plainly = self._plain.weight / total

    def frame(self, rng: random.Random, split: Split) -> Frame:
        """A frame of `split`; passages that are held back are asked for as in training."""
        if rng.random() < max(self._plainly, 0.3):
            return self._plain
        frames = self._frames["train" if split == "test_passage" else split]
        return rng.choices(frames.frames, frames.weights)[0]

    def ask(self, question: str, frame: Frame, rng: random.Random) -> str:
        """`question` in its frame, as it arrives: spoken and recognized, or (less often) typed."""
        text = frame.say.replace("{q}", question)
        if rng.random() < (0.15 if self._language == "en" else 0.3):
            return self._typed(text)
        if rng.random() < 0.35:
            text = self._disturbed(text, rng)
        return text

    def _typed(self, text: str) -> str:
        if self._language == "zh":
            return f"{text}？"
        return capitalised(text.replace(" i ", " I ").replace(" i'", " I'")) + "?"

    def _disturbed(self, text: str, rng: random.Random) -> str:
        units = text.split(" ") if self._language == "en" else list(text)
        what = rng.random()
        if what < 0.4:
            at = rng.choice((0, rng.randrange(len(units))))
            units.insert(at if self._language == "en" else 0, rng.choice(self._forms.fillers))
        elif what < 0.6:
            size = min(rng.choice((1, 2)) if self._language == "en" else 2, len(units))
            at = rng.randrange(len(units) - size + 1) if self._language == "en" else 0
            units[at:at] = units[at : at + size]
        elif what < 0.85:
            little = [index for index, unit in enumerate(units) if unit in self._forms.little_words]
            if little and len(units) > 3:
                del units[rng.choice(little)]
        else:
            return self._misheard(text, rng)
        return (" " if self._language == "en" else "").join(units)

    def _misheard(self, text: str, rng: random.Random) -> str:
        if self._language == "en":
            words = text.split(" ")
            found = [index for index, word in enumerate(words) if word in self._forms.misheard]
            if found:
                at = rng.choice(found)
                words[at] = self._forms.misheard[words[at]]
            return " ".join(words)
        found_zh = [word for word in self._forms.misheard if word in text]
        if not found_zh:
            return text
        word = rng.choice(found_zh)
        return text.replace(word, self._forms.misheard[word], 1)
