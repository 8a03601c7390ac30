"""Emergencies in words that no pattern foresaw: the robot asks back, and a yes is an alarm.

Learned (`robot.think.classify`) from the examples of the red flags against their near misses and everyday talk. It can
only add a question: what the patterns raise it has no say in, and nobody is called before a yes. How many more
emergencies are met that way, and how often it asks for nothing: see `bedside evaluate safety`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dialogs.redflags import RedFlags
from robot.events import Language
from robot.think.classify import CHINESE, ExampleClassifier
from robot.think.embed import Embedder

_LIKELY, _LIKELY_QUESTION = 0.6, 0.85
"""Probability from which on a statement, and a question, is asked back."""
_LIKELY_WORDS = 0.85
"""At least, for English without an embedder."""


class AlarmSense:
    """Made once for the content of a dialogs folder.

    everyday    what patients ask and tell all day, by language, without emergencies
    """

    def __init__(
        self,
        redflags: RedFlags,
        everyday: Callable[[Language], Sequence[str]],
        embedder: Embedder | None = None,
        cache: Path | None = None,
    ) -> None:
        self._redflags = redflags
        self._everyday = everyday
        self._embedder = embedder
        self._cache = cache
        self._sides: dict[Language, ExampleClassifier] = {}

    def suspect(self, text: str, intent: str = "") -> str | None:
        """The red flag that `text` may speak of, or None. The first call in a language takes seconds.

        `intent` is what it was understood as without that.
        """
        if not any(character.isalpha() for character in text):
            return None
        language: Language = "zh" if CHINESE.search(text) else "en"
        side = self._side(language)
        probability, flag = side.judge(text)
        enough = _LIKELY_QUESTION if intent == "question" else _LIKELY
        if language == "en" and not side.embeds:
            enough = max(enough, _LIKELY_WORDS)
        return flag if probability >= enough else None

    def warm(self) -> None:
        """Learn, or read what was learned, ahead of the first patient."""
        for language in ("en", "zh"):
            self._side(language)

    def _side(self, language: Language) -> ExampleClassifier:
        if language not in self._sides:
            embedder = self._embedder
            examples = [
                (text, key) for key, flag in self._redflags.flags.items() for text in getattr(flag, language).examples
            ]
            near = [text for flag in self._redflags.flags.values() for text in getattr(flag, language).near_misses]
            knows = embedder if embedder is not None and language in embedder.languages else None
            self._sides[language] = ExampleClassifier(examples, [*near, *self._everyday(language)], knows, self._cache)
        return self._sides[language]
