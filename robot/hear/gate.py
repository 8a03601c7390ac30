"""Spares a voice-activity network the windows in which there is nothing to hear but the room.

A ward is quiet most of the time, and a network costs the same for silence as for speech. The gate follows the room's
noise floor (the least level of the last half to whole second, after R. Martin's minimum statistics, 1994) and closes
while a window hardly stands out of it; from the first one that does, and until well after the last voice, everything
is heard. In a noisy room it never closes: there a soft voice may be as loud as the noise.
"""

from __future__ import annotations

import numpy as np

from hardware.audio import SILENCE_DB, Samples, level_db
from robot.stages import VoiceActivityDetector

MARGIN_DB = 2.0
"""How far a window must stand above the noise floor to be listened to; steady noise itself stays within 1.3 dB."""
QUIET_ROOM_DB = -50.0
"""Noise floor above which everything is listened to: 24 dB below nominal speech, 10 dB below a soft voice."""
_BUCKET = 16
"""Windows in one of the two spans of which the least level counts: half a second."""
_HANG_OVER = 12
"""Windows that are heard after the last that may have been a voice: .4 s, longer than a stop inside a word."""
_MAY_BE_VOICE = 0.2


class LevelGate:
    """A `VoiceActivityDetector` before another one, which is asked only while something stands out of the noise."""

    def __init__(self, detector: VoiceActivityDetector) -> None:
        self._detector = detector
        self.rate, self.window = detector.rate, detector.window
        self._before: Samples | None = None
        """The window that was passed over last: the network hears it too once the gate opens, as a run-up."""
        self._open = 0
        """Windows for which the gate stays open."""
        self._least = [SILENCE_DB, 0.0]
        """Least level of the last whole bucket and of this one; in the first the gate is open: no floor is known."""
        self._filled = 0

    def probability(self, window: Samples) -> float:
        """What the detector says of `window`; 0 while the gate is closed."""
        level = level_db(np.diff(window))  # weakens hum and rumble, whose level never stands still
        self._follow(level)
        if not self._open:
            floor = min(self._least)
            if floor < QUIET_ROOM_DB and level <= floor + MARGIN_DB:
                self._before = window.copy()
                return 0.0
            if self._before is not None:
                self._detector.probability(self._before)
                self._before = None
            self._open = _HANG_OVER
        probability = self._detector.probability(window)
        self._open = _HANG_OVER if probability > _MAY_BE_VOICE else self._open - 1
        return probability

    def reset(self) -> None:
        self._detector.reset()
        self._before = None
        self._open = self._filled = 0
        self._least = [SILENCE_DB, 0.0]

    def _follow(self, level: float) -> None:
        self._least[1] = min(self._least[1], level)
        self._filled += 1
        if self._filled == _BUCKET:
            self._least = [self._least[1], 0.0]
            self._filled = 0


def gated_silero() -> LevelGate:
    """The Silero network behind the gate. Raises ModelError (`model_missing`)."""
    from robot.hear.silero import SileroDetector

    return LevelGate(SileroDetector())
