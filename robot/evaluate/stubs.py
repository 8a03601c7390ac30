"""Parts without a model or a device, for benches and tests: their own time is known, what is left is the runtime's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

import numpy as np

from hardware.audio import RATE, AudioFrame, Samples, frame_samples, silence
from hardware.ports import Clock, NurseRequest, OnAcknowledged, OnFault, OnFrame, OnPlayed, Screen
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
    """A quiet tone of `ms_per_character`, with a mark at every word. All sentences are views of one tone."""

    name = "stub"
    languages: frozenset[Language] = frozenset({"en", "zh"})

    def __init__(self, ms_per_character: float = 60.0, rate: int = RATE) -> None:
        self.rate = rate
        self._samples = round(rate * ms_per_character / 1000)
        self._tone = silence(0)

    async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
        each = round(self._samples / pace)
        starts = [0, *(index + 1 for index, char in enumerate(text) if char == " ")]
        marks = tuple((start * each, start) for start in starts)
        size = len(text) * each
        if size > self._tone.size:
            self._tone = np.tile(np.array([300, -300], dtype=np.int16), size)
        yield Speech(self._tone[:size], self.rate, marks)


class StubGenerator:
    """Streams fixed pieces, or the best evidence in pieces of so many words.

    Piece k (from 1) comes `k * piece_s` after the start.
    """

    name = "stub"

    def __init__(
        self, pieces: Sequence[str] = (), clock: Clock | None = None, piece_s: float = 0.0, words: int = 1
    ) -> None:
        self._pieces = pieces
        self._words = words
        self._clock = clock
        self._piece_s = piece_s

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        clock = self._clock
        started = clock.now() if clock else 0.0
        for number, piece in enumerate(self._pieces or _cut(answer.evidence[0].text, self._words), 1):
            if clock is not None and (wait := started + number * self._piece_s - clock.now()) > 0:
                await clock.sleep(wait)
            yield piece


def _cut(text: str, words: int) -> list[str]:
    """Pieces of so many words, with the space before them, as tokens of a language model come."""
    all_words = text.split(" ")
    first, *others = [" ".join(all_words[at : at + words]) for at in range(0, len(all_words), words)]
    return [first, *(f" {piece}" for piece in others)]


class StubMicrophone:
    """Hears what is pushed into it."""

    rate = RATE

    def __init__(self) -> None:
        self._on_frame: OnFrame | None = None
        self._sequence = 0

    async def open(self, on_frame: OnFrame, on_fault: OnFault) -> None:
        self._on_frame = on_frame

    def push(self, samples: Samples) -> None:
        """The next frame."""
        if self._on_frame is not None:
            self._on_frame(AudioFrame(samples, RATE, self._sequence))
            self._sequence += 1

    async def close(self) -> None:
        self._on_frame = None


class StubSpeaker:
    """Counts what it plays. `on_write` and `on_flush` follow each write and flush."""

    rate = RATE
    _BLOCK = frame_samples(RATE)
    _SOUND = np.full(_BLOCK, 300, dtype=np.int16)
    _SILENT = silence(0)

    def __init__(self, on_write: Callable[[], None], on_flush: Callable[[], None]) -> None:
        self._on_write = on_write
        self._on_flush = on_flush
        self._on_played: OnPlayed | None = None
        self._paused = False
        self.queued = 0
        self.reference = self._SILENT

    async def open(self, on_played: OnPlayed, on_fault: OnFault) -> None:
        self._on_played = on_played

    def play(self) -> None:
        """A frame of time passes."""
        if self._paused or not self.queued or self._on_played is None:
            self.reference = self._SILENT
            return
        block = min(self._BLOCK, self.queued)
        self.queued -= block
        self.reference = self._SOUND
        self._on_played(block)

    def write(self, samples: Samples) -> None:
        self.queued += samples.size
        self._on_write()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def flush(self) -> None:
        self.queued = 0
        self._paused = False
        self.reference = self._SILENT
        self._on_flush()

    async def close(self) -> None:
        self._on_played = None


class StubDisplay:
    """Shows nothing."""

    def show(self, screen: Screen) -> None:
        """Nobody looks."""

    async def close(self) -> None:
        """Nothing is held."""


class StubNurseCall:
    """Delivers at once; nobody answers."""

    async def open(self, on_acknowledged: OnAcknowledged) -> None:
        """Nothing to open."""

    async def deliver(self, request: NurseRequest) -> None:
        """Delivered."""

    async def close(self) -> None:
        """Nothing is held."""
