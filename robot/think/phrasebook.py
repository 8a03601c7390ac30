"""The robot's fixed sentences in both languages, with what is put into their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialogs.model import Phrases
from robot.events import Language, Say, Sentence

Value = str | float | bool


class Phrasebook:
    """The phrases of one dialogs folder."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases.phrases

    def __contains__(self, key: str) -> bool:
        return key in self._phrases

    def sentence(self, key: str, language: Language, values: Mapping[str, Value] | None = None) -> Sentence:
        """The phrase `key`; `{name}` in it is the value of that name, whole numbers without a point."""
        phrase = self._phrases[key]
        text = phrase.zh if language == "zh" else phrase.en
        if "{" in text:
            text = text.format_map(_Shown(values or {}))
        return Sentence(text, language, key, "phrase", phrase.interruptible)

    def say(self, keys: Sequence[str], language: Language, values: Mapping[str, Value] | None = None) -> Say:
        """Several phrases, one after another."""
        return Say(tuple(self.sentence(key, language, values) for key in keys))


class _Shown(dict[str, str]):
    """Values as they are said; one that is missing is left out."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__(
            {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in values.items()}
        )

    def __missing__(self, key: str) -> str:
        return ""
