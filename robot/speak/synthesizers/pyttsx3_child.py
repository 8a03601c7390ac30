"""The process in which pyttsx3 runs: one request a line on standard input, one answer a line on standard output.

    {"text", "properties": {"voice", "rate", "pitch"}}  →  {"file": path of a 16-bit mono wav} or {"error": why}

pyttsx3 keeps global state, prints to standard output and can hang for good; here it can do no harm. It only renders
files (`save_to_file`) and never opens the speaker. Run with the folder for the files as the argument; ends, and removes
the folder, when standard input ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

_ATTEMPTS = 4


def main() -> None:
    """Serve until standard input ends."""
    folder = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what pyttsx3 prints must not get between the answers
    try:
        engine = _engine()
        applied: dict[str, Any] = {}
        for number, line in enumerate(sys.stdin):
            request = json.loads(line)
            path = folder / f"{number}.wav"
            try:
                _apply(engine, request["properties"], applied)
                _render(engine, request["text"], path)
                answer = {"file": str(path)}
            except (RuntimeError, ValueError, OSError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)  # the protocol
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _engine() -> Any:
    """pyttsx3 on the espeak-ng library of the wheel: loaded first, its soname is what pyttsx3 then finds."""
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = str(espeakng_loader.get_data_path())
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3

    engine = pyttsx3.init("espeak")
    # Until its first run the proxy counts as busy: it would queue the end of the run before the speech, and return
    # while espeak's thread is still at work. An empty run sets that right.
    engine.runAndWait()
    return engine


def _apply(engine: Any, properties: dict[str, Any], applied: dict[str, Any]) -> None:
    """Set what differs from what was set before. pyttsx3 does not raise what goes wrong, it reports it."""
    wrong: list[Exception] = []
    token = engine.connect("error", lambda name, exception: wrong.append(exception))
    for key, value in properties.items():
        if applied.get(key) != value:
            engine.setProperty(key, value)
            applied[key] = value
    engine.disconnect(token)
    if wrong:
        applied.clear()
        raise wrong[0]


def _render(engine: Any, text: str, path: Path) -> None:
    """Write the file. Raises RuntimeError when pyttsx3 cancelled the rendering every time.

    pyttsx3 2.99 cancels its own utterance if espeak's thread is not at rest when a run begins, and that thread sets the
    properties, too, some time after `setProperty` returned. So: properties only when they change, wait for rest, and
    believe nothing but the report that the utterance was completed.
    """
    finished: list[bool] = []
    token = engine.connect("finished-utterance", lambda name, completed: finished.append(bool(completed)))
    try:
        for _ in range(_ATTEMPTS):
            _wait_for_rest()
            finished.clear()
            engine.save_to_file(text, str(path))
            engine.runAndWait()
            if finished == [True] and path.exists():
                return
    finally:
        engine.disconnect(token)
    raise RuntimeError(f"the rendering was cancelled {_ATTEMPTS} times")


def _wait_for_rest() -> None:
    """Until espeak's thread has been idle for 3 ms: between two commands it says that it is idle, too."""
    from pyttsx3.drivers import _espeak

    idle = 0
    while idle < 3:
        idle = 0 if _espeak.IsPlaying() else idle + 1
        time.sleep(0.001)


if __name__ == "__main__":
    main()
