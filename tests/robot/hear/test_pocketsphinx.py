"""PocketSphinx: partial words, red-flag sentences, our own texts, long sound, and failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import robot.hear.recognizers.pocketsphinx as module
from hardware.audio import Samples, silence
from hardware.clock import SimulatedClock
from robot.blocking import Blocking
from robot.errors import RecognizerError
from robot.events import Transcript
from robot.hear.recognizers.pocketsphinx import PocketsphinxRecognizer
from tests.spoken import spoken, white_noise

RED_FLAGS = ("my chest hurts", "I cannot breathe", "I want to kill myself", "my left arm feels weak")


@pytest.fixture(scope="module")
def general() -> Iterator[PocketsphinxRecognizer]:
    blocking = Blocking(inline=True)
    yield PocketsphinxRecognizer(blocking)
    blocking.close()


def hear(recognizer: PocketsphinxRecognizer, samples: Samples, partials: list[Transcript] | None = None) -> Transcript:
    async def main() -> Transcript:
        recognition = recognizer.listen("en", (partials if partials is not None else []).append)
        for at in range(0, samples.size, 320):
            recognition.feed(samples[at : at + 320])
        return await recognition.finish()

    return SimulatedClock().run(main())


def errors(said: str, heard: str) -> int:
    """Words to insert, delete or replace."""
    reference, hypothesis = said.lower().split(), heard.split()
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(hypothesis, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def word_errors(recognizer: PocketsphinxRecognizer, sentences: Sequence[str]) -> float:
    wrong = sum(errors(text, hear(recognizer, spoken(text)).text) for text in sentences)
    return wrong / sum(len(text.split()) for text in sentences)


def test_red_flags_are_understood(general: PocketsphinxRecognizer) -> None:
    assert word_errors(general, RED_FLAGS) <= 0.2


def test_our_texts_help_and_do_not_hurt_red_flags(general: PocketsphinxRecognizer, tmp_path: Path) -> None:
    texts = ["is a decaf cappuccino healthy", "how do I stop smoking", "what is a healthy weight"]
    biased = PocketsphinxRecognizer(Blocking(inline=True), texts, cache=tmp_path)
    said = ["is decaf cappuccino healthy"]
    assert word_errors(biased, said) < word_errors(general, said)
    assert word_errors(biased, RED_FLAGS[:2]) <= word_errors(general, RED_FLAGS[:2])


def test_words_appear_while_somebody_speaks(general: PocketsphinxRecognizer) -> None:
    partials: list[Transcript] = []
    final = hear(general, spoken("I want to kill myself", pad_s=0.5), partials)
    assert len(partials) >= 2
    texts = [partial.text for partial in partials]
    assert all(text for text in texts)
    assert all(before != after for before, after in pairwise(texts))
    assert not any(partial.final for partial in partials)
    assert final.final
    assert texts[-1].split()[0] == final.text.split()[0]


def test_words_stand_where_they_were_said(general: PocketsphinxRecognizer) -> None:
    early = hear(general, spoken("my chest hurts"))
    late = hear(general, np.concatenate([white_noise(0.5, -80.0), spoken("my chest hurts")]))
    assert early.text == late.text == "my chest hurts"
    for before, after in zip(early.words, late.words, strict=True):
        assert after.start - before.start == pytest.approx(0.5, abs=0.06)


def test_alternatives_are_other_wordings(general: PocketsphinxRecognizer) -> None:
    transcript = hear(general, spoken("please call the nurse", voice="awb"))
    assert 1 <= len(transcript.alternatives) <= 4
    assert transcript.text not in transcript.alternatives


def test_long_sound_is_decoded_in_segments(general: PocketsphinxRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHORTEST_SEGMENT_S", 1.8)
    monkeypatch.setattr(module, "LONGEST_SEGMENT_S", 4.0)
    sentence = spoken("no thank you", pad_s=0.5)
    partials: list[Transcript] = []
    transcript = hear(general, np.concatenate([sentence] * 3), partials)
    assert errors(" ".join(["no thank you"] * 3), transcript.text) <= 2
    starts = [word.start for word in transcript.words]
    assert starts == sorted(starts)
    assert starts[-1] > 2 * sentence.size / 16_000
    assert partials[-1].text.startswith("no thank you")
    assert transcript.alternatives == ()


def test_a_long_hum_is_no_word(general: PocketsphinxRecognizer) -> None:
    hum = (3000 * np.sin(np.arange(48_000) * 2 * np.pi * 120 / 16_000)).astype(np.int16)
    assert all(word.end - word.start <= 1.6 for word in hear(general, hum).words)


def test_a_failing_decoder_is_an_error_of_that_utterance_only(general: PocketsphinxRecognizer) -> None:
    hear(general, silence(3_200))
    general._decoder.start_utt()  # whatever the reason: it refuses to begin another
    with pytest.raises(RecognizerError) as caught:
        hear(general, spoken("no thank you"))
    assert caught.value.code == "recognizer_failed"
    general._decoder.end_utt()
    assert hear(general, spoken("no thank you")).text == "no thank you"
