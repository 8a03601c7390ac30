"""Renders the sentences of a scenario with the simulated patient's voice into the recordings that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import soundfile

from dialogs.model import Scenario
from dialogs.yaml_file import read
from hardware.audio import RATE
from hardware.patient_voice import PatientVoice
from robot.errors import InputError


def record(path: Path, voice: str) -> Iterator[tuple[Path, float]]:
    """(recording, seconds) of every step of the scenario `path` that names one. FLAC, 16 kHz, mono.

    Raises InputError (`scenario_without_audio`), HardwareError (`patient_voice_missing`), ContentError.
    """
    named = [(step.say, step.audio) for step in read(path, Scenario).steps if step.say and step.audio]
    if not named:
        raise InputError("scenario_without_audio", f"{path}: no step names a recording.", "Add 'audio:' to its steps.")
    patient = PatientVoice(voice)
    for text, recording in named:
        target = path.parent / recording
        target.parent.mkdir(parents=True, exist_ok=True)
        samples = patient.render(text)
        soundfile.write(target, samples, RATE, subtype="PCM_16")
        yield target, samples.size / RATE
