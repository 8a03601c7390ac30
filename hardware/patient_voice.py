"""The voice of a simulated patient: a speech program whose speech the recognizer understands (espeak's it does not)."""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from hardware.acoustics import SPEECH_DB
from hardware.audio import RATE, Samples, level_db, to_int16
from hardware.audio_file import read_audio
from hardware.ports import HardwareError

INSTALL = "apt-get install flite"
_RENDER_S = 30
_LEAD_S = 0.15


class PatientVoice:
    """Renders sentences with flite (voices slt, rms, awb, kal16) or, where that is missing, festival.

    Raises HardwareError (`patient_voice_missing`) with the command that installs one.
    """

    def __init__(self, voice: str = "slt") -> None:
        self._voice = voice
        self._flite = shutil.which("flite")
        self._festival = shutil.which("text2wave")
        if not (self._flite or self._festival):
            raise HardwareError(
                "patient_voice_missing", "No voice for the simulated patient is installed.", f"Run: {INSTALL}"
            )

    def render(self, text: str) -> Samples:
        """`text` at 16 kHz, at the nominal speech level, with a short lead of silence. Blocks for some 0.2 s.

        Raises HardwareError (`patient_voice_failed`) when the program fails or hangs.
        """
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "said.txt", Path(folder) / "said.wav"
            source.write_text(text.replace("\0", " "), encoding="utf-8")
            if self._flite:
                command = [self._flite, "-voice", self._voice, "-f", str(source), "-o", str(target)]
            else:
                command = [str(self._festival), "-o", str(target), str(source)]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=_RENDER_S)
                samples = read_audio(target)
            except (subprocess.SubprocessError, OSError, HardwareError):
                raise HardwareError(
                    "patient_voice_failed", "The simulated patient's voice failed on this sentence.", "Try other words."
                ) from None
        return _at_speech_level(samples)


def _at_speech_level(samples: Samples) -> Samples:
    """Leading silence, and the loud half of the frames at `SPEECH_DB` on average."""
    frames = samples[: samples.size // 320 * 320].reshape(-1, 320)
    levels = sorted(level_db(frame) for frame in frames)
    active = levels[len(levels) // 2 :] or [SPEECH_DB]
    gain = 10 ** ((SPEECH_DB - sum(active) / len(active)) / 20)
    lead = np.zeros(math.floor(RATE * _LEAD_S), dtype=np.int16)
    return np.concatenate([lead, to_int16(samples.astype(np.float32) / 32768 * gain)])
