"""Renders the sentences of a scenario with the simulated patient's voice into the recordings that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import soundfile

from dialogs.model import Scenario
from dialogs.yaml_file import read
from hardware.audio import RATE
from hardware.patient_voice import PatientVoice


def record(path: Path, voice: str) -> Iterator[tuple[Path, float]]:
    """(recording, seconds) of every step of the scenario `path` that names one. FLAC, 16 kHz, mono.

    Raises HardwareError (`patient_voice_missing`), ContentError.
    """
    patient = PatientVoice(voice)
    for step in read(path, Scenario).steps:
        if step.say is None or step.audio is None:
            continue
        target = path.parent / step.audio
        target.parent.mkdir(parents=True, exist_ok=True)
        samples = patient.render(step.say)
        soundfile.write(target, samples, RATE, subtype="PCM_16")
        yield target, samples.size / RATE
