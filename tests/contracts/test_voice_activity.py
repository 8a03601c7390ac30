"""What every voice-activity detector must tell apart, and what Silero must beyond that."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from hardware.audio import Samples, level_db, silence
from hardware.audio_file import read_audio
from robot.hear.energy import EnergyDetector
from robot.hear.gate import gated_silero
from robot.hear.silero import SileroDetector
from robot.stages import VoiceActivityDetector
from tests.shared_data import shared_data
from tests.spoken import spoken, white_noise

SENTENCE = "good morning nurse, could I have some water please"


Make = Callable[[], VoiceActivityDetector]


@pytest.fixture(params=[SileroDetector, EnergyDetector, gated_silero])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


@pytest.fixture
def detector(make: Make) -> VoiceActivityDetector:
    return make()


def probabilities(detector: VoiceActivityDetector, samples: Samples) -> list[float]:
    count = samples.size // detector.window
    return [detector.probability(window) for window in samples[: count * detector.window].reshape(count, -1)]


def voiced(detector: VoiceActivityDetector, samples: Samples, quiet: Samples | None = None) -> tuple[float, float]:
    """Share of windows taken for a voice: among those that are loud in `quiet`, and among its silent ones."""
    reference = samples if quiet is None else quiet
    found = np.array(probabilities(detector, samples)) > 0.5
    windows = reference[: found.size * detector.window].reshape(found.size, -1)
    loud = np.array([level_db(window) for window in windows])
    return float(found[loud > -35].mean()), float(found[loud < -65].mean())


def test_it_is_a_detector(detector: VoiceActivityDetector) -> None:
    assert isinstance(detector, VoiceActivityDetector)
    assert (detector.rate, detector.window) == (16_000, 512)


def test_silence_is_no_voice(detector: VoiceActivityDetector) -> None:
    assert max(probabilities(detector, silence(32_000))) < 0.3


def test_a_quiet_room_is_no_voice(detector: VoiceActivityDetector) -> None:
    assert max(probabilities(detector, white_noise(3.0, -70))[3:]) < 0.5


def test_speech_is_a_voice(detector: VoiceActivityDetector) -> None:
    speech, pause = voiced(detector, spoken(SENTENCE, pad_s=1.0))
    assert speech > 0.9
    assert pause < 0.25


def test_speech_in_noise_is_a_voice(detector: VoiceActivityDetector) -> None:
    speech = spoken(SENTENCE, pad_s=1.0)
    noise = white_noise(speech.size / 16_000, level_db(speech[16_000:-16_000]) - 10)
    mixed = np.clip(speech.astype(np.int32) + noise, -32768, 32767).astype(np.int16)
    probabilities(detector, white_noise(10.0, level_db(noise), seed=3))  # the room, before anybody speaks
    loud, pause = voiced(detector, mixed, quiet=speech)
    assert loud > 0.6
    assert pause < 0.25


def test_values_are_probabilities_for_any_input(detector: VoiceActivityDetector) -> None:
    square = np.where(np.arange(512) % 64 < 32, 32767, -32768).astype(np.int16)
    for window in (square, silence(512), np.full(512, -32768, dtype=np.int16), white_noise(0.032, 0.0)):
        assert 0.0 <= detector.probability(window) <= 1.0


def test_reset_forgets_the_stream(detector: VoiceActivityDetector) -> None:
    speech = spoken(SENTENCE)
    first = probabilities(detector, speech)
    detector.reset()
    assert probabilities(detector, speech) == first


def test_detectors_do_not_share_a_stream(make: Make) -> None:
    speech = spoken(SENTENCE)
    alone = probabilities(make(), speech)
    first, second = make(), make()
    together = []
    for window in speech[: len(alone) * 512].reshape(-1, 512):
        together.append(first.probability(window))
        second.probability(white_noise(0.032, -20.0))
    assert together == alone


def test_silero_takes_loud_noise_for_noise() -> None:
    assert np.mean(np.array(probabilities(SileroDetector(), white_noise(5.0, -20.0))) > 0.5) < 0.05


def test_silero_hears_a_human_reader() -> None:
    samples = read_audio(shared_data("audio/speech/librivox/sense_and_sensibility_01_austen_64kb-0870.wav"))
    assert np.mean(np.array(probabilities(SileroDetector(), samples)) > 0.5) > 0.7


def test_silero_agrees_with_its_authors_code_path() -> None:
    """The wheel's general model, run as the authors' wrapper does, gives the same probabilities."""
    origin = importlib.util.find_spec("silero_vad")
    assert origin is not None
    assert origin.origin is not None
    reference = onnxruntime.InferenceSession(str(Path(origin.origin).parent / "data" / "silero_vad.onnx"))
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    expected = []
    speech = spoken(SENTENCE)
    for window in speech[: speech.size // 512 * 512].reshape(-1, 512):
        sound = np.concatenate([context, window.astype(np.float32) / 32768])[None]
        output, state = reference.run(None, {"input": sound, "state": state, "sr": np.array(16_000)})
        context = sound[0, -64:]
        expected.append(float(output[0, 0]))
    assert probabilities(SileroDetector(), speech) == pytest.approx(expected, abs=1e-3)


def test_silero_does_not_load_torch() -> None:
    script = (
        "import sys, numpy; from robot.hear.silero import SileroDetector; "
        "SileroDetector().probability(numpy.zeros(512, 'int16')); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_window_costs_far_less_than_a_millisecond() -> None:
    """The best of many, so that a busy machine does not fail it; typically 50 µs for Silero on an idle one."""
    detector, window = SileroDetector(), white_noise(0.032, -30.0)
    best = min(_seconds(detector, window) for _ in range(400))
    assert best < 0.001


def _seconds(detector: VoiceActivityDetector, window: Samples) -> float:
    start = time.perf_counter()
    detector.probability(window)
    return time.perf_counter() - start
