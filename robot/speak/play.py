"""Plays a reply through a speaker and knows, to the word, what was really heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from hardware.audio import Resampler, Samples, silence
from hardware.ports import HardwareError, Speaker
from robot.events import Sentence, Spoken
from robot.stages import Synthesizer

_AHEAD_S = 2.0
"""Sound that may be queued beyond what is played: enough to be gapless, little enough to be thrown away."""
_BETWEEN_S = 0.12
"""Silence after each sentence."""
_STALL_S = 3.0
"""A speaker that takes no sound for so long, while it is not paused, has stalled; looked at this often."""


_PACES = (0.6, 1.6)
_VOLUMES = (0.4, 3.0)
"""How far the voice may be adjusted: beyond that it is hard to understand."""


@dataclass(slots=True)
class _Entry:
    """One sentence on its way: positions are samples of the speaker since it was opened."""

    sentence: Sentence
    start: int
    end: int | None = None
    marks: list[tuple[int, int]] = field(default_factory=list)

    def heard(self, played: int) -> str:
        """The words that were played completely."""
        text = self.sentence.text
        if self.end is not None and played >= self.end:
            return text
        if not self.marks:
            if self.end is None:  # still being made, or it failed: its share is not known
                return ""
            # Without timing marks only the share that was played is known; half a word does not count as heard.
            total = self.end - self.start
            cut = int(len(text) * max(0, played - self.start) / max(1, total))
            return text[:cut].rpartition(" ")[0] if self.sentence.language == "en" else text[: max(0, cut - 1)]
        begun = [offset for position, offset in self.marks if position <= played]
        # The last word that has begun is still sounding.
        return text[: begun[-1]].rstrip() if begun else ""


class Playback:
    """The robot's mouth: sentences in, sound out, and the truth about what was heard.

    `on_first_sound` is called when the first block of a reply has sounded.
    """

    def __init__(self, speaker: Speaker, synthesizer: Synthesizer, on_first_sound: Callable[[], None]) -> None:
        self._speaker = speaker
        self._synthesizer = synthesizer
        self._on_first_sound = on_first_sound
        self._entries: list[_Entry] = []
        self._written = 0
        self._played = 0
        self._sounding = False
        self._paused = False
        self._pace = 1.0
        self._volume = 1.0
        self._generation = 0
        self._progress = asyncio.Event()
        self._awaited = 0
        """How few samples may be left waiting for `_progress` to be set: a block that was played wakes nobody else."""
        self._mouth = asyncio.Lock()
        """One sentence is made at a time, so that a filler and an answer never mix."""

    @property
    def interruptible(self) -> bool:
        """False while a sentence sounds, or waits to sound, that nothing may interrupt."""
        return all(entry.sentence.interruptible for entry in self._entries)

    @property
    def busy(self) -> bool:
        """True while a sentence is being made, is queued or sounds."""
        return self._played < self._written or any(entry.end is None for entry in self._entries)

    @property
    def so_far(self) -> tuple[Spoken, ...]:
        """The reply that is being said: every sentence of it, with what has been heard of each until now."""
        return tuple(Spoken(entry.sentence, entry.heard(self._played), False) for entry in self._entries)

    def on_played(self, samples: int) -> None:
        """The speaker's report: `samples` more were played."""
        self._played += samples
        if not self._sounding:
            self._sounding = True
            self._on_first_sound()
        if self._written - self._played <= self._awaited:
            self._progress.set()

    def adjust(self, pace: float, volume: float) -> None:
        """Speak slower or faster, louder or softer from the next sentence on: factors on how it is now."""
        self._pace = min(_PACES[1], max(_PACES[0], self._pace * pace))
        self._volume = min(_VOLUMES[1], max(_VOLUMES[0], self._volume * volume))

    async def say(self, sentence: Sentence) -> None:
        """Synthesize `sentence` and queue it; returns when it is queued, not when it was heard.

        Raises SynthesizerError, and HardwareError (`speaker_stalled`).
        """
        generation = self._generation
        async with self._mouth:
            if generation == self._generation:
                await self._make(sentence, generation)
        await self._wait_until(round(_AHEAD_S * self._speaker.rate), generation)

    async def _make(self, sentence: Sentence, generation: int) -> None:
        entry = _Entry(sentence, self._written)
        self._entries.append(entry)
        resampler = Resampler(self._synthesizer.rate, self._speaker.rate)
        scale = self._speaker.rate / self._synthesizer.rate
        made = 0
        # What nothing may interrupt is never said more softly than usual.
        volume = self._volume if sentence.interruptible else max(1.0, self._volume)
        paced = {} if self._pace == 1.0 else {"pace": self._pace}
        async with aclosing(self._synthesizer.synthesize(sentence.text, sentence.language, **paced)) as pieces:
            async for speech in pieces:
                if generation != self._generation:
                    return
                entry.marks += [(entry.start + round((made + at) * scale), offset) for at, offset in speech.marks]
                made += speech.samples.size
                self._write(_louder(resampler.push(speech.samples), volume))
        if generation != self._generation:
            return
        self._write(_louder(resampler.push(silence(0), last=True), volume))
        entry.end = self._written
        self._write(silence(round(self._speaker.rate * _BETWEEN_S)))

    async def finish(self) -> tuple[Spoken, ...]:
        """Wait until all that was queued was played; what was heard of it. Raises HardwareError (`speaker_stalled`)."""
        await self._wait_until(0, self._generation)
        return self._close(interrupted=False)

    def pause(self) -> None:
        """Silent within a frame; `resume` goes on where it stopped."""
        self._paused = True
        self._speaker.pause()

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        self._paused = False
        self._speaker.resume()
        self._progress.set()

    def interrupt(self) -> tuple[Spoken, ...]:
        """Silent within a frame, at once and for good; what had been heard. Nothing of this reply sounds after it."""
        self._generation += 1
        self._speaker.flush()
        spoken = self._close(interrupted=True)
        self._written = self._played
        self._paused = False
        self._progress.set()
        return spoken

    def _close(self, *, interrupted: bool) -> tuple[Spoken, ...]:
        spoken = []
        for entry in self._entries:
            heard = entry.heard(self._played)
            spoken.append(Spoken(entry.sentence, heard, interrupted and heard != entry.sentence.text))
        self._entries.clear()
        self._sounding = False
        return tuple(spoken)

    def _write(self, samples: Samples) -> None:
        if samples.size:
            self._written += samples.size
            self._speaker.write(samples)

    async def _wait_until(self, most: int, generation: int) -> None:
        """Until at most `most` samples wait to be played, or the reply was interrupted."""
        while generation == self._generation and self._written - self._played > most:
            self._progress.clear()
            self._awaited = most
            before = self._played
            try:
                async with asyncio.timeout(_STALL_S):
                    await self._progress.wait()
            except TimeoutError:
                if self._played == before and not self._paused:
                    raise HardwareError(
                        "speaker_stalled", "The speaker has stopped taking sound.", "Check its cable or driver."
                    ) from None


def _louder(samples: Samples, volume: float) -> Samples:
    """As loud as asked for; peaks are cut where there is no room for them."""
    if volume == 1.0:
        return samples
    louder: Samples = np.clip(samples.astype(np.float32) * volume, -32768, 32767).astype(np.int16)
    return louder
