"""What happens to sound on its way through a room: noise, echo, and two clocks that do not agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hardware.audio import RATE, Samples, frame_samples

FRAME = frame_samples(RATE)
"""Samples in one frame of a room."""

SPEECH_DB = -26.0
"""Nominal level of speech at the microphone, dB full scale (ITU-T P.56 active level used in telephony)."""

_NOISE_S = 10


def pink_noise(snr_db: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Ten seconds of noise, `snr_db` below nominal speech, to be looped.

    Pink, because ventilation and a corridor are closer to 1/f than to white.
    """
    size = RATE * _NOISE_S
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 20))
    noise = np.fft.irfft(spectrum, size)
    level = 32768 * 10 ** ((SPEECH_DB - snr_db) / 20)
    return np.asarray(noise * (level / np.sqrt(np.mean(noise**2))), dtype=np.float32)


class Echo:
    """Delay, gain and optional impulse response from speaker to microphone."""

    def __init__(self, gain_db: float, delay_ms: float, response: npt.NDArray[np.float32] | None) -> None:
        self._gain = np.float32(10 ** (gain_db / 20))
        self._response = None if response is None else np.asarray(response, dtype=np.float32)
        tail = 0 if self._response is None else self._response.size - 1
        delay = round(delay_ms * RATE / 1000)
        self._line = np.zeros(delay + FRAME + tail, dtype=np.float32)
        self._delay = delay
        self._left = 0
        """Frames after which the line is silent again; nothing is computed while it is."""

    def push(self, sounding: Samples | None) -> npt.NDArray[np.float32] | None:
        if sounding is not None:
            wet = sounding.astype(np.float32) * self._gain
            if self._response is not None:
                wet = np.convolve(wet, self._response)
            self._line[self._delay : self._delay + wet.size] += wet
            self._left = -(-self._line.size // FRAME)
        elif self._left == 0:
            return None
        self._left -= 1
        out = self._line[:FRAME].copy()
        self._line[:-FRAME] = self._line[FRAME:]
        self._line[-FRAME:] = 0
        return out


class Drift:
    """A speaker clock that runs fast or slow: one sample is dropped or doubled whenever a whole one has gathered."""

    def __init__(self, ppm: float) -> None:
        self._ppm = ppm
        self._gathered = 0.0

    def push(self, sounding: Samples | None) -> Samples | None:
        self._gathered += FRAME * self._ppm / 1e6
        if sounding is None or abs(self._gathered) < 1:
            return sounding
        step = int(np.sign(self._gathered))
        self._gathered -= step
        if step > 0:
            return np.concatenate([sounding[1:], sounding[-1:]])
        return np.concatenate([sounding[:1], sounding[:-1]])
