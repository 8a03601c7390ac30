"""The acoustics between the simulated devices: what the speaker plays comes back into the microphone.

    patient, second talker ──gain──┐
    noise at a signal-to-noise ratio ┤
    speaker ─ delay ─ gain ─ impulse response ┴─→ microphone frame

The room advances one frame at a time (`tick`), so all of it counts in frames and repeats exactly from a seed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hardware.audio import FRAME_MS, RATE, AudioFrame, Resampler, Samples, frame_samples, silence
from hardware.ports import Clock, HardwareError, OnFault, OnFrame, OnPlayed, Timer

FRAME = frame_samples(RATE)
FRAME_S = FRAME_MS / 1000

SPEECH_DB = -26.0
"""Nominal level of speech at the microphone, dB full scale (ITU-T P.56 active level used in telephony)."""

_NOISE_S = 10
_MOST_CATCH_UP = 25
_SILENT = silence(FRAME)
_HEAD_START = 360
"""Samples of silence before a resampled sound: the resampler holds up to 347 back, and a frame must have no hole."""
_RINGS = 3
"""Frames after which the resampler has let go of all that sounded."""


@dataclass(slots=True)
class _Talker:
    samples: npt.NDArray[np.float32]
    position: int = 0


@dataclass(slots=True)
class Recording:
    """What was said on each side, frame by frame: the patient dry, and the robot as the speaker sounded (16 kHz)."""

    patient: list[Samples] = field(default_factory=list)
    robot: list[Samples] = field(default_factory=list)

    def channels(self) -> tuple[Samples, Samples]:
        """(patient, robot), equally long."""
        return np.concatenate(self.patient or [_SILENT]), np.concatenate(self.robot or [_SILENT])


class Room:
    """One bed's acoustics.

    noise_snr_db       level of the room's noise below nominal speech; None: silent
    echo_gain_db       level of the speaker's sound at the microphone; None: no echo
    echo_delay_ms      from speaker to microphone, converters included
    impulse_response   optional, 16 kHz, shape (n,): the way from speaker to microphone
    clock_drift_ppm    how much faster the speaker's clock runs than the microphone's
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        noise_snr_db: float | None = None,
        echo_gain_db: float | None = -30.0,
        echo_delay_ms: float = 40.0,
        impulse_response: npt.NDArray[np.float32] | None = None,
        clock_drift_ppm: float = 0.0,
        record: bool = False,
    ) -> None:
        self._clock = clock
        self._random = np.random.default_rng(seed)
        self._talkers: list[_Talker] = []
        self._noise = self._make_noise(noise_snr_db)
        self._noise_at = 0
        self._echo = None if echo_gain_db is None else _Echo(echo_gain_db, echo_delay_ms, impulse_response)
        self._drift = _Drift(clock_drift_ppm)
        self.recording = Recording() if record else None
        self.frame = 0
        """Frames since the room was made."""
        self.every_frame: list[Callable[[], None]] = []
        """Called before each frame: what a scripted patient hangs on."""
        self.microphone = MicrophoneSide()
        self.speaker = SpeakerSide()
        self._timer: Timer | None = None
        self._users = 0
        self._next = 0.0

    # ---- people and things in the room ----

    def speak(self, samples: Samples, *, gain_db: float = 0.0) -> float:
        """Somebody begins to speak now (16 kHz). Returns how long it lasts, in seconds.

        The noise starts over with each utterance: a conversation then sounds the same to the recognizer whether it
        runs in real or in virtual time, which is what replay rests on.
        """
        self._talkers.append(_Talker(samples.astype(np.float32) * 10 ** (gain_db / 20)))
        self._noise_at = 0
        return samples.size / RATE

    @property
    def talking(self) -> bool:
        """True while a talker's recording plays."""
        return bool(self._talkers)

    def set_noise(self, snr_db: float | None) -> None:
        """Change the noise from the next frame on."""
        self._noise = self._make_noise(snr_db)

    # ---- time ----

    def start(self) -> None:
        """A device was opened: frames begin with the first one."""
        self._users += 1
        if self._timer is None:
            self._next = self._clock.now() + FRAME_S
            self._timer = self._clock.call_later(FRAME_S, self._on_timer)

    def stop(self) -> None:
        """A device was closed: frames end with the last one."""
        self._users -= 1
        if self._users <= 0 and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        now = self._clock.now()
        due = min(int((now - self._next) / FRAME_S + 1e-6) + 1, _MOST_CATCH_UP)
        for _ in range(max(1, due)):
            self.tick()
        # A loop that was late for longer than the catch-up loses that time, as a sound card would.
        self._next = max(self._next + FRAME_S * max(1, due), now - FRAME_S)
        if self._users > 0:
            self._timer = self._clock.call_later(max(0.0, self._next - now), self._on_timer)

    def tick(self) -> None:
        """One frame: the speaker plays a block, the microphone hears the room."""
        for call in self.every_frame:
            call()
        self.frame += 1
        sounding = self.speaker.pull()
        patient = self._mix_talkers()
        self.microphone.push(self._mix(patient, sounding))
        if self.recording is not None:
            self.recording.patient.append(_SILENT if patient is None else _clip(patient))
            self.recording.robot.append(_SILENT if sounding is None else sounding)

    # ---- mixing ----

    def _mix(self, patient: npt.NDArray[np.float32] | None, sounding: Samples | None) -> Samples:
        echo = None if self._echo is None else self._echo.push(self._drift.push(sounding))
        if patient is None and echo is None and self._noise is None:
            return _SILENT
        total = np.zeros(FRAME, dtype=np.float32) if patient is None else patient.copy()
        if echo is not None:
            total += echo
        if self._noise is not None:
            total += self._noise[self._noise_at : self._noise_at + FRAME]
            self._noise_at = (self._noise_at + FRAME) % (self._noise.size - FRAME)
        return _clip(total)

    def _mix_talkers(self) -> npt.NDArray[np.float32] | None:
        if not self._talkers:
            return None
        total = np.zeros(FRAME, dtype=np.float32)
        for talker in self._talkers:
            piece = talker.samples[talker.position : talker.position + FRAME]
            total[: piece.size] += piece
            talker.position += FRAME
        self._talkers = [talker for talker in self._talkers if talker.position < talker.samples.size]
        return total

    def _make_noise(self, snr_db: float | None) -> npt.NDArray[np.float32] | None:
        """Ten seconds of pink noise, to be looped: ventilation and a corridor are closer to 1/f than to white."""
        if snr_db is None:
            return None
        size = RATE * _NOISE_S
        spectrum = np.fft.rfft(self._random.standard_normal(size))
        spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 20))
        noise = np.fft.irfft(spectrum, size)
        level = 32768 * 10 ** ((SPEECH_DB - snr_db) / 20)
        return np.asarray(noise * (level / np.sqrt(np.mean(noise**2))), dtype=np.float32)


