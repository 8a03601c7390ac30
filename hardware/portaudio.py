"""The real microphone and speaker, through PortAudio (library `sounddevice`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hardware.audio import FRAME_MS, RATE, AudioFrame, Resampler, Samples, frame_samples, silence
from hardware.clock import SystemClock
from hardware.play_queue import Block, PlayQueue
from hardware.portaudio_stream import Device, KeptStream, load_portaudio, usable_settings
from hardware.ports import Clock, HardwareError, OnFault, OnFrame, OnPlayed

_FRAME = frame_samples(RATE)

_BLOCK_S = 0.01
"""Length of a speaker block. PortAudio keeps three of them in the device: 30 ms until a pause is silent."""


class PortAudioMicrophone:
    """A sound card's input as frames of 16 kHz mono, whatever rate and channels the card has.

    `device` is PortAudio's number or (part of a) name; None: the system's default. Beside the faults of `KeptStream`
    it reports `microphone_xrun` once, the first time the card's buffer ran over; `xruns` counts them all.
    """

    rate = RATE

    def __init__(self, device: Device = None, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._device = device
        self._portaudio = load_portaudio()
        self._kept = KeptStream("microphone", self._clock, self._make)
        self._on_frame: OnFrame | None = None
        self._on_fault: OnFault | None = None
        self._resampler = Resampler(RATE, RATE)
        self._carry = silence(0)
        self._sequence = 0
        self._heard_at = 0.0
        self._restarted = False
        self.xruns = 0
        """Times that the card lost sound because nobody fetched it."""

    async def open(self, on_frame: OnFrame, on_fault: OnFault) -> None:
        self._on_frame, self._on_fault = on_frame, on_fault
        self._sequence = self.xruns = 0
        self._heard_at = self._clock.now()
        await self._kept.open(on_fault)

    async def close(self) -> None:
        self._on_frame = self._on_fault = None
        await self._kept.close()

    def _make(self, finished: Callable[[], None]) -> Any:
        channels, rate = usable_settings(self._portaudio, "microphone", self._device, RATE)
        self._resampler = Resampler(rate, RATE, quality="LQ")
        self._carry = silence(0)
        self._restarted = self._sequence > 0

        def callback(samples: Samples, frames: int, time: Any, status: Any) -> None:
            self._kept.beat()
            self._kept.post(self._heard, samples[:, 0].copy(), bool(status.input_overflow))

        return self._portaudio.InputStream(
            samplerate=rate,
            blocksize=frame_samples(rate),
            device=self._device,
            channels=channels,
            dtype="int16",
            latency="low",
            callback=callback,
            finished_callback=finished,
        )

    def _heard(self, samples: Samples, overflow: bool) -> None:
        if self._on_frame is None:
            return
        self._count_lost(overflow)
        samples = self._resampler.push(samples)
        if self._carry.size:
            samples = np.concatenate([self._carry, samples])
        while samples.size >= _FRAME and self._on_frame is not None:
            frame, samples = samples[:_FRAME], samples[_FRAME:]
            self._on_frame(AudioFrame(frame, RATE, self._sequence))
            self._sequence += 1
        self._carry = samples

    def _count_lost(self, overflow: bool) -> None:
        """Let `sequence` jump over what was lost: after an outage by the clock, after an overflow by one at least."""
        now = self._clock.now()
        if self._restarted:
            self._restarted = False
            self._sequence += int((now - self._heard_at) * 1000 / FRAME_MS)
        self._heard_at = now
        if overflow:
            self._sequence += 1
            self.xruns += 1
            if self.xruns == 1 and self._on_fault is not None:
                advice = "The machine is too slow or too busy."
                self._on_fault(HardwareError("microphone_xrun", "Sound from the microphone was lost.", advice))


class _Sent(NamedTuple):
    """A block in the device: when it begins to sound, and how many written samples it carries.

    Not `live`: digital silence that carries none.
    """

    sounds_at: float
    samples: Samples
    written: int
    live: bool


class PortAudioSpeaker:
    """A sound card's output. `rate` is what `write` takes; the card runs at its own.

    `on_played` follows the sound itself, not the hand-over to the card: a block counts once its end has left the
    speaker by the card's own output time. At a `flush` the card still holds about 30 ms that it cannot give back;
    they fade or sound, and count as not played. `speaker_xrun` is reported once, `xruns` counts them all.
    """

    def __init__(self, device: Device = None, rate: int = 22_050, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._device = device
        self._rate = rate
        self._portaudio = load_portaudio()
        self._kept = KeptStream("speaker", self._clock, self._make)
        self._queue = PlayQueue(rate)
        self._in_device: deque[_Sent] = deque()
        self._sounding: deque[_Sent] = deque(maxlen=round(FRAME_MS / 1000 / _BLOCK_S))
        self._busy = False
        self._epoch = 0
        self._queued = 0
        self._on_played: OnPlayed | None = None
        self._on_fault: OnFault | None = None
        self.xruns = 0
        """Times that the card had nothing to play because the callback came too late."""

    @property
    def rate(self) -> int:
        return self._rate

    @property
    def queued(self) -> int:
        return self._queued

    @property
    def reference(self) -> Samples:
        """The last 20 ms that sounded, at `rate`; empty when silent."""
        if not any(block.live for block in self._sounding):
            return silence(0)
        return np.concatenate([block.samples for block in self._sounding])

    async def open(self, on_played: OnPlayed, on_fault: OnFault) -> None:
        self._on_played, self._on_fault = on_played, on_fault
        self.xruns = 0
        await self._kept.open(on_fault)

    def write(self, samples: Samples) -> None:
        self._queued += samples.size
        self._queue.write(samples)

    def pause(self) -> None:
        self._queue.pause()

    def resume(self) -> None:
        self._queue.resume()

    def flush(self) -> None:
        self._epoch = self._queue.flush()
        for blocks in (self._in_device, self._sounding):
            for _ in range(len(blocks)):
                blocks.append(blocks.popleft()._replace(written=0))
        self._queued = 0

    async def close(self) -> None:
        self._on_played = self._on_fault = None
        self.flush()
        await self._kept.close()

    # ---- in PortAudio's thread ----

    def _make(self, finished: Callable[[], None]) -> Any:
        channels, device_rate = usable_settings(self._portaudio, "speaker", self._device, self._rate)
        size = round(self._rate * _BLOCK_S)
        resampler = Resampler(self._rate, device_rate, quality="LQ")
        carry = silence(0)

        def callback(out: Samples, frames: int, time: Any, status: Any) -> None:
            nonlocal carry
            self._kept.beat()
            delay = max(0.0, time.outputBufferDacTime - time.currentTime)
            underflow = bool(status.output_underflow)
            while carry.size < frames:
                block = self._queue.take(size)
                live = block.written > 0 or bool(block.samples.any())
                if live or underflow or self._busy:
                    self._kept.post(self._sent, block, live, delay, underflow)
                carry = np.concatenate([carry, resampler.push(block.samples)])
            out[:] = carry[:frames, np.newaxis]
            carry = carry[frames:]

        return self._portaudio.OutputStream(
            samplerate=device_rate,
            blocksize=round(device_rate * _BLOCK_S),
            device=self._device,
            channels=channels,
            dtype="int16",
            latency="low",
            callback=callback,
            finished_callback=finished,
        )

    # ---- on the loop ----

    def _sent(self, block: Block, live: bool, delay: float, underflow: bool) -> None:
        """A block went to the device. Those that have begun to sound since the last one are settled.

        So the speaker needs no timer of its own, and wakes nobody once the last block has sounded.
        """
        now = self._clock.now()
        written = block.written if block.epoch == self._epoch else 0
        self._in_device.append(_Sent(now + delay, block.samples, written, live))
        while self._in_device and self._in_device[0].sounds_at <= now:
            ended = self._sounding[-1].written if self._sounding else 0
            self._sounding.append(self._in_device.popleft())
            if ended and self._on_played is not None:
                self._queued -= ended
                self._on_played(ended)
        self._busy = any(sent.live for sent in (*self._sounding, *self._in_device))
        if underflow:
            self._count_underflow()

    def _count_underflow(self) -> None:
        self.xruns += 1
        if self.xruns == 1 and self._on_fault is not None:
            advice = "The machine is too slow or too busy."
            self._on_fault(HardwareError("speaker_xrun", "The speaker ran out of sound for a moment.", advice))
