"""Speech to text with OpenAI's Whisper: English and Chinese, more accurate, slower; needs a model file."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hardware.audio import RATE, Samples
from robot.blocking import Blocking
from robot.errors import ModelError, RecognizerError
from robot.events import Language, Sensitive, Transcript, Word
from robot.hear.energy import EnergyDetector
from robot.hear.silero import SileroDetector
from robot.stages import OnPartial, VoiceActivityDetector

_SIMPLIFIED = "以下是普通话的句子。"
"""Prompt before Chinese speech, after which Whisper writes simplified characters and punctuation."""


@dataclass(frozen=True)
class Gates:
    """What a segment must pass to be believed: on silence and noise Whisper invents sentences.

    The figures are those of Whisper's own `transcribe`; there a segment that fails is decoded again at a higher
    temperature, here it is dropped, so that a result repeats exactly. A probable pause (`no_speech`) counts only when
    the words are unsure as well (`unsure_logprob`), because short clear answers are often rated as pauses.
    """

    no_speech: float = 0.6
    unsure_logprob: float = -0.5
    lowest_logprob: float = -1.0
    highest_compression: float = 2.4

    def accept(self, segment: dict[str, Any]) -> bool:
        """Whether to believe a segment of Whisper's result."""
        logprob = segment["avg_logprob"]
        pause = segment["no_speech_prob"] > self.no_speech and logprob < self.unsure_logprob
        return not pause and logprob >= self.lowest_logprob and segment["compression_ratio"] <= self.highest_compression


