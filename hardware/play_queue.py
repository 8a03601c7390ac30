"""What a speaker has still to play, between the loop that writes and the audio thread that takes."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

import numpy as np

from hardware.audio import Samples, silence

FADE_MS = 5
"""A cut to silence within one sample clicks; over 5 ms it does not, and it is still well within a block."""


class Block(NamedTuple):
    """One block for the device: `written` of its samples came from `write`, the rest is silence or fade."""

    samples: Samples
    written: int
    epoch: int
    """Grows with each flush, so that blocks of before a flush can be told."""


class PlayQueue:
    """First in, first out, with pause and flush that fade instead of clicking.

    A pause fades over samples that stay in the queue, so `resume` (which fades in) loses nothing. The lock is held for
    microseconds: neither side computes or waits inside it.
    """

    def __init__(self, rate: int) -> None:
        size = rate * FADE_MS // 1000
        self._fade_in = np.linspace(0.0, 1.0, size, endpoint=False, dtype=np.float32)
        self._fade_out = 1.0 - self._fade_in
        self._lock = threading.Lock()
        self._pieces: deque[Samples] = deque()
        self._tail = silence(0)
        self._paused = False
        self._resuming = False
        self._sounding = False
        self._epoch = 0

    def write(self, samples: Samples) -> None:
        """Queue `samples`; they are not copied."""
        if samples.size:
            with self._lock:
                self._pieces.append(samples)

    def pause(self) -> None:
        """From the next block on silent but for the fade; what is queued stays."""
        with self._lock:
            self._begin_fade()
            self._paused = True

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        with self._lock:
            self._resuming = self._resuming or self._paused
            self._paused = False

    def flush(self) -> int:
        """From the next block on silent but for the fade; what is queued is dropped. Ends a pause.

        Returns the epoch that begins with it.
        """
        with self._lock:
            self._begin_fade()
            self._pieces.clear()
            self._paused = self._resuming = False
            self._epoch += 1
            return self._epoch

    def take(self, size: int) -> Block:
        """The next `size` samples for the device, filled up with silence."""
        out = silence(size)
        with self._lock:
            count = 0 if self._paused else self._move_into(out)
            if count and self._resuming:
                ramp = self._fade_in[:size]
                out[: ramp.size] = out[: ramp.size] * ramp
                self._resuming = False
            if self._tail.size:
                tail, self._tail = self._tail[:size], self._tail[size:]
                out[: tail.size] = np.clip(out[: tail.size].astype(np.int32) + tail, -32768, 32767)
            self._sounding = count > 0
            return Block(out, count, self._epoch)

    def _begin_fade(self) -> None:
        """Let what would have come next fade out over the next block, if anything is sounding."""
        if self._sounding:
            ahead = self._peek(self._fade_out.size)
            self._tail = (ahead * self._fade_out[: ahead.size]).astype(np.int16)
            self._sounding = False

    def _peek(self, size: int) -> Samples:
        ahead: list[Samples] = [silence(0)]
        for piece in self._pieces:
            ahead.append(piece[:size])
            size -= ahead[-1].size
            if size == 0:
                break
        return np.concatenate(ahead)

    def _move_into(self, out: Samples) -> int:
        filled = 0
        while self._pieces and filled < out.size:
            piece = self._pieces.popleft()
            part = piece[: out.size - filled]
            out[filled : filled + part.size] = part
            filled += part.size
            if part.size < piece.size:
                self._pieces.appendleft(piece[part.size :])
        return filled