class MicrophoneSide:
    """The microphone's end: hands frames on, unless it is unplugged or loses some."""

    def __init__(self) -> None:
        self._on_frame: OnFrame | None = None
        self._on_fault: OnFault | None = None
        self._sequence = 0
        self._lose = 0
        self.plugged = True

    def connect(self, on_frame: OnFrame, on_fault: OnFault) -> None:
        if not self.plugged:
            raise HardwareError("microphone_missing", "The simulated microphone is unplugged.", "Plug it in.")
        self._on_frame, self._on_fault = on_frame, on_fault

    def disconnect(self) -> None:
        self._on_frame = self._on_fault = None

    def unplug(self) -> None:
        """No frame comes any more; the driver reports it once."""
        if self.plugged:
            self.plugged = False
            if self._on_fault is not None:
                self._on_fault(HardwareError("microphone_gone", "The microphone is gone.", "Plug it in again."))

    def plug(self) -> None:
        """Frames come again."""
        self.plugged = True

    def overrun(self, frames: int) -> None:
        """Lose the next `frames` (xrun); the sequence shows the gap, and the driver reports it."""
        self._lose += frames
        if self._on_fault is not None:
            self._on_fault(HardwareError("microphone_xrun", f"{frames} microphone frames were lost."))

    def push(self, samples: Samples) -> None:
        sequence = self._sequence
        self._sequence += 1
        if self._lose:
            self._lose -= 1
        elif self.plugged and self._on_frame is not None:
            self._on_frame(AudioFrame(samples, RATE, sequence))


