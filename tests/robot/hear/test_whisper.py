"""Whisper with a tiny random checkpoint: loading, gates and languages; no network."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import whisper.timing

from hardware.audio import RATE
from hardware.clock import SimulatedClock
from robot.blocking import Blocking
from robot.errors import ModelError
from robot.events import Language, Transcript
from robot.hear.recognizers.whisper import Gates, WhisperRecognizer
from tests.spoken import spoken, white_noise
from tests.tiny_whisper import save_tiny_whisper

SENTENCE = "how can I stop smoking"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_whisper(tmp_path_factory.mktemp("model") / "tiny.pt"))


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_whisper(tmp_path_factory.mktemp("model") / "tiny.pt", multilingual=True))


@pytest.fixture
def interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whisper's word alignment as written, uncompiled: compiling takes longer than all tests here."""
    for name in ("dtw_cpu", "backtrace"):
        monkeypatch.setattr(whisper.timing, name, getattr(whisper.timing, name).py_func)


def hear(model: str, language: Language = "en", **options: Any) -> Transcript:
    async def main() -> Transcript:
        recognizer = WhisperRecognizer(Blocking(inline=True), model, **options)
        recognition = recognizer.listen(language, lambda _: None)
        recognition.feed(spoken(SENTENCE))
        return await recognition.finish()

    return SimulatedClock().run(main())


def segment(**changes: float) -> dict[str, float]:
    return {"no_speech_prob": 0.1, "avg_logprob": -0.3, "compression_ratio": 1.2} | changes


@pytest.mark.usefixtures("interpreted")
def test_a_checkpoint_is_loaded_and_decodes(checkpoint: str) -> None:
    transcript = hear(checkpoint, gates=None, word_times=True)
    assert transcript.text
    assert transcript.engine == "whisper"
    assert 0.0 < transcript.confidence < 0.01  # it guesses among 51 864 tokens
    assert transcript.words
    assert all(0.0 <= word.start <= word.end <= spoken(SENTENCE).size / RATE for word in transcript.words)


def test_words_without_times_are_no_words(checkpoint: str) -> None:
    transcript = hear(checkpoint, gates=None)
    assert transcript.text
    assert transcript.words == ()


def test_what_the_model_is_unsure_of_is_dropped(checkpoint: str) -> None:
    transcript = hear(checkpoint)
    assert transcript.text == ""
    assert transcript.confidence == 0.0


def test_sound_without_a_voice_is_never_decoded(checkpoint: str) -> None:
    async def main() -> Transcript:
        recognizer = WhisperRecognizer(Blocking(inline=True), checkpoint, gates=None)
        recognition = recognizer.listen("en", lambda _: None)
        recognition.feed(white_noise(3.0, -20.0))
        return await recognition.finish()

    assert SimulatedClock().run(main()).text == ""


@pytest.mark.usefixtures("interpreted")
def test_sound_longer_than_a_window_is_decoded_to_its_end(checkpoint: str) -> None:
    async def main() -> Transcript:
        recognizer = WhisperRecognizer(Blocking(inline=True), checkpoint, gates=None, word_times=True)
        recognition = recognizer.listen("en", lambda _: None)
        for _ in range(20):
            recognition.feed(spoken(SENTENCE))
        return await recognition.finish()

    words = SimulatedClock().run(main()).words
    assert words[-1].end > 30.0
    assert all(before.end <= after.start for before, after in pairwise(words))


@pytest.mark.parametrize(
    ("found", "believed"),
    [
        (segment(), True),
        (segment(no_speech_prob=0.9), True),
        (segment(no_speech_prob=0.9, avg_logprob=-0.7), False),
        (segment(avg_logprob=-0.7), True),
        (segment(avg_logprob=-1.2), False),
        (segment(compression_ratio=3.0), False),
    ],
)
def test_gates(found: dict[str, float], believed: bool) -> None:
    assert Gates().accept(found) is believed


def test_languages_follow_the_model(checkpoint: str, multilingual: str) -> None:
    blocking = Blocking(inline=True)
    assert WhisperRecognizer(blocking, checkpoint).languages == {"en"}
    assert WhisperRecognizer(blocking, multilingual).languages == {"en", "zh"}


def test_the_language_is_the_one_asked_for_or_the_one_found(multilingual: str) -> None:
    options: dict[str, Any] = {"gates": None}
    assert hear(multilingual, "zh", **options).language == "zh"
    found = {hear(multilingual, asked, detect_language=True, **options).language for asked in ("en", "zh")}
    assert len(found) == 1


def test_a_missing_model_is_one_line_with_two_ways_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        WhisperRecognizer(Blocking(inline=True), str(tmp_path / "absent.pt"))
    assert caught.value.code == "model_missing"
    assert "\n" not in str(caught.value)
    assert ".pt" in caught.value.advice
    assert "downloaded" in caught.value.advice


def test_a_name_without_network_is_a_missing_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for proxy in ("http_proxy", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(ModelError) as caught:
        WhisperRecognizer(Blocking(inline=True), "tiny.en")
    assert caught.value.code == "model_missing"
    assert "\n" not in str(caught.value)


def test_a_name_is_found_in_the_cache_folder_only_when_it_is_the_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library compares checksums, and fetches a file that differs again: without a network that is missing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "base.en.pt").write_bytes(b"not the model")
    with pytest.raises(ModelError) as caught:
        WhisperRecognizer(Blocking(inline=True), "base.en")
    assert caught.value.code == "model_missing"


@pytest.mark.parametrize("content", ["text", "empty", "other", "shapes"])
def test_files_that_are_no_checkpoint(tmp_path: Path, checkpoint: str, content: str) -> None:
    path = tmp_path / "model.pt"
    if content == "text":
        path.write_text("This is no model.")
    elif content == "empty":
        path.write_bytes(b"")
    elif content == "other":
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        whole = torch.load(checkpoint, weights_only=True)
        torch.save(whole | {"dims": whole["dims"] | {"n_text_state": 32}}, path)
    with pytest.raises(ModelError) as caught:
        WhisperRecognizer(Blocking(inline=True), str(path))
    assert caught.value.code == "model_unreadable"
    assert "\n" not in str(caught.value)