class WhisperRecognizer:
    """A `Recognizer` that decodes when the utterance is finished; there are no partial results.

    `model` is the path of a checkpoint (`.pt`) or one of Whisper's names (`base.en`); a name is taken from the cache
    folder, or downloaded. With `detect_language` a multilingual model may find that the other language was spoken.
    `shortest_voice_s` of voice must be in the sound (by voice-activity detection) before it is decoded at all. With
    `word_times` the transcript has words with times; numba compiles the alignment at its first use, which takes that
    utterance some seconds longer.

    Raises ModelError: `model_missing`, `model_unreadable`.
    """

    name = "whisper"
    rate = RATE

    def __init__(
        self,
        blocking: Blocking,
        model: str = "base.en",
        detect_language: bool = False,
        *,
        gates: Gates | None = Gates(),
        shortest_voice_s: float = 0.1,
        word_times: bool = False,
    ) -> None:
        self._shared = _load(model)
        multilingual = self._shared.model.is_multilingual
        self.languages: frozenset[Language] = frozenset({"en", "zh"} if multilingual else {"en"})
        self._detect_language = detect_language and multilingual
        self._gates = gates
        self._shortest_voice_s = shortest_voice_s
        self._word_times = word_times
        self._detector = _detector()
        self.strand = blocking.strand(self.name)

    def listen(self, language: Language, on_partial: OnPartial) -> _Utterance:
        """Begin an utterance. Raises RecognizerError (`language_unsupported`) when the model is for English only."""
        if language not in self.languages:
            raise RecognizerError("language_unsupported", f"This Whisper model does not understand '{language}'.")
        return _Utterance(self, language)

    def transcribe(self, samples: Samples, language: Language) -> Transcript:
        """All of it, on the strand. Raises RecognizerError (`recognizer_failed`)."""
        nothing = Transcript(text=Sensitive(""), language=language, confidence=0.0, engine=self.name)
        if self._voiced_s(samples) < self._shortest_voice_s:
            return nothing
        model = self._shared.model
        try:
            with self._shared.lock, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if self._detect_language:
                    language = _detected(model, samples) or language
                found = _whisper().transcribe(
                    model,
                    samples.astype(np.float32) / 32768.0,
                    language=language,
                    initial_prompt=_SIMPLIFIED if language == "zh" else None,
                    temperature=0.0,
                    condition_on_previous_text=False,
                    no_speech_threshold=None,
                    word_timestamps=self._word_times,
                    fp16=model.device.type == "cuda",
                )
        except RuntimeError as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RecognizerError("recognizer_failed", f"Whisper failed: {reason}") from error
        segments = [
            segment
            for segment in found["segments"]
            if segment["text"].strip() and (self._gates is None or self._gates.accept(segment))
        ]
        if not segments:
            return nothing
        logprobs = [segment["avg_logprob"] for segment in segments]
        return Transcript(
            text=Sensitive("".join(segment["text"] for segment in segments).strip()),
            language=language,
            confidence=min(1.0, float(np.exp(np.mean(logprobs)))),
            words=tuple(_words(segments, samples.size / RATE)),
            engine=self.name,
        )

    def _voiced_s(self, samples: Samples) -> float:
        """Seconds of voice in `samples`; the last incomplete window counts as silence."""
        detector = self._detector
        detector.reset()
        windows = samples[: samples.size // detector.window * detector.window].reshape(-1, detector.window)
        return sum(detector.probability(window) > 0.5 for window in windows) * detector.window / RATE


@dataclass(eq=False)
class _Utterance:
    """One `Recognition`."""

    engine: WhisperRecognizer
    language: Language
    sound: list[Samples] = field(default_factory=list, repr=False)
    cancelled: bool = False
    result: Transcript | None = field(default=None, repr=False)

    def feed(self, samples: Samples) -> None:
        if not self.cancelled and self.result is None:
            self.sound.append(samples.copy())

    async def finish(self) -> Transcript:
        """The same transcript each time; an empty one after `cancel`. Raises RecognizerError (`recognizer_failed`)."""
        if self.result is None and not self.cancelled and self.sound:
            self.result = await self.engine.strand.run(self._transcribe)
            self.sound.clear()
        if self.result is None or self.cancelled:
            return Transcript(text=Sensitive(""), language=self.language, confidence=0.0, engine=self.engine.name)
        return self.result

    def cancel(self) -> None:
        self.cancelled = True

    def _transcribe(self) -> Transcript | None:
        """None when it was cancelled while it waited for the strand."""
        return None if self.cancelled else self.engine.transcribe(np.concatenate(self.sound), self.language)


def _words(segments: list[dict[str, Any]], seconds: float) -> Iterator[Word]:
    at = 0.0  # Whisper's word times may overlap by a frame, and may end in the padding behind the sound
    for segment in segments:
        for word in segment.get("words", ()):
            start = min(max(float(word["start"]), at), seconds)
            at = min(max(float(word["end"]), start), seconds)
            yield Word(word["word"].strip(), start, at, float(word["probability"]))


def _detected(model: Any, samples: Samples) -> Language | None:
    """The more probable of our languages in the first 30 seconds."""
    audio = _whisper().pad_or_trim(samples.astype(np.float32) / 32768.0)
    mel = _whisper().log_mel_spectrogram(audio, model.dims.n_mels).to(model.device)
    _, probabilities = model.detect_language(mel)
    return "zh" if probabilities["zh"] > probabilities["en"] else "en"


def _detector() -> VoiceActivityDetector:
    try:
        return SileroDetector()
    except ModelError:
        return EnergyDetector()


# ---- the model -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shared:
    """A model of the process; decoding keeps state in it, so one utterance at a time holds the lock."""

    model: Any
    lock: threading.Lock = field(default_factory=threading.Lock)


@functools.cache
def _load(name: str) -> _Shared:
    whisper = _whisper()
    if not Path(name).is_file() and name not in whisper.available_models():
        raise _missing(name, "no such file, and not one of Whisper's names")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Shared(whisper.load_model(name).eval())
    except OSError as error:
        raise _missing(name, str(getattr(error, "reason", error))) from error
    except (RuntimeError, KeyError, TypeError, ValueError, EOFError, _unpickling_error()) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            "model_unreadable",
            f"The Whisper model '{name}' does not load: {reason.rstrip('.')}.",
            "Give a checkpoint with `dims` and `model_state_dict`.",
        ) from error


def _missing(name: str, reason: str) -> ModelError:
    return ModelError(
        "model_missing",
        f"The Whisper model '{name}' is missing ({' '.join(reason.split())}).",
        "Give the path of a .pt file, or run once with network and a name such as base.en, so that it is downloaded.",
    )


def _unpickling_error() -> type[Exception]:
    import pickle

    return pickle.UnpicklingError


@functools.cache
def _whisper() -> Any:
    """The library; importing it imports torch."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import whisper
    except ImportError as error:
        raise ModelError(
            "model_missing", "The recognizer Whisper is not installed.", "Run `pip install --no-deps openai-whisper`."
        ) from error
    return whisper
