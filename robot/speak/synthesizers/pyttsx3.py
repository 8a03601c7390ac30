"""Speech from pyttsx3, rendered by a child process that stays up, is watched, and is killed when it hangs."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
import wave
import weakref
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from hardware.audio import Samples
from robot.blocking import Blocking
from robot.errors import SynthesizerError
from robot.events import Language, Speech
from robot.speak.normalize import Normalized, normalize
from robot.speak.split import clauses
from robot.speak.synthesizers.espeak import VOICES, check_options, paced

_RATE = 22_050
_LONGEST = 220
"""Characters rendered at a time; pyttsx3 sleeps 10 ms for each, whatever its length."""

_ROOT = Path(__file__).resolve().parents[3]


class Pyttsx3Synthesizer:
    """A `robot.stages.Synthesizer` over pyttsx3's espeak driver. A sentence is one piece, a long one several.

    `words_per_minute` 80…450, `pitch` 0…99, `timeout_s`: longest wait for one rendering, and for the child to start.
    pyttsx3 does not tell when a word sounds: marks are estimated from the length of the words.

    Raises ConfigurationError (`synthesizer_option_invalid`).
    """

    name = "pyttsx3"

    def __init__(
        self,
        blocking: Blocking,
        words_per_minute: int = 150,
        pitch: int = 50,
        voices: Mapping[Language, str] = VOICES,
        timeout_s: float = 5.0,
    ) -> None:
        check_options(words_per_minute, pitch)
        self.rate = _RATE
        self.languages: frozenset[Language] = frozenset(voices)
        self._voices = dict(voices)
        self._properties = {"rate": words_per_minute, "pitch": pitch}
        self._strand = blocking.strand("pyttsx3")
        self._child = Child([sys.executable, "-m", "robot.speak.synthesizers.pyttsx3_child"], timeout_s)

    async def synthesize(self, text: str, language: Language, pace: float = 1.0) -> AsyncGenerator[Speech, None]:
        """The sound of `text`. Closing returns at once; a rendering under way is finished and thrown away.

        Raises SynthesizerError: `language_unsupported`, `pyttsx3_hung`, `pyttsx3_died`, `pyttsx3_failed`.
        """
        if language not in self._voices:
            raise SynthesizerError("language_unsupported", f"{self.name} has no voice for '{language}'.")
        async with aclosing(self._strand.iterate(lambda: self._speak(text, language, pace))) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """End the child, also one that hangs, and remove its folder. Closing twice is fine."""
        self._child.kill()
        await self._strand.run(self._child.close)
        self._strand.close()

    def _speak(self, text: str, language: Language, pace: float) -> Iterator[Speech]:
        normalized = normalize(text, language)
        last = -1
        for start, end in clauses(normalized.spoken, _LONGEST, _LONGEST):
            part = normalized.spoken[start:end]
            if not any(character.isalnum() for character in part):
                continue
            speed = {"rate": paced(self._properties["rate"], pace)}
            request = {"text": part, "properties": {"voice": self._voices[language], **self._properties, **speed}}
            samples = self._child.render(request)
            marks = [mark for mark in _estimate(normalized, start, end, samples.size) if mark[1] > last]
            last = marks[-1][1] if marks else last
            if samples.size:
                yield Speech(samples, self.rate, tuple(marks))


def _estimate(normalized: Normalized, start: int, end: int, samples: int) -> Iterator[tuple[int, int]]:
    """Marks as if every letter took the same time. A Chinese character is a word."""
    spoken = normalized.spoken
    letters = [at for at in range(start, end) if spoken[at].isalnum()]
    words = [
        (index * samples // len(letters), at)
        for index, at in enumerate(letters)
        if at == start or not spoken[at - 1].isalnum() or spoken[at] > "\u2e7f"
    ]
    return normalized.marks(words)


class Child:
    """A process that answers a line with a line. Starts when needed; hung or dead, it is started afresh once."""

    def __init__(self, command: list[str], timeout_s: float) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the child that runs."""
        return self._process.pid if self._process else None

    def render(self, request: Mapping[str, Any]) -> Samples:
        """The wav file that the child made for `request`. Raises SynthesizerError."""
        try:
            answer = self._ask(request)
        except SynthesizerError:
            if self._closed:
                raise
            self._end()
            answer = self._ask(request)
        return _read(Path(answer["file"]))

    def kill(self) -> None:
        """Stop for good: a `render` that waits fails at once. From any thread."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """After `kill`, on the thread of `render`: leave nothing behind."""
        self._end()

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._closed:
            raise SynthesizerError("pyttsx3_died", "The pyttsx3 process was closed.")
        process = self._process if self._process and self._process.poll() is None else self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(dict(request)).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process)
        except (BrokenPipeError, TimeoutError) as error:
            self._end()
            hung = isinstance(error, TimeoutError)
            raise SynthesizerError(
                "pyttsx3_hung" if hung else "pyttsx3_died",
                f"pyttsx3 gave no sound within {self._timeout_s} s." if hung else "The pyttsx3 process died.",
                "Use the synthesizer 'espeak'.",
            ) from error
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SynthesizerError("pyttsx3_failed", f"pyttsx3 could not speak a sentence ({answer['error']}).")
        return answer

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        """The next line of its output, read without buffering so that the wait can be bounded."""
        assert process.stdout is not None
        deadline = time.monotonic() + self._timeout_s
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                read = os.read(process.stdout.fileno(), 65536)
                if not read:
                    raise BrokenPipeError
                line += read
        return line

    def _start(self) -> subprocess.Popen[bytes]:
        self._end()
        # In memory where there is such a folder: no sound on disk.
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="bedside-", dir=memory if memory.is_dir() else None))
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [*self._command, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,
        )
        self._finalizer = weakref.finalize(self, _discard, self._process, self._folder)
        return self._process

    def _end(self) -> None:
        if self._process is not None and self._folder is not None:
            self._finalizer.detach()
            _discard(self._process, self._folder)
        self._process = self._folder = None


def _discard(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> Samples:
    """Read and delete."""
    try:
        with wave.open(str(path), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    except (OSError, EOFError, wave.Error) as error:
        raise SynthesizerError("pyttsx3_failed", f"pyttsx3 wrote no readable sound ({error}).") from error
    finally:
        path.unlink(missing_ok=True)
