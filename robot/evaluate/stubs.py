"""Parts without a model, for benches and tests: their own time is known, so what is left is the runtime's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

import numpy as np

from hardware.audio import RATE, Samples
from robot.events import Answer, Language, Sensitive, Speech, Transcript
from robot.stages import OnPartial


class StubDetector:
    """A voice is whatever is louder than a whisper of digital noise."""

    rate = RATE
    window = 512

    def probability(self, window: Samples) -> float:
        return 1.0 if int(window[0]) | int(window[128]) | int(window[256]) | int(window[384]) else 0.0

    def reset(self) -> None:
        """Nothing is remembered."""


class StubRecognition:
    """Knows its words beforehand; says them word by word as sound comes in."""

    def __init__(self, text: str, language: Language, on_partial: OnPartial, partial_every: int) -> None:
        self._words = text.split(" ")
        self._text = text
        self._language = language
        self._on_partial = on_partial
        self._every = partial_every
        self._fed = 0
        self._cancelled = False

    def feed(self, samples: Samples) -> None:
        if not self._every or self._cancelled:
            return
        before, self._fed = self._fed // self._every, self._fed + samples.size
        now = self._fed // self._every
        if now != before:
            text = Sensitive(" ".join(self._words[:now]))
            self._on_partial(Transcript(text, self._language, final=False, engine="stub"))

    async def finish(self) -> Transcript:
        return Transcript(Sensitive(self._text), self._language, engine="stub")

    def cancel(self) -> None:
        self._cancelled = True


class StubRecognizer:
    """Hears the given texts, one an utterance, the last one for ever.

    With `partial_s`, a further word is reported for every so many seconds of sound.
    """

    name = "stub"
    rate = RATE
    languages: frozenset[Language] = frozenset({"en", "zh"})

    def __init__(self, texts: Sequence[str], partial_s: float = 0.0) -> None:
        self._texts = list(texts)
        self._partial_every = round(partial_s * RATE)

    def listen(self, language: Language, on_partial: OnPartial) -> StubRecognition:
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        return StubRecognition(text, language, on_partial, self._partial_every)


class StubSynthesizer:
    """A quiet tone of `ms_per_character`, with a mark at every word."""

    name = "stub"
    languages: frozenset[Language] = frozenset({"en", "zh"})

    def __init__(self, ms_per_character: float = 60.0, rate: int = RATE) -> None:
        self.rate = rate
        self._samples = round(rate * ms_per_character / 1000)

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[Speech, None]:
        starts = [0, *(index + 1 for index, char in enumerate(text) if char == " ")]
        marks = tuple((start * self._samples, start) for start in starts)
        tone = np.full(len(text) * self._samples, 300, dtype=np.int16)
        tone[1::2] = -300
        yield Speech(tone, self.rate, marks)


class StubGenerator:
    """Streams a fixed text in pieces, waiting before each when told to."""

    name = "stub"

    def __init__(self, pieces: Sequence[str], wait: Callable[[], AsyncGenerator[None, None]] | None = None) -> None:
        self._pieces = pieces
        self._wait = wait

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        for piece in self._pieces:
            if self._wait is not None:
                async for _ in self._wait():
                    pass
            yield piece
