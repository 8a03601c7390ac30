"""What every recognizer must do, whatever model is behind it: on sound, silence and noise, in any order of calls."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from hardware.audio import Samples, silence
from hardware.clock import SimulatedClock
from robot.blocking import Blocking
from robot.errors import RecognizerError
from robot.events import Transcript
from robot.hear.recognizers.pocketsphinx import PocketsphinxRecognizer
from robot.hear.recognizers.whisper import WhisperRecognizer
from robot.stages import Recognizer
from tests.spoken import spoken, white_noise
from tests.tiny_whisper import save_tiny_whisper

T = TypeVar("T")

FIRST = "my chest hurts"
SECOND = "no thank you"


def build(name: str, blocking: Blocking, folder: Path) -> Recognizer:
    if name == "pocketsphinx":
        return PocketsphinxRecognizer(blocking)
    return WhisperRecognizer(blocking, model=str(save_tiny_whisper(folder / "tiny.pt")), gates=None)


@pytest.fixture(scope="module", params=["pocketsphinx", "whisper"])
def recognizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recognizer]:
    """One engine for all tests, so that each also shows that the one before left it usable."""
    blocking = Blocking(inline=True)
    yield build(request.param, blocking, tmp_path_factory.mktemp("model"))
    blocking.close()


@pytest.fixture(scope="module", params=["pocketsphinx", "whisper"])
def threaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recognizer]:
    """The same on a thread of its own."""
    blocking = Blocking(inline=False)
    yield build(request.param, blocking, tmp_path_factory.mktemp("model"))
    blocking.close()


def run(main: Coroutine[Any, Any, T]) -> T:
    return SimulatedClock().run(main)


async def recognize(
    recognizer: Recognizer, samples: Samples, chunks: Sequence[int] = (320,), partials: list[Transcript] | None = None
) -> Transcript:
    """Feed `samples` in pieces whose lengths repeat `chunks`."""
    heard = partials if partials is not None else []
    recognition = recognizer.listen("en", heard.append)
    at = turn = 0
    while at < samples.size:
        size = chunks[turn % len(chunks)]
        recognition.feed(samples[at : at + size])
        at, turn = at + size, turn + 1
    return await recognition.finish()


_known: dict[tuple[int, str], Transcript] = {}


def alone(recognizer: Recognizer, text: str) -> Transcript:
    """What the engine makes of `text` when nothing else happens; asked once."""
    key = (id(recognizer), text)
    if key not in _known:
        _known[key] = run(recognize(recognizer, spoken(text)))
    return _known[key]


def check(transcript: Transcript, recognizer: Recognizer, seconds: float) -> None:
    """What holds for any transcript."""
    assert transcript.final
    assert transcript.engine == recognizer.name
    assert 0.0 <= transcript.confidence <= 1.0
    assert transcript.text not in transcript.alternatives
    assert len(set(transcript.alternatives)) == len(transcript.alternatives) <= 4
    end = 0.0
    for word in transcript.words:
        assert end <= word.start + 1e-6
        assert word.start <= word.end <= seconds + 1e-6
        assert 0.0 <= word.confidence <= 1.0
        end = word.end


def test_it_is_a_recognizer(recognizer: Recognizer) -> None:
    assert isinstance(recognizer, Recognizer)
    assert recognizer.rate == 16_000
    assert "en" in recognizer.languages


def test_nothing_fed_is_nothing_understood(recognizer: Recognizer) -> None:
    transcript = run(recognize(recognizer, silence(0)))
    check(transcript, recognizer, 0.0)
    assert transcript.text == ""


def test_a_single_sample_is_nothing_understood(recognizer: Recognizer) -> None:
    assert run(recognize(recognizer, np.ones(1, dtype=np.int16))).text == ""


def test_silence_is_nothing_understood(recognizer: Recognizer) -> None:
    transcript = run(recognize(recognizer, silence(32_000)))
    check(transcript, recognizer, 2.0)
    assert transcript.text == ""


@pytest.mark.parametrize("level", [-60.0, -40.0, -20.0])
def test_noise_is_nothing_sure(recognizer: Recognizer, level: float) -> None:
    transcript = run(recognize(recognizer, white_noise(1.5, level)))
    check(transcript, recognizer, 1.5)
    assert not transcript.text or transcript.confidence < 0.5


def test_speech_gives_words_inside_the_sound(recognizer: Recognizer) -> None:
    check(alone(recognizer, FIRST), recognizer, spoken(FIRST).size / 16_000)


def test_how_the_sound_arrives_changes_nothing(recognizer: Recognizer) -> None:
    samples = spoken(FIRST)
    assert run(recognize(recognizer, samples, [samples.size])) == alone(recognizer, FIRST)
    assert run(recognize(recognizer, samples, [1, 7, 1601, 333, 4800])) == alone(recognizer, FIRST)


def test_what_was_heard_before_changes_nothing(recognizer: Recognizer) -> None:
    before = alone(recognizer, SECOND)
    run(recognize(recognizer, white_noise(1.0, -25.0)))
    assert run(recognize(recognizer, spoken(SECOND))) == before


def test_cancelling_leaves_the_engine_usable(recognizer: Recognizer) -> None:
    async def main() -> Transcript:
        heard: list[Transcript] = []
        recognition = recognizer.listen("en", heard.append)
        recognition.feed(spoken(FIRST)[:20_000])
        before = len(heard)
        recognition.cancel()
        recognition.cancel()
        recognition.feed(spoken(FIRST)[20_000:])
        assert (await recognition.finish()).text == ""
        recognition.cancel()
        assert len(heard) == before
        return await recognize(recognizer, spoken(SECOND))

    assert run(main()) == alone(recognizer, SECOND)


def test_utterances_may_overlap(recognizer: Recognizer) -> None:
    one, two = spoken(FIRST), spoken(SECOND)

    async def main() -> tuple[Transcript, Transcript]:
        first = recognizer.listen("en", lambda _: None)
        first.feed(one[:17_000])
        second = recognizer.listen("en", lambda _: None)
        second.feed(two[:17_000])
        first.feed(one[17_000:])
        second.feed(two[17_000:])
        return await first.finish(), await second.finish()

    assert run(main()) == (alone(recognizer, FIRST), alone(recognizer, SECOND))


def test_finishing_twice_gives_the_same(recognizer: Recognizer) -> None:
    async def main() -> tuple[Transcript, Transcript]:
        recognition = recognizer.listen("en", lambda _: None)
        recognition.feed(spoken(FIRST))
        first = await recognition.finish()
        recognition.feed(spoken(SECOND))
        return first, await recognition.finish()

    first, second = run(main())
    assert first == second


def test_the_callers_buffer_may_be_used_again(recognizer: Recognizer) -> None:
    samples = spoken(SECOND)

    async def main() -> Transcript:
        recognition = recognizer.listen("en", lambda _: None)
        buffer = samples.copy()
        recognition.feed(buffer)
        buffer[:] = 0
        return await recognition.finish()

    assert run(main()) == alone(recognizer, SECOND)


def test_unknown_languages_are_refused(recognizer: Recognizer) -> None:
    for language in {"en", "zh"} - recognizer.languages:
        with pytest.raises(RecognizerError) as caught:
            recognizer.listen(language, lambda _: None)  # type: ignore[arg-type]
        assert caught.value.code == "language_unsupported"


def test_a_thread_gives_what_inline_gives(threaded: Recognizer, tmp_path: Path) -> None:
    transcript = asyncio.run(recognize(threaded, spoken(FIRST)))
    check(transcript, threaded, spoken(FIRST).size / 16_000)
    assert transcript.text
    if threaded.name == "pocketsphinx":  # sums of floats differ between threads, which sways Whisper's random weights
        assert transcript == alone(build(threaded.name, Blocking(inline=True), tmp_path), FIRST)


def test_cancelling_on_a_thread_leaves_the_engine_usable(threaded: Recognizer) -> None:
    async def main() -> Transcript:
        for _ in range(3):
            recognition = threaded.listen("en", lambda _: pytest.fail("a cancelled utterance must not report"))
            recognition.feed(spoken(FIRST))
            recognition.cancel()
        return await recognize(threaded, spoken(SECOND))

    transcript = asyncio.run(main())
    check(transcript, threaded, spoken(SECOND).size / 16_000)
    assert transcript.text
