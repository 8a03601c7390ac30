"""Voice activity by loudness: needs no model, hears no difference between a voice and a slammed door."""

from __future__ import annotations

import math

from hardware.audio import RATE, Samples, level_db

_QUIET_ROOM_DB = -55.0
"""Where the noise floor is believed to be before anything was heard."""
_LOWEST_FLOOR_DB = -70.0
"""Below this even a loud step is no voice: it is the microphone's own noise."""
_FALL, _RISE = 0.2, 0.01
"""Share of the way to the current level that the floor moves in one window: down .14 s, up 3.2 s (time constants)."""
_MIDDLE_DB, _WIDTH_DB = 9.0, 1.5
"""Level above the floor at which a voice is as likely as not, and how sharp the step is."""


class EnergyDetector:
    """A `VoiceActivityDetector` that compares each window with a noise floor, which follows the room."""

    rate = RATE
    window = 512

    def __init__(self) -> None:
        self._floor = _QUIET_ROOM_DB

    def probability(self, window: Samples) -> float:
        """0…1 for the next 512 samples."""
        level = max(level_db(window), _LOWEST_FLOOR_DB)
        above = level - self._floor
        self._floor += above * (_RISE if above > 0 else _FALL)
        return 1.0 / (1.0 + math.exp((_MIDDLE_DB - above) / _WIDTH_DB))

    def reset(self) -> None:
        self._floor = _QUIET_ROOM_DB
