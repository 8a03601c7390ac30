"""No recognizer: for conversations by text (`--ears text`), which start at once."""

from __future__ import annotations

from hardware.audio import RATE, Samples
from robot.events import Language, Sensitive, Transcript
from robot.stages import OnPartial


class NoRecognizer:
    """Understands nothing of what it is fed."""

    name = "none"
    rate = RATE
    languages: frozenset[Language] = frozenset({"en", "zh"})

    def listen(self, language: Language, on_partial: OnPartial) -> NoRecognition:
        return NoRecognition(language)


class NoRecognition:
    """An utterance that stays empty."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def feed(self, samples: Samples) -> None:
        """Let the sound go."""

    async def finish(self) -> Transcript:
        return Transcript(Sensitive(""), self._language, confidence=0.0, engine="none")

    def cancel(self) -> None:
        """There is nothing to stop."""
