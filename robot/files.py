"""`bedside transcribe` and `bedside speak`: sound files in and out, with the same engines as a conversation."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from hardware.audio import RATE, Samples
from hardware.audio_file import read_audio, write_wav
from hardware.clock import SystemClock
from robot.blocking import Blocking
from robot.config import Config
from robot.content import load_content
from robot.engines import RECOGNIZERS, SYNTHESIZERS
from robot.errors import InputError
from robot.events import Language, Transcript
from robot.speak.normalize import normalize
from robot.speak.split import SentenceSplitter
from robot.stages import Recognizer, Synthesizer

_BLOCK = RATE


def transcribe(path: Path, recognizer: Recognizer, language: Language) -> dict[str, Any]:
    """The transcript object of the contract. Raises HardwareError (unreadable file), RecognizerError."""
    samples = read_audio(path, recognizer.rate)
    transcript = SystemClock().run(_recognize(samples, recognizer, language))
    return {
        "file": str(path),
        "text": str(transcript.text),
        "words": [
            {"word": word.word, "start": word.start, "end": word.end, "confidence": word.confidence}
            for word in transcript.words
        ],
        "language": transcript.language,
        "seconds": round(samples.size / recognizer.rate, 3),
        "engine": transcript.engine or recognizer.name,
    }


async def _recognize(samples: Samples, recognizer: Recognizer, language: Language) -> Transcript:
    recognition = recognizer.listen(language, lambda _: None)
    for start in range(0, samples.size, _BLOCK):
        recognition.feed(samples[start : start + _BLOCK])
    return await recognition.finish()


def make_recognizer(config: Config, engine: str | None) -> Recognizer:
    """The configured recognizer, or the one named `engine`."""
    name = engine or config.recognizer.engine
    options = config.recognizer.options if name == config.recognizer.engine else {}
    texts = load_content(config.dialogs).wordings
    recognizer: Recognizer = RECOGNIZERS.create(name, options, blocking=Blocking(inline=True), biased_texts=texts)
    return recognizer


def speak(text: str, out: Path, config: Config, language: Language) -> float:
    """Write `text` as a wav file at the synthesizer's rate; returns its length in seconds.

    Raises InputError (`text_empty`: nothing to pronounce), HardwareError (`audio_unwritable`), SynthesizerError.
    """
    if normalize(text, language).silent:
        raise InputError("text_empty", "There is nothing to speak.", "Give a text.")
    synthesizer: Synthesizer = SYNTHESIZERS.create(
        config.synthesizer.engine, config.synthesizer.options, blocking=Blocking(inline=True)
    )
    samples = SystemClock().run(_synthesize(text, synthesizer, language))
    write_wav(out, samples, synthesizer.rate)
    return samples.size / synthesizer.rate


async def _synthesize(text: str, synthesizer: Synthesizer, language: Language) -> Samples:
    splitter = SentenceSplitter(language)
    pieces: list[Samples] = [np.zeros(0, dtype=np.int16)]
    for sentence in [*splitter.push(text), *splitter.flush()]:
        async with aclosing(synthesizer.synthesize(sentence, language)) as made:
            pieces += [speech.samples async for speech in made]
    close = getattr(synthesizer, "close", None)
    if close is not None:
        await close()
    return np.concatenate(pieces)
