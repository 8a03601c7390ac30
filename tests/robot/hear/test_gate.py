"""The gate spares the network silence and changes nothing that is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.acoustics import pink_noise
from hardware.audio import RATE, AudioFrame, Samples, frame_samples, silence
from hardware.audio_file import read_audio
from robot.events import VoiceEvent
from robot.hear.gate import LevelGate
from robot.hear.listen import Endpointing, Listener
from robot.hear.silero import SileroDetector
from robot.simulate.run import FIRST_VISIT

FRAME = frame_samples(RATE)


class Counted:
    """A detector that counts how often it is asked."""

    def __init__(self) -> None:
        self._detector = SileroDetector()
        self.rate, self.window = self._detector.rate, self._detector.window
        self.asked = 0

    def probability(self, window: Samples) -> float:
        self.asked += 1
        return self._detector.probability(window)

    def reset(self) -> None:
        self._detector.reset()


def in_a_room(path: Path, snr_db: float) -> Samples:
    """A recording between five seconds of quiet, with noise over all of it, so far below nominal speech."""
    quiet = silence(5 * RATE)
    sound = np.concatenate([quiet, read_audio(path), quiet])
    noise = np.resize(pink_noise(snr_db, np.random.default_rng(3)), sound.size)
    return np.clip(sound + noise, -32768, 32767).astype(np.int16)


def events(sound: Samples, *, gated: bool) -> tuple[list[VoiceEvent], int]:
    counted = Counted()
    listener = Listener(LevelGate(counted) if gated else counted, Endpointing())
    frames = [AudioFrame(sound[at : at + FRAME], RATE, at // FRAME) for at in range(0, sound.size - FRAME, FRAME)]
    found = [event for frame in frames if (event := listener.push(frame, silence(0))) is not None]
    return found, counted.asked


@pytest.mark.parametrize("snr_db", [64.0, 35.0, 20.0, 5.0])
@pytest.mark.parametrize("name", ["01", "04", "07"])
def test_the_same_is_heard_as_without_the_gate(name: str, snr_db: float) -> None:
    sound = in_a_room(FIRST_VISIT.parent / "first_visit" / f"{name}.flac", snr_db)
    without, _ = events(sound, gated=False)
    with_gate, _ = events(sound, gated=True)
    assert [type(event) for event in with_gate] == [type(event) for event in without]
    for ours, theirs in zip(with_gate, without, strict=True):
        assert abs(ours.at - theirs.at) <= 0.1


def test_a_quiet_room_costs_little_and_a_loud_one_is_always_heard() -> None:
    path = FIRST_VISIT.parent / "first_visit" / "04.flac"
    for snr_db, least, most in [(35.0, 0.0, 0.5), (5.0, 0.99, 1.1)]:
        sound = in_a_room(path, snr_db)
        asked = events(sound, gated=True)[1] / (sound.size / 512)
        assert least <= asked <= most
