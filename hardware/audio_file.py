"""Recordings on disk: any common format in as 16-bit mono samples, 16-bit WAV out."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hardware.audio import RATE, Samples, resample
from hardware.ports import HardwareError

if TYPE_CHECKING:
    import soundfile

FORMATS = "WAV, FLAC, MP3, Ogg (Vorbis, Opus) and AIFF"
LONGEST_S = 2 * 3600
"""A longer recording is refused: its samples would not fit comfortably into memory beside a recognizer."""

_BLOCK = 1 << 20
"""Samples of each channel that are read at a time."""

_RATES = range(1_000, 768_001)
"""Sample rates a second that real recordings have; anything else is a damaged header."""


def read_audio(path: Path | str, rate: int = RATE) -> Samples:
    """The recording as one channel of 16-bit samples at `rate`; several channels are averaged.

    Raises HardwareError: `audio_missing` (no such file), `audio_unreadable` (not a recording, damaged, or headerless),
    `audio_empty` (no samples), `audio_too_long` (more than `LONGEST_S`).
    """
    path = Path(path)
    if not path.is_file():
        raise HardwareError("audio_missing", f"There is no audio file {path}.")
    if path.stat().st_size == 0:
        raise HardwareError("audio_empty", f"The audio file {path} is empty.")
    if path.suffix.lower() == ".raw":  # the one suffix that soundfile takes as a statement, not as a hint
        raise _unreadable(path, "it has no header")
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            return _read(path, file, rate)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
        raise _unreadable(path, reason) from error


def _read(path: Path, file: soundfile.SoundFile, rate: int) -> Samples:
    """Block by block, because a header may state a length that is not there (a stream's is 'unknown')."""
    if file.samplerate not in _RATES:
        raise _unreadable(path, f"its header states {file.samplerate} Hz")
    blocks: list[Samples] = []
    frames = 0
    while (block := file.read(_BLOCK, dtype="float32", always_2d=True)).shape[0]:
        frames += block.shape[0]
        if frames > LONGEST_S * file.samplerate:
            raise HardwareError(
                "audio_too_long", f"The audio file {path} is longer than {LONGEST_S / 3600:g} hours.", "Cut it."
            )
        blocks.append(_mono(block))
    if not blocks:
        raise HardwareError("audio_empty", f"The audio file {path} has no samples.")
    return resample(np.concatenate(blocks), file.samplerate, rate)


def _mono(block: npt.NDArray[np.float32]) -> Samples:
    """Floats of any file as 16 bits. The factor 32768 gives 16-bit files back bit for bit; not-a-number is silence."""
    mixed = np.nan_to_num(block.mean(axis=1), posinf=1.0, neginf=-1.0)
    return np.asarray(np.clip(np.round(mixed * 32768.0), -32768, 32767), dtype=np.int16)


def _unreadable(path: Path, reason: str) -> HardwareError:
    return HardwareError(
        "audio_unreadable",
        f"The audio file {path} cannot be read: {reason}.",
        f"Known formats: {FORMATS}. A headerless recording needs a header first "
        "(sox -t raw -r 16000 -e signed -b 16 -c 1 in.raw out.wav).",
    )


def write_wav(path: Path | str, samples: Samples, rate: int = RATE, channels: int = 1) -> None:
    """Write 16-bit samples: shape (n, channels), or shape (n,) with `channels` interleaved.

    Raises HardwareError (`audio_unwritable`) when the file cannot be made.
    """
    if samples.dtype != np.int16:
        raise ValueError(f"16-bit samples are expected, not {samples.dtype}")
    if samples.ndim == 2:
        channels = samples.shape[1]
    if samples.size % channels:
        raise ValueError(f"{samples.size} samples do not fill {channels} channels")
    try:
        with Path(path).open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.ascontiguousarray(samples, dtype="<i2").tobytes())
    except OSError as error:
        raise HardwareError(
            "audio_unwritable", f"The audio file {path} cannot be written: {error.strerror or error}."
        ) from error
