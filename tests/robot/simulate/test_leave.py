"""What a conversation leaves: two channels of equal length, however it was held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from hardware.audio import RATE
from hardware.clock import SimulatedClock
from hardware.room import Recording
from robot.simulate.leave import leave
from robot.simulate.scenario import TurnRecord
from robot.simulate.timeline import Timeline


def test_the_patient_is_left_and_the_robot_right(tmp_path: Path) -> None:
    patient, robot = np.full(RATE, 100, dtype=np.int16), np.full(RATE, -200, dtype=np.int16)
    recording = Recording([patient], [robot])
    opening = TurnRecord(0, "")
    timeline = Timeline(SimulatedClock())
    leave(tmp_path, recording, timeline, title="Live", turns=[], opening=opening, about={}, checked=False)
    samples, rate = soundfile.read(tmp_path / "conversation.wav", dtype="int16")
    assert rate == RATE
    assert samples.shape == (RATE, 2)
    assert set(samples[:, 0]) == {100} and set(samples[:, 1]) == {-200}
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
