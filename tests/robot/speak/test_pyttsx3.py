"""The child process behind pyttsx3: it stays up, is replaced when it dies or hangs, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hardware.clock import SystemClock
from robot.blocking import Blocking
from robot.errors import ConfigurationError, SynthesizerError
from robot.events import Language
from robot.speak.synthesizers.pyttsx3 import Child, Pyttsx3Synthesizer

REQUEST = {"text": "Rest.", "properties": {"voice": "en-us", "rate": 150, "pitch": 50}}


def child(timeout_s: float = 5.0) -> Child:
    return Child([sys.executable, "-m", "robot.speak.synthesizers.pyttsx3_child"], timeout_s)


def gone(pid: int) -> bool:
    """Neither running nor a zombie."""
    return not Path(f"/proc/{pid}").exists()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def samples(engine: Pyttsx3Synthesizer, text: str, language: Language = "en") -> int:
    return sum([piece.samples.size async for piece in engine.synthesize(text, language)])


def test_the_child_stays_up_and_every_rendering_is_whole() -> None:
    """pyttsx3 cancels its own work now and then (see the child); none of it may come through."""
    watched = child()
    try:
        lengths = {"Rest.": set(), "Walk a little every day.": set()}  # type: dict[str, set[int]]
        pids = set()
        for number in range(60):
            text = list(lengths)[number % 2]
            sound = watched.render({**REQUEST, "text": text})
            lengths[text].add(sound.size // 441)
            pids.add(watched.pid)
        assert len(pids) == 1
        assert all(max(found) - min(found) <= 1 for found in lengths.values())
        assert min(lengths["Walk a little every day."]) > max(lengths["Rest."])
    finally:
        watched.kill()
        watched.close()


def test_a_dead_child_is_replaced() -> None:
    watched = child()
    watched.render(REQUEST)
    first = watched.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert watched.render(REQUEST).size > 5_000
    assert watched.pid != first
    assert gone(first)
    watched.kill()
    watched.close()


def test_a_hung_child_is_killed_replaced_once_and_reported() -> None:
    script = "import sys, time\nfor line in sys.stdin: time.sleep(60)"
    watched = Child([sys.executable, "-c", script], timeout_s=0.3)
    start = time.perf_counter()
    with pytest.raises(SynthesizerError) as caught:
        watched.render(REQUEST)
    assert caught.value.code == "pyttsx3_hung"
    assert caught.value.advice
    assert 0.5 < time.perf_counter() - start < 5
    assert watched.pid is None


def test_closing_ends_a_hung_child_at_once_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        engine = Pyttsx3Synthesizer(Blocking(inline=False), timeout_s=30)
        await samples(engine, "Rest.")
        pid, folder = engine._child.pid, engine._child._folder
        assert pid is not None
        assert folder is not None
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(folder.iterdir()) == []
        os.kill(pid, signal.SIGSTOP)
        waits, loop, wait = asyncio.Event(), asyncio.get_running_loop(), engine._child._line

        def wait_and_tell(process: subprocess.Popen[bytes]) -> bytes:
            loop.call_soon_threadsafe(waits.set)
            return wait(process)

        monkeypatch.setattr(engine._child, "_line", wait_and_tell)
        hung = asyncio.ensure_future(samples(engine, "Walk."))
        await waits.wait()
        start = time.perf_counter()
        await engine.close()
        await engine.close()
        assert time.perf_counter() - start < 1
        with pytest.raises(SynthesizerError) as caught:
            await hung
        assert caught.value.code == "pyttsx3_died"
        assert gone(pid)
        assert not folder.exists()

    SystemClock().run(main())


def test_the_child_ends_and_cleans_up_with_its_parent() -> None:
    script = (
        "import os, sys\n"
        "from robot.speak.synthesizers.pyttsx3 import Child\n"
        "watched = Child([sys.executable, '-m', 'robot.speak.synthesizers.pyttsx3_child'], 10)\n"
        f"watched.render({REQUEST!r})\n"
        "print(watched.pid, watched._folder, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )

    async def main() -> tuple[int, Path]:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        output, _ = await parent.communicate()
        pid, folder = output.decode().split()
        return int(pid), Path(folder)

    pid, folder = asyncio.run(main())
    deadline = time.monotonic() + 10
    while not (gone(pid) or state(pid) == "Z") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not folder.exists()
    assert gone(pid) or state(pid) == "Z"  # nobody may be there to reap an orphan in a container


def test_an_unknown_voice_is_an_error_and_the_next_sentence_works() -> None:
    watched = child()
    with pytest.raises(SynthesizerError) as caught:
        watched.render({"text": "Rest.", "properties": {"voice": "klingon-x", "rate": 150, "pitch": 50}})
    assert caught.value.code == "pyttsx3_failed"
    assert watched.render(REQUEST).size > 5_000
    watched.kill()
    watched.close()


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        Pyttsx3Synthesizer(Blocking(inline=True), pitch=-1)
