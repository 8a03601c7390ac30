"""Recordings in and out: formats, rates, and files that are none."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import hardware.audio_file
from hardware.audio import Samples, level_db
from hardware.audio_file import read_audio, write_wav
from hardware.ports import HardwareError
from tests.shared_data import shared_data


def tone(rate: int, seconds: float = 0.5, level: float = 0.5) -> Samples:
    """440 Hz."""
    return (level * 32767 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def code_of(path: Path) -> str:
    with pytest.raises(HardwareError) as caught:
        read_audio(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value.code


@given(arrays.arrays(np.int16, st.integers(1, 4000)))
@settings(max_examples=30, deadline=None)
def test_what_was_written_is_read_back_bit_for_bit(samples: Samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        write_wav(path, samples)
        assert np.array_equal(read_audio(path), samples)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_any_rate_becomes_ours(tmp_path: Path, rate: int) -> None:
    write_wav(tmp_path / "x.wav", tone(rate), rate)
    samples = read_audio(tmp_path / "x.wav")
    assert samples.dtype == np.int16
    assert abs(samples.size - 8000) <= 1
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    assert abs(float(np.argmax(spectrum)) * 16_000 / samples.size - 440) <= 4
    assert level_db(samples) == pytest.approx(level_db(tone(rate)), abs=0.3)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        ("wav", "PCM_U8"),
        ("wav", "PCM_24"),
        ("wav", "PCM_32"),
        ("wav", "FLOAT"),
        ("wav", "ULAW"),
        ("flac", "PCM_16"),
        ("flac", "PCM_24"),
        ("aiff", "PCM_16"),
        ("mp3", "MPEG_LAYER_III"),
        ("ogg", "VORBIS"),
        ("ogg", "OPUS"),
    ],
)
def test_formats(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"x.{suffix}"
    stereo = np.stack([tone(16_000), tone(16_000)], axis=1) / 32768.0
    soundfile.write(path, stereo, 16_000, subtype=subtype)
    samples = read_audio(path)
    assert samples.size == pytest.approx(8_000, abs=2_400)  # mp3 pads to whole frames
    assert level_db(samples[1000:7000]) == pytest.approx(level_db(tone(16_000)), abs=0.5)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left = tone(16_000)
    write_wav(tmp_path / "x.wav", np.stack([left, -left], axis=1), channels=2)
    assert np.abs(read_audio(tmp_path / "x.wav")).max() <= 1


def test_floats_beyond_full_scale_are_clipped_and_holes_are_silence(tmp_path: Path) -> None:
    values = np.array([2.0, -2.0, np.nan, np.inf, 0.5], dtype=np.float32)
    soundfile.write(tmp_path / "x.wav", values, 16_000, subtype="FLOAT")
    assert read_audio(tmp_path / "x.wav").tolist() == [32767, -32768, 0, 32767, 16384]


def test_files_that_are_no_recording(tmp_path: Path) -> None:
    assert code_of(tmp_path / "absent.wav") == "audio_missing"
    assert code_of(tmp_path) == "audio_missing"
    (tmp_path / "empty.wav").write_bytes(b"")
    assert code_of(tmp_path / "empty.wav") == "audio_empty"
    write_wav(tmp_path / "header.wav", np.zeros(0, dtype=np.int16))
    assert code_of(tmp_path / "header.wav") == "audio_empty"
    (tmp_path / "text.wav").write_text("This is not sound.\n" * 50)
    assert code_of(tmp_path / "text.wav") == "audio_unreadable"
    (tmp_path / "sound.raw").write_bytes(tone(16_000).tobytes())
    assert code_of(tmp_path / "sound.raw") == "audio_unreadable"
    write_wav(tmp_path / "zero.wav", tone(16_000))
    header = bytearray((tmp_path / "zero.wav").read_bytes())
    header[24:28] = bytes(4)  # the sample rate
    (tmp_path / "zero.wav").write_bytes(header)
    assert code_of(tmp_path / "zero.wav") == "audio_unreadable"


@given(st.binary(max_size=200), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_damaged_files_end_in_our_error_or_in_samples(noise: bytes, at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        write_wav(path, tone(16_000, seconds=0.05))
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        try:
            assert read_audio(path).dtype == np.int16
        except HardwareError as error:
            assert error.code.startswith("audio_")


def test_a_recording_of_hours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware.audio_file, "LONGEST_S", 1)
    write_wav(tmp_path / "x.wav", tone(16_000, seconds=1.1))
    assert code_of(tmp_path / "x.wav") == "audio_too_long"


def test_writing_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(HardwareError) as caught:
        write_wav(tmp_path / "absent" / "x.wav", tone(16_000))
    assert caught.value.code == "audio_unwritable"


def test_the_shared_formats_hold_the_same_sound() -> None:
    files = sorted(shared_data("audio/formats").glob("audio-*"))
    assert len(files) == 12
    recordings = [read_audio(path) for path in files]
    first = recordings[0].astype(float)
    for path, samples in zip(files, recordings, strict=True):
        assert samples.size == first.size, path.name
        assert np.corrcoef(first, samples.astype(float))[0, 1] > 0.999, path.name


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("french.aiff", 2.533),
        ("opus-16000Hz.opus", 8.064),
        ("chinese-48000Hz.flac", 0.956),
        ("mono-16-bit-11025Hz.sph", 20.871),
        ("stereo-16-bit-11025Hz.wav", 20.871),
    ],
)
def test_shared_recordings_have_their_length(name: str, seconds: float) -> None:
    samples = read_audio(shared_data("audio/formats") / name)
    assert samples.size / 16_000 == pytest.approx(seconds, abs=0.01)
    assert level_db(samples) > -60


def test_malformed_shared_files() -> None:
    folder = shared_data("audio/malformed")
    assert code_of(folder / "null.wav") == "audio_empty"
    for name in ("awful.wav", "bad.wav", "evil.wav"):
        assert code_of(folder / name) in {"audio_unreadable", "audio_empty"}
    assert code_of(shared_data("audio/formats/headerless-16-bit-16000Hz.raw")) == "audio_unreadable"
    assert read_audio(folder / "no_speech_full_scale_1s.wav").size == 16_000
