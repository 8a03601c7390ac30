"""Speech from espeak-ng inside this process: small, quick, understandable; English and Mandarin, no model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing

from hardware.audio import Samples
from robot.blocking import Blocking
from robot.errors import ConfigurationError, SynthesizerError
from robot.events import Language, Speech
from robot.speak.normalize import normalize
from robot.speak.split import clauses

SPEEDS = (80, 450)
"""Words a minute that espeak can speak."""
VOICES: Mapping[Language, str] = {"en": "en-us", "zh": "cmn"}

Words = list[tuple[int, int]]


class EspeakSynthesizer:
    """A `robot.stages.Synthesizer`: clause by clause, so that the first sounds while the next is made.

    `words_per_minute` 80…450, `pitch` 0…99 (espeak's own scale, 50 is its default). All instances of a process share
    one library, a call at a time. On a virtual clock a clause that was spoken lately sounds the same to the sample.

    Raises ConfigurationError (`synthesizer_option_invalid`) and SynthesizerError (`espeak_unavailable`).
    """

    name = "espeak"

    def __init__(
        self,
        blocking: Blocking,
        words_per_minute: int = 150,
        pitch: int = 50,
        voices: Mapping[Language, str] = VOICES,
    ) -> None:
        from robot.speak.synthesizers.espeak_library import RATE, library

        check_options(words_per_minute, pitch)
        self.rate = RATE
        self.languages: frozenset[Language] = frozenset(voices)
        self._voices = dict(voices)
        self._words_per_minute = words_per_minute
        self._pitch = pitch
        self._library = library()
        self._strand = blocking.strand("espeak")
        self._repeatable = blocking.inline

    async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
        """The sound of `text`, a clause a piece. Closing stops the clause that is being made within a millisecond.

        Raises SynthesizerError: `language_unsupported`, `espeak_voice_unknown`, `espeak_failed`.
        """
        if language not in self._voices:
            raise SynthesizerError("language_unsupported", f"{self.name} has no voice for '{language}'.")
        closed = False
        try:
            async with aclosing(
                self._strand.iterate(lambda: self._speak(text, language, pace, lambda: closed))
            ) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            closed = True

    async def close(self) -> None:
        """Give the thread back. The library stays: it belongs to the process."""
        self._strand.close()

    def _speak(self, text: str, language: Language, pace: float, closed: Callable[[], bool]) -> Iterator[Speech]:
        normalized = normalize(text, language)
        if normalized.silent:
            return
        parts = list(clauses(normalized.spoken))
        last = -1
        for start, end in parts:
            clause = normalized.spoken[start:end]
            samples, words = self._clause(clause, language, pace, end == len(normalized.spoken), closed)
            marks = [mark for mark in normalized.marks((at, start + offset) for at, offset in words) if mark[1] > last]
            last = marks[-1][1] if marks else last
            if samples.size:
                yield Speech(samples, self.rate, tuple(marks))

    def _clause(
        self, clause: str, language: Language, pace: float, last: bool, closed: Callable[[], bool]
    ) -> tuple[Samples, Words]:
        speak = self._library.recall if self._repeatable else self._library.speak
        return speak(
            clause,
            voice=self._voices[language],
            words_per_minute=paced(self._words_per_minute, pace),
            pitch=self._pitch,
            last=last,
            aborted=closed,
        )


def paced(words_per_minute: int, pace: float) -> int:
    """The speed that `pace` asks for, within what espeak can do."""
    return min(SPEEDS[1], max(SPEEDS[0], round(words_per_minute * pace)))


def check_options(words_per_minute: int, pitch: int) -> None:
    """Raises ConfigurationError (`synthesizer_option_invalid`) for values that espeak would quietly change."""
    for key, value, low, high in (("words_per_minute", words_per_minute, *SPEEDS), ("pitch", pitch, 0, 99)):
        if not low <= value <= high:
            raise ConfigurationError(
                "synthesizer_option_invalid", f"synthesizer: {key}: must be {low}…{high} (value: {value})."
            )