class SpeakerSide:
    """The speaker's end: plays one block a frame, and tells how much it really played."""

    def __init__(self) -> None:
        self.rate = RATE
        self._block = FRAME
        self._queue: deque[Samples] = deque()
        self._queued = 0
        self._paused = False
        self._stalled = 0
        self._on_played: OnPlayed | None = None
        self._on_fault: OnFault | None = None
        self._resampler: Resampler | None = None
        self._carry = silence(0)
        self._ringing = 0
        """Frames for which the resampler still holds the end of what sounded."""
        self.sounding = silence(0)

    def connect(self, rate: int, on_played: OnPlayed, on_fault: OnFault) -> None:
        self.rate = rate
        self._block = frame_samples(rate)
        self._start_resampler()
        self._on_played, self._on_fault = on_played, on_fault

    def disconnect(self) -> None:
        self._on_played = self._on_fault = None
        self.flush()
        self._resampler = None

    @property
    def queued(self) -> int:
        return self._queued

    def write(self, samples: Samples) -> None:
        if samples.size:
            self._queue.append(samples)
            self._queued += samples.size

    def pause(self, paused: bool) -> None:
        self._paused = paused

    def flush(self) -> None:
        self._queue.clear()
        self._queued = 0
        self._paused = False
        if self._ringing:
            self._start_resampler()

    def stall(self, frames: int) -> None:
        """The device stops taking sound for `frames`; what is queued stays."""
        self._stalled += frames
        if self._on_fault is not None:
            self._on_fault(HardwareError("speaker_stalled", "The speaker has stopped taking sound."))

    def pull(self) -> Samples | None:
        """The block that sounds during this frame, at the room's rate; None when the speaker is silent."""
        if self._stalled:
            self._stalled -= 1
            self.sounding = silence(0)
            return None
        if self._paused or not self._queue:
            self.sounding = silence(0)
            return None if self._paused else self._ring_out()
        block = self._take(self._block)
        self.sounding = block
        if self._on_played is not None:
            self._on_played(block.size)
        return self._to_room_rate(block)

    def _take(self, wanted: int) -> Samples:
        parts: list[Samples] = []
        while wanted and self._queue:
            head = self._queue[0]
            if head.size <= wanted:
                self._queue.popleft()
            else:
                self._queue[0], head = head[wanted:], head[:wanted]
            parts.append(head)
            wanted -= head.size
            self._queued -= head.size
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _to_room_rate(self, block: Samples) -> Samples:
        if self._resampler is None:
            return block if block.size == FRAME else np.concatenate([block, silence(FRAME - block.size)])
        if block.size < self._block:
            block = np.concatenate([block, silence(self._block - block.size)])
        self._ringing = _RINGS
        return self._resampled(block)

    def _start_resampler(self) -> None:
        self._resampler = Resampler(self.rate, RATE, quality="LQ") if self.rate != RATE else None
        self._carry = silence(_HEAD_START)
        self._ringing = 0

    def _ring_out(self) -> Samples | None:
        """The last milliseconds of what sounded; else they would come back before the next sound."""
        if not self._ringing:
            return None
        self._ringing -= 1
        return self._resampled(silence(self._block))

    def _resampled(self, block: Samples) -> Samples:
        assert self._resampler is not None
        ready = np.concatenate([self._carry, self._resampler.push(block)])
        frame, self._carry = ready[:FRAME], ready[FRAME:]
        return frame if frame.size == FRAME else np.concatenate([frame, silence(FRAME - frame.size)])


class _Echo:
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


class _Drift:
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


def _clip(samples: npt.NDArray[np.float32]) -> Samples:
    return np.clip(samples, -32768, 32767).astype(np.int16)
