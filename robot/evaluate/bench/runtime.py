"""What the runtime adds to its engines: latency of a turn, of an interruption, and how many conversations a core holds.

Engines and devices are stubs, clock and event loop are real; listener, turns, dialog machine, retriever, guard and
playback are those that ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console

from hardware.acoustics import pink_noise
from hardware.audio import FRAME_MS
from hardware.audio_file import read_audio
from hardware.clock import SystemClock
from hardware.ports import Clock
from robot.config import Config
from robot.content import load_content
from robot.evaluate.bench.bed import FRAME, QUESTION, QUIET, VOICE, Bed, Ward, own_s
from robot.evaluate.bench.figures import compare, percentiles
from robot.evaluate.bench.load import Limits, climb, memory_of_each
from robot.events import Answer, Sensitive
from robot.simulate.run import FIRST_VISIT
from robot.speak.split import SentenceSplitter

TURNS = 40
LEVELS = (100, 300, 600, 1000, 1500)
"""Numbers of conversations that are tried with the stub detector."""
SILERO_LEVELS = (50, 100, 200, 300, 450)
"""The same with the detector that ships, which costs more than all the rest of an idle conversation."""
_FRAME_S = FRAME_MS / 1000
CYCLE = 500
"""Frames between two questions of a patient: ten seconds."""
_WARM_UP = 3
"""Turns that are not counted: first uses import and compile."""


def bench_runtime(
    config: Config,
    console: Console,
    *,
    turns: int = TURNS,
    levels: Sequence[int] = LEVELS,
    silero_levels: Sequence[int] = SILERO_LEVELS,
    limits: Limits | None = None,
    cycle: int = CYCLE,
) -> dict[str, Any]:
    """The figures of `bedside bench runtime`; takes some four minutes with the default sizes.

    `conversations_per_core` is the largest of `levels` (rising) that held; `levels` says what was seen at each.
    """
    clock = SystemClock()

    async def run() -> dict[str, Any]:
        figures = await _latency(one_patient(config, clock), turns, console)
        figures |= await _capacity(many_patients(config, clock, cycle), levels, console, limits)
        if silero_levels:
            ward = many_patients(config, clock, cycle, detector="silero")
            figures["with_silero"] = await _capacity(ward, silero_levels, console, limits, goal=300)
        return figures

    return clock.run(run())


def one_patient(config: Config, clock: Clock) -> Ward:
    """A patient who asks, lets the robot say half a second of its answer, and asks again."""
    cycle = [VOICE] * 20 + [QUIET] * 40
    return Ward(_quick(config), load_content(config.dialogs), clock, cycle, ms_per_character=20.0)


def many_patients(config: Config, clock: Clock, cycle: int, *, detector: str = "stub") -> Ward:
    """Patients who ask every `cycle` frames and hear the answer out; real speech in a real room for a real detector."""
    if detector == "stub":
        frames = [VOICE] * 50 + [QUIET] * (cycle - 50)
    else:
        spoken = read_audio(FIRST_VISIT.parent / "first_visit" / "03.flac")
        room = pink_noise(config.room.noise_snr_db or 35.0, np.random.default_rng(0))
        heard = np.resize(room, cycle * FRAME)
        heard[: spoken.size] += spoken
        frames = list(heard.astype(np.int16).reshape(cycle, FRAME))
    return Ward(_quick(config), load_content(config.dialogs), clock, frames, ms_per_character=30.0, detector=detector)


def _quick(config: Config) -> Config:
    """Windows of 200 ms: they are not what is measured."""
    windows = replace(config.endpointing, confirm_ms=200, confirm_over_robot_ms=200, end_silence_ms=200)
    return config.model_copy(update={"endpointing": windows})


async def _latency(ward: Ward, turns: int, console: Console) -> dict[str, Any]:
    console.print(f"one conversation, {turns} turns, each interrupted …")
    bed = await _talk(ward, turns)
    bare = percentiles(await _bare(ward, turns))
    turn, barge_in = percentiles(bed.added_ms), percentiles(bed.barge_in_ms)
    # What the stubs themselves take beyond their nominal time (timers wake late) is not the runtime's.
    added = {at: round(value - bare["p50"], 2) for at, value in turn.items()}
    compare(console, "added, end of window → first sound, median", added["p50"], "ms", 2.0)
    console.print(f"  a turn takes {turn['p50']} ms, a bare loop of the same stubs {bare['p50']} ms")
    compare(console, "barge-in decided → silence, median", barge_in["p50"], "ms", 1.5)
    return {"added_ms": added, "turn_ms": turn, "bare_ms": bare, "barge_in_ms": barge_in}


async def _capacity(
    ward: Ward, levels: Sequence[int], console: Console, limits: Limits | None, *, goal: int = 1000
) -> dict[str, Any]:
    console.print(f"conversations on one core, detector {ward.detector}, a turn every 10 s in each …")
    reached = await climb(ward, levels, console, limits)
    conversations = max((level.conversations for level in reached if level.held), default=0)
    memory = memory_of_each(reached)
    compare(console, "conversations before 50 ms are added", conversations, "", goal, at_least=True)
    if len(reached) > 1:
        compare(console, "memory of each further conversation", memory, "kB", 100)
    return {
        "conversations_per_core": conversations,
        "rss_kb_per_conversation": memory,
        "levels": [level.figures() for level in reached],
    }


async def _talk(ward: Ward, turns: int) -> Bed:
    """One conversation in real time, on frames that come when they are due."""
    bed = Bed(ward)
    clock = ward.clock
    async with bed:
        due = clock.now()
        while min(len(bed.added_ms), len(bed.barge_in_ms)) < turns + _WARM_UP:
            due += _FRAME_S
            await clock.sleep(max(0.0, due - clock.now()))
            bed.step()
    del bed.added_ms[:_WARM_UP], bed.barge_in_ms[:_WARM_UP]
    return bed


async def _bare(ward: Ward, turns: int) -> list[float]:
    """The same stubs one after the other, without a robot around them: what nobody can be faster than."""
    clock, stubs = ward.clock, ward.shared
    evidence = tuple(passage for passage, _ in ward.content.retriever.retrieve(QUESTION, "en", 1))
    added: list[float] = []
    for _ in range(turns):
        window_end = clock.now()
        heard = await stubs["recognizer"].listen("en", lambda _: None).finish()
        splitter = SentenceSplitter("en")
        async with aclosing(stubs["generator"].generate(Answer(Sensitive(heard.text), evidence, "en"))) as pieces:
            async for piece in pieces:
                if sentences := splitter.push(piece):
                    break
        async with aclosing(stubs["synthesizer"].synthesize(sentences[0], "en")) as sound:
            await anext(sound)
        added.append((clock.now() - window_end - own_s(sentences[0])) * 1000)
    return added
