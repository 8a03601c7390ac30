"""The two ends of a room: where its sound reaches the microphone, and where the speaker's sound enters it."""

from __future__ import annotations

from collections import deque

import numpy as np

from hardware.acoustics import FRAME
from hardware.audio import RATE, AudioFrame, Resampler, Samples, frame_samples, silence
from hardware.ports import HardwareError, OnFault, OnFrame, OnPlayed

_HEAD_START = 360
"""Samples of silence before a resampled sound: the resampler holds up to 347 back, and a frame must have no hole."""
_RINGS = 3
"""Frames after which the resampler has let go of all that sounded."""


class MicrophoneEnd:
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


class SpeakerEnd:
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
