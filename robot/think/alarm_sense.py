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
from robot.think.classify import BilingualClassifier
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
        flags = redflags.flags

        def examples(language: Language) -> list[tuple[str, str]]:
            return [(text, key) for key, flag in flags.items() for text in getattr(flag, language).examples]

        def calm(language: Language) -> list[str]:
            near = [text for flag in flags.values() for text in getattr(flag, language).near_misses]
            return [*near, *everyday(language)]

        self._classifier = BilingualClassifier(examples, calm, embedder, cache)

    def suspect(self, text: str, intent: str = "") -> str | None:
        """The red flag that `text` may speak of, or None. The first call in a language takes seconds.

        `intent` is what it was understood as without that.
        """
        if not any(character.isalpha() for character in text):
            return None
        judged = self._classifier.judge(text)
        enough = _LIKELY_QUESTION if intent == "question" else _LIKELY
        if judged.language == "en" and not judged.by_meaning:
            enough = max(enough, _LIKELY_WORDS)
        return judged.kind if judged.probability >= enough else None

    def warm(self) -> None:
        """Learn, or read what was learned, ahead of the first patient."""
        self._classifier.warm()
