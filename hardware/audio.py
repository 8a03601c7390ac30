"""Sound as it travels between devices and stages: 16-bit mono samples in frames that carry their own time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
"""One channel of 16-bit samples, shape (n,)."""

RATE = 16_000
"""Samples a second between the microphone and the recognizer."""

FRAME_MS = 20
"""Length of one frame; every device of a conversation delivers and takes frames of this length."""

SILENCE_DB = -96.0
"""Level of digital silence: one step of 16 bits is 96 dB below full scale."""


class AudioFrame(NamedTuple):
    """One frame from a microphone; a tuple, because fifty a second are made for every bed.

    `sequence` counts frames since the device was opened; with `rate` it is the audio's own clock, so that
    voice-activity logic never asks a wall clock. A gap in `sequence` means lost frames (an overrun).
    """

    samples: Samples
    rate: int
    sequence: int

    @property
    def start_s(self) -> float:
        """Audio time of the first sample, in seconds since the device was opened."""
        return self.sequence * FRAME_MS / 1000


def frame_samples(rate: int) -> int:
    """Samples in one frame at `rate`."""
    return rate * FRAME_MS // 1000


def silence(samples: int) -> Samples:
    """`samples` of digital silence."""
    return np.zeros(samples, dtype=np.int16)


def level_db(samples: Samples) -> float:
    """Root-mean-square level in dB relative to full scale, from `SILENCE_DB` to 0 (a full-scale square wave)."""
    if samples.size == 0:
        return SILENCE_DB
    wide = samples.astype(np.float32)
    power = float(np.dot(wide, wide)) / samples.size
    if power <= 0.25:
        return SILENCE_DB
    return max(SILENCE_DB, 10.0 * math.log10(power) - 90.3)


def to_int16(samples: npt.NDArray[np.floating]) -> Samples:
    """Floats in −1…1 as 16-bit samples; louder values are clipped."""
    return np.asarray(np.clip(np.round(samples * 32767.0), -32768, 32767), dtype=np.int16)


def resample(samples: Samples, rate: int, to_rate: int) -> Samples:
    """A whole recording at another rate (soxr, high quality)."""
    if rate == to_rate or samples.size == 0:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate, to_rate), dtype=np.int16)


class Resampler:
    """A stream of samples at another rate: chunks in, chunks out; the last chunk flushes the filter.

    `quality` is soxr's: `HQ` holds up to 35 ms back, `LQ` (still 16 bits deep) 1 to 6 ms, for sound that is live.
    """

    def __init__(self, rate: int, to_rate: int, *, quality: str = "HQ") -> None:
        self._stream: Any = None
        if rate != to_rate:
            import soxr

            self._stream = soxr.ResampleStream(rate, to_rate, 1, dtype="int16", quality=quality)

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        """The samples that are ready after `samples` came in; may be empty while the filter fills."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.int16)
