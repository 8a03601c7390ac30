"""What a simulated conversation leaves behind in a folder: the sound of both sides, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hardware.audio import RATE
from hardware.audio_file import write_wav
from hardware.room import Recording
from robot.simulate.report import write_report
from robot.simulate.scenario import TurnRecord
from robot.simulate.timeline import Timeline


def leave(
    out: Path,
    recording: Recording,
    timeline: Timeline,
    *,
    title: str,
    turns: Sequence[TurnRecord],
    opening: TurnRecord,
    about: Mapping[str, str],
    checked: bool = True,
) -> None:
    """Write `conversation.wav` (patient left, robot right, 16 kHz) and `report.html` into the folder `out`.

    `checked=False`: nothing was expected of the conversation, so the report has no verdict.
    Raises HardwareError (`audio_unwritable`), InputError (`output_unwritable`).
    """
    patient, robot = recording.channels()
    write_wav(out / "conversation.wav", np.stack([patient, robot], axis=1), RATE)
    write_report(
        out / "report.html",
        title=title,
        turns=turns,
        opening=opening,
        timeline=timeline,
        patient=patient,
        robot=robot,
        about=about,
        checked=checked,
    )
