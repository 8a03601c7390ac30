"""Sentences spoken by flite, a small speech synthesizer with human-derived voices."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

from hardware.audio import Samples
from hardware.audio_file import read_audio

QUIET = 3.0
"""Standard deviation of the room's noise around and under a sentence, in 16-bit steps: about −80 dB."""


def spoken(text: str, voice: str = "slt", pad_s: float = 0.3) -> Samples:
    """`text` at 16 kHz in a quiet room, with `pad_s` before and after; the test is skipped where flite is absent."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed (apt install flite)")
    return _spoken(text, voice, pad_s).copy()


@functools.cache
def _spoken(text: str, voice: str, pad_s: float) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        speech = read_audio(path)
    pad = int(16_000 * pad_s)
    noise = np.random.default_rng(1).normal(0.0, QUIET, speech.size + 2 * pad)
    noise[pad : pad + speech.size] += speech
    return np.clip(noise, -32768, 32767).astype(np.int16)


def white_noise(seconds: float, level_db: float, seed: int = 2) -> Samples:
    """Gaussian noise at `level_db` relative to full scale."""
    amplitude = 32768 * 10 ** (level_db / 20)
    noise = np.random.default_rng(seed).normal(0.0, amplitude, int(16_000 * seconds))
    return np.clip(noise, -32768, 32767).astype(np.int16)
