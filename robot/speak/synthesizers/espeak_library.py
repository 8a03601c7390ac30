"""The espeak-ng library of the `espeakng-loader` wheel through ctypes: text in, samples and word positions out.

Its state (voice, rate, the callback) belongs to the process, so there is one `Library` and one lock. A call takes 2 ms
for 3 s of speech; nobody waits longer than the longest clause.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from hardware.audio import Samples
from robot.errors import SynthesizerError

RATE = 22_050
"""Samples a second of all its voices but the MBROLA ones, which are not in the wheel."""

# speak_lib.h of espeak-ng 1.52
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_BUFFER_MS = 20
_CHARACTERS = 1
_UTF8, _PAUSE_AT_END = 0x1, 0x1000
_RATE, _PITCH = 1, 3
_WORD = 1

_RECENT = 512
"""Clauses that `recall` keeps: some 50 MB at the most, in the simulator only."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("message", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Library:
    """Use `library()`; a second one in a process would fight over the same state.

    Raises SynthesizerError (`espeak_unavailable`): no wheel for this platform, or its data is missing.
    """

    def __init__(self) -> None:
        try:
            import espeakng_loader

            self._espeak: Any = ctypes.CDLL(espeakng_loader.get_library_path())
            data = espeakng_loader.get_data_path()
        except (ImportError, OSError, RuntimeError) as error:
            raise SynthesizerError(
                "espeak_unavailable", f"The espeak-ng library does not load ({error}).", "Install espeakng-loader."
            ) from error
        rate = self._espeak.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, str(data).encode(), _DO_NOT_EXIT)
        if rate != RATE:
            raise SynthesizerError("espeak_unavailable", f"espeak-ng did not start (answer {rate}).")
        self._lock = threading.Lock()
        self._callback = _Callback(self._on_sound)
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._pieces: list[Samples] = []
        self._words: list[tuple[int, int]] = []
        self._aborted: Callable[[], bool] = lambda: False
        self._recent: dict[tuple[str, str, int, int, bool], tuple[Samples, list[tuple[int, int]]]] = {}

    def speak(
        self, text: str, *, voice: str, words_per_minute: int, pitch: int, last: bool, aborted: Callable[[], bool]
    ) -> tuple[Samples, list[tuple[int, int]]]:
        """The sound of `text`, and (sample, character) of each word in it.

        Not the `last` clause of a sentence: with the pause that follows it. `aborted` is asked every 60 ms of sound
        (some 100 µs of work); what was made until then is returned. The same text gives the same sound but not the same
        samples: espeak's flutter runs on from sentence to sentence (length ± 0.5 ms).
        Raises SynthesizerError: `espeak_voice_unknown`, `espeak_failed`.
        """
        written = text.encode("utf-8", errors="replace").replace(b"\0", b" ")
        flags = _UTF8 | (0 if last else _PAUSE_AT_END)
        with self._lock:
            self._pieces, self._words, self._aborted = [], [], aborted
            if self._espeak.espeak_SetVoiceByName(voice.encode()) != 0:
                raise SynthesizerError(
                    "espeak_voice_unknown", f"espeak-ng has no voice '{voice}'.", "Try 'en-us', 'en-gb' or 'cmn'."
                )
            self._espeak.espeak_SetParameter(_RATE, words_per_minute, 0)
            self._espeak.espeak_SetParameter(_PITCH, pitch, 0)
            answer = self._espeak.espeak_Synth(
                written, ctypes.c_size_t(len(written) + 1), 0, _CHARACTERS, 0, flags, None, None
            )
            pieces, words = self._pieces, self._words
            self._pieces, self._words = [], []
        if answer != 0 and not aborted():
            raise SynthesizerError("espeak_failed", f"espeak-ng could not speak a sentence (answer {answer}).")
        return (np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)), words

    def recall(
        self, text: str, *, voice: str, words_per_minute: int, pitch: int, last: bool, aborted: Callable[[], bool]
    ) -> tuple[Samples, list[tuple[int, int]]]:
        """As `speak`, but a text that was spoken lately sounds the same to the sample: for runs that must repeat."""
        key = (text, voice, words_per_minute, pitch, last)
        sound = self._recent.pop(key, None)
        if sound is None:
            sound = self.speak(
                text, voice=voice, words_per_minute=words_per_minute, pitch=pitch, last=last, aborted=aborted
            )
        if not aborted():
            self._recent[key] = sound
            if len(self._recent) > _RECENT:
                del self._recent[next(iter(self._recent))]
        return sound

    def _on_sound(self, sound: Any, samples: int, events: Any) -> int:
        if sound and samples > 0:
            self._pieces.append(np.ctypeslib.as_array(sound, shape=(samples,)).copy())
        index = 0
        while (event := events[index]).type != 0:
            if event.type == _WORD and event.length > 0:
                self._words.append((event.sample, event.position - 1))
            index += 1
        return 1 if self._aborted() else 0


@cache
def library() -> Library:
    """The one library of this process, loaded at the first call (6 ms)."""
    return Library()
