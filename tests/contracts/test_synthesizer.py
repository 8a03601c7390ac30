"""What every synthesizer must do, on both of ours: sound of the right length, marks, cancellation, odd texts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import numpy as np
import pytest

from hardware.audio import level_db
from hardware.clock import SimulatedClock, SystemClock
from robot.blocking import Blocking
from robot.errors import SynthesizerError
from robot.events import Language, Speech
from robot.speak.synthesizers.espeak import EspeakSynthesizer
from robot.speak.synthesizers.pyttsx3 import Pyttsx3Synthesizer
from robot.stages import Synthesizer

Engine = EspeakSynthesizer | Pyttsx3Synthesizer
ENGINES: list[type[Engine]] = [EspeakSynthesizer, Pyttsx3Synthesizer]

ENGLISH = "Walk for thirty minutes a day, at least five days a week, and rest when you are tired."
CHINESE = "每天走三十分钟，每周至少五天，累了就休息一会儿。"


@pytest.fixture(params=["threads", "inline"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine_type(request: pytest.FixtureRequest) -> type[Engine]:
    return request.param  # type: ignore[no-any-return]


def run(
    engine_type: type[Engine],
    body: Callable[[Engine], Awaitable[None]],
    mode: str = "threads",
    words_per_minute: int = 150,
) -> None:
    """`body` with a fresh engine, closed afterwards."""

    async def main() -> None:
        blocking = Blocking(inline=mode == "inline")
        engine = engine_type(blocking, words_per_minute)
        try:
            await body(engine)
        finally:
            await engine.close()
            blocking.close()

    (SimulatedClock() if mode == "inline" else SystemClock()).run(main())


async def speak(engine: Synthesizer, text: str, language: Language = "en") -> list[Speech]:
    return [piece async for piece in engine.synthesize(text, language)]


def seconds(pieces: list[Speech]) -> float:
    return sum(piece.samples.size / piece.rate for piece in pieces)


def check_marks(pieces: list[Speech], text: str) -> None:
    characters = [character for piece in pieces for _, character in piece.marks]
    assert characters == sorted(set(characters))
    assert all(0 <= character < len(text) for character in characters)
    for piece in pieces:
        samples = [sample for sample, _ in piece.marks]
        assert samples == sorted(samples)
        assert all(0 <= sample < piece.samples.size for sample in samples)


def test_it_is_a_synthesizer(engine_type: type[Engine]) -> None:
    async def body(engine: Engine) -> None:
        assert isinstance(engine, Synthesizer)
        assert engine.languages == {"en", "zh"}

    run(engine_type, body)


@pytest.mark.parametrize(("text", "language", "words"), [(ENGLISH, "en", 17), (CHINESE, "zh", 21)])
def test_a_sentence_sounds_as_long_and_loud_as_it_should(
    engine_type: type[Engine], mode: str, text: str, language: Language, words: int
) -> None:
    async def body(engine: Engine) -> None:
        pieces = await speak(engine, text, language)
        assert all(piece.rate == engine.rate and piece.samples.dtype == np.int16 for piece in pieces)
        # English: 150 words a minute. A Chinese character is a syllable, shorter than an English word of 1.4.
        assert words * 60 / 150 * 0.6 < seconds(pieces) < words * 60 / 150 * 1.4
        samples = np.concatenate([piece.samples for piece in pieces])
        assert -35 < level_db(samples) < -5
        assert np.mean(np.abs(samples.astype(np.int32)) >= 32_700) < 0.001
        check_marks(pieces, text)
        first_words = {character for piece in pieces for _, character in piece.marks}
        assert {0, text.index("at least" if language == "en" else "每周")} <= first_words

    run(engine_type, body, mode)


def test_marks_count_characters_of_the_written_text(engine_type: type[Engine]) -> None:
    text = "Eat 1.2-1.6 g/kg/day, not 3 g."

    async def body(engine: Engine) -> None:
        pieces = await speak(engine, text)
        check_marks(pieces, text)
        found = [character for piece in pieces for _, character in piece.marks]
        assert found == [0, 4, text.index("not"), text.index("3")]

    run(engine_type, body)


@pytest.mark.parametrize("text", ["", "   ", "👍🏽❤️", "...", "\x00\x01", "<break/>", "**"])
def test_what_has_no_sound_makes_none(engine_type: type[Engine], text: str) -> None:
    async def body(engine: Engine) -> None:
        assert await speak(engine, text) == []
        assert await speak(engine, text, "zh") == []

    run(engine_type, body)


def test_markup_is_never_carried_out(engine_type: type[Engine]) -> None:
    texts = ['Rest <break time="30s"/> now.', "Rest\x00 now\x07.", "Rest &lt; now.", "Rest [[h@l'oU]] now."]

    async def body(engine: Engine) -> None:
        plain = seconds(await speak(engine, "Rest now."))
        for text in texts:
            pieces = await speak(engine, text)
            check_marks(pieces, text)
            assert plain * 0.8 < seconds(pieces) < plain + 3

    run(engine_type, body)


def test_languages_may_be_mixed(engine_type: type[Engine]) -> None:
    async def body(engine: Engine) -> None:
        text = "多吃 kiwi 和 yogurt，每天200克。"
        pieces = await speak(engine, text, "zh")
        check_marks(pieces, text)
        assert seconds(pieces) > seconds(await speak(engine, "多吃和，每天200克。", "zh"))

    run(engine_type, body)


def test_a_language_without_a_voice_is_an_error() -> None:
    async def main() -> None:
        engine = EspeakSynthesizer(Blocking(inline=True), voices={"en": "en-us"})
        with pytest.raises(SynthesizerError) as caught:
            await speak(engine, CHINESE, "zh")
        assert caught.value.code == "language_unsupported"

    SimulatedClock().run(main())


def test_ten_thousand_characters_come_piece_by_piece(engine_type: type[Engine]) -> None:
    text = ("Walk 30 min a day, and rest. " * 400)[:10_000]

    async def body(engine: Engine) -> None:
        start = time.perf_counter()
        pieces = await speak(engine, text)
        assert time.perf_counter() - start < 20  # 2 s
        assert len(pieces) > 40
        check_marks(pieces, text)
        assert seconds(pieces) > 250

    run(engine_type, body, words_per_minute=450)  # there is less sound to make


def test_closing_early_stops_at_once_and_the_next_sentence_is_whole(engine_type: type[Engine], mode: str) -> None:
    async def body(engine: Engine) -> None:
        whole = seconds(await speak(engine, "Now rest a while."))
        waits = []
        for _ in range(5):
            async with aclosing(engine.synthesize(ENGLISH * 20, "en")) as pieces:
                await anext(pieces)
                coming = asyncio.ensure_future(anext(pieces))
                await asyncio.sleep(0)
                start = time.perf_counter()
                coming.cancel()
                await asyncio.wait([coming])
                await pieces.aclose()
                waits.append(time.perf_counter() - start)
            assert abs(seconds(await speak(engine, "Now rest a while.")) - whole) < 0.02
        if mode == "threads":
            assert sorted(waits)[len(waits) // 2] < 0.02

    run(engine_type, body, mode)


def test_two_instances_do_not_mix() -> None:
    async def alone(engine: Engine, text: str, language: Language) -> float:
        return seconds(await speak(engine, text, language))

    async def main(engine_type: type[Engine]) -> None:
        blocking = Blocking(inline=False)
        engines = engine_type(blocking), engine_type(blocking, words_per_minute=250)
        expected = [await alone(engines[0], ENGLISH, "en"), await alone(engines[1], CHINESE, "zh")]
        for _ in range(5):
            together = await asyncio.gather(alone(engines[0], ENGLISH, "en"), alone(engines[1], CHINESE, "zh"))
            assert together == pytest.approx(expected, abs=0.02)
        for engine in engines:
            await engine.close()
        blocking.close()

    for engine_type in ENGINES:
        SystemClock().run(main(engine_type))
