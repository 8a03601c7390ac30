"""Levels, conversions and sample rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.audio import (
    FRAME_MS,
    RATE,
    SILENCE_DB,
    AudioFrame,
    Resampler,
    frame_samples,
    level_db,
    resample,
    silence,
    to_int16,
)

RATES = [8_000, 16_000, 22_050, 44_100, 48_000]


def tone(rate: int, seconds: float = 1.0, hertz: float = 440.0, level: float = 0.5) -> np.ndarray:
    times = np.arange(round(rate * seconds)) / rate
    return to_int16(level * np.sin(2 * np.pi * hertz * times))


def test_a_frame_tells_its_own_time() -> None:
    assert AudioFrame(silence(320), RATE, 150).start_s == pytest.approx(150 * FRAME_MS / 1000)


@pytest.mark.parametrize("rate", RATES)
def test_a_frame_is_twenty_milliseconds_at_any_rate(rate: int) -> None:
    assert frame_samples(rate) == rate // 50


def test_levels() -> None:
    assert level_db(silence(100)) == SILENCE_DB
    assert level_db(silence(0)) == SILENCE_DB
    assert level_db(np.full(100, 32767, dtype=np.int16)) == pytest.approx(0, abs=0.1)
    assert level_db(tone(RATE, level=1.0)) == pytest.approx(-3.0, abs=0.1)


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=100))
def test_a_level_lies_between_silence_and_full_scale(values: list[int]) -> None:
    samples = np.array(values, dtype=np.int16)
    assert SILENCE_DB <= level_db(samples) <= 0.1
    assert level_db(samples) <= level_db(np.full(1, -32768, dtype=np.int16))


@given(st.lists(st.floats(-10, 10, width=32), max_size=50))
def test_floats_become_samples_and_louder_ones_are_clipped(values: list[float]) -> None:
    samples = to_int16(np.array(values, dtype=np.float32))
    assert samples.dtype == np.int16
    for value, sample in zip(values, samples, strict=True):
        assert sample == pytest.approx(max(-1.0, min(1.0, value)) * 32767, abs=1.01)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("to_rate", RATES)
def test_another_rate_is_the_same_sound(rate: int, to_rate: int) -> None:
    converted = resample(tone(rate), rate, to_rate)
    assert converted.size == pytest.approx(to_rate, abs=to_rate // 100)
    middle = converted[to_rate // 4 : 3 * to_rate // 4].astype(float)
    crossings = np.count_nonzero(np.diff(np.signbit(middle)))
    assert crossings / (2 * middle.size / to_rate) == pytest.approx(440, abs=4)
    assert level_db(converted) == pytest.approx(level_db(tone(rate)), abs=0.5)


@pytest.mark.parametrize("quality", ["HQ", "LQ"])
@pytest.mark.parametrize(("rate", "to_rate"), [(22_050, 16_000), (16_000, 22_050), (16_000, 16_000), (48_000, 16_000)])
@settings(max_examples=40)
@given(sizes=st.lists(st.integers(1, 2_000), min_size=1, max_size=20))
def test_a_stream_in_pieces_is_as_long_as_the_whole(rate: int, to_rate: int, quality: str, sizes: list[int]) -> None:
    stream = Resampler(rate, to_rate, quality=quality)
    pieces = [stream.push(np.ones(size, dtype=np.int16)) for size in sizes]
    pieces.append(stream.push(silence(0), last=True))
    assert sum(piece.size for piece in pieces) == pytest.approx(sum(sizes) * to_rate / rate, abs=2)
