"""The espeak engine: streaming, aborting, repeating, its options and errors."""

from __future__ import annotations

import time

import numpy as np
import pytest

from hardware.clock import SimulatedClock
from robot.blocking import Blocking
from robot.errors import ConfigurationError, SynthesizerError
from robot.events import Speech
from robot.speak.synthesizers.espeak import EspeakSynthesizer
from robot.speak.synthesizers.espeak_library import library

LONG = "Walk for thirty minutes a day, at least five days a week, and rest when you are tired. "


def speak(engine: EspeakSynthesizer, text: str) -> list[Speech]:
    async def main() -> list[Speech]:
        return [piece async for piece in engine.synthesize(text, "en")]

    return SimulatedClock().run(main())


def test_a_sentence_comes_clause_by_clause() -> None:
    pieces = speak(EspeakSynthesizer(Blocking(inline=True)), LONG)
    assert len(pieces) >= 2
    assert pieces[0].marks[0] == (0, 0)
    assert pieces[1].marks[0][1] == LONG.index("at least")


def test_marks_are_where_the_words_sound() -> None:
    """A pause stands before the second clause of a piece; the mark comes after it, in sound."""
    (piece,) = speak(EspeakSynthesizer(Blocking(inline=True)), "Rest, then walk.")
    (_, first), (then, second), _ = piece.marks
    assert (first, second) == (0, 6)
    loud = np.abs(piece.samples.astype(np.int32)) > 300
    assert not loud[then - 2000 : then - 200].all()
    assert loud[then : then + 2000].any()


def test_on_a_virtual_clock_a_sentence_repeats_to_the_sample() -> None:
    runs = []
    for _ in range(2):
        engine = EspeakSynthesizer(Blocking(inline=True))
        speak(engine, "Something else.")
        runs.append([(piece.samples.tobytes(), piece.marks) for piece in speak(engine, LONG)])
    assert runs[0] == runs[1]


def test_faster_is_shorter_and_higher_is_higher() -> None:
    blocking = Blocking(inline=True)
    slow, fast = (
        sum(piece.samples.size for piece in speak(EspeakSynthesizer(blocking, words_per_minute=rate), LONG))
        for rate in (120, 240)
    )
    assert fast < slow * 0.65
    low, high = (pitch_hz(speak(EspeakSynthesizer(blocking, pitch=pitch), "You are.")[0]) for pitch in (20, 90))
    assert 50 < low < high * 0.8 < 320


def pitch_hz(piece: Speech) -> float:
    """From the strongest period between 2.5 and 20 ms in the middle of the sound."""
    middle = piece.samples.size // 2
    sound = piece.samples[middle - 2048 : middle + 2048].astype(float)
    likeness = np.correlate(sound, sound, "full")[4095:]
    shortest, longest = 22_050 // 400, 22_050 // 50
    return 22_050 / (shortest + int(np.argmax(likeness[shortest:longest])))


@pytest.mark.parametrize("options", [{"words_per_minute": 10}, {"words_per_minute": 900}, {"pitch": 100}])
def test_options_out_of_range_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        EspeakSynthesizer(Blocking(inline=True), **options)
    assert caught.value.code == "synthesizer_option_invalid"


def test_an_unknown_voice_is_an_error_with_advice_and_the_next_sentence_works() -> None:
    blocking = Blocking(inline=True)
    with pytest.raises(SynthesizerError) as caught:
        speak(EspeakSynthesizer(blocking, voices={"en": "klingon-x"}), "Rest.")
    assert caught.value.code == "espeak_voice_unknown"
    assert caught.value.advice
    assert speak(EspeakSynthesizer(blocking), "Rest.")


def test_an_abort_takes_effect_inside_a_clause() -> None:
    asked: list[float] = []

    def aborted() -> bool:
        asked.append(time.perf_counter())
        return len(asked) > 3

    options = {"voice": "en-us", "words_per_minute": 150, "pitch": 50, "last": True}
    samples, _ = library().speak(LONG * 40, aborted=aborted, **options)  # type: ignore[arg-type]
    assert samples.size < 22_050
    assert time.perf_counter() - asked[3] < 0.02
    whole, _ = library().speak("Rest.", aborted=lambda: False, **options)  # type: ignore[arg-type]
    assert whole.size > 5_000


def test_the_library_is_loaded_once() -> None:
    assert library() is library()
