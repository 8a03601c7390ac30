"""The acoustics between the simulated devices: what the speaker plays comes back into the microphone.

    patient, second talker ──gain──┐
    noise at a signal-to-noise ratio ┤
    speaker ─ delay ─ gain ─ impulse response ┴─→ microphone frame

The room advances one frame at a time (`tick`), so all of it counts in frames and repeats exactly from a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hardware.acoustics import FRAME, Drift, Echo, pink_noise
from hardware.audio import FRAME_MS, RATE, Samples, silence
from hardware.ports import Clock, Timer
from hardware.room_ends import MicrophoneEnd, SpeakerEnd

FRAME_S = FRAME_MS / 1000

_MOST_CATCH_UP = 25
_SILENT = silence(FRAME)


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
        self._noise_snr_db = noise_snr_db
        self._noise: npt.NDArray[np.float32] | None = None
        """Made with the first frame: a room that is never entered costs nothing."""
        self._noise_at = 0
        self._echo = None if echo_gain_db is None else Echo(echo_gain_db, echo_delay_ms, impulse_response)
        self._drift = Drift(clock_drift_ppm)
        self.recording = Recording() if record else None
        self.frame = 0
        """Frames since the room was made."""
        self.every_frame: list[Callable[[], None]] = []
        """Called before each frame: what a scripted patient hangs on."""
        self.microphone = MicrophoneEnd()
        self.speaker = SpeakerEnd()
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
        self._noise_snr_db, self._noise = snr_db, None

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
        if self._noise is None and self._noise_snr_db is not None:
            self._noise = pink_noise(self._noise_snr_db, self._random)
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


def _clip(samples: npt.NDArray[np.float32]) -> Samples:
    return np.clip(samples, -32768, 32767).astype(np.int16)
