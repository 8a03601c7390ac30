"""The benches run at tiny sizes and report every figure that was promised. How fast is not asked here."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hardware.clock import SimulatedClock
from robot.evaluate.bench import cold, load, runtime, turn
from robot.evaluate.bench.figures import compare, percentiles
from robot.events import Sensitive, Transcript, TurnTimed
from robot.simulate.run import FIRST_VISIT
from robot.simulate.scenario import TurnRecord
from tests.plain import PLAIN


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_runtime_reports_its_figures(console: Console) -> None:
    limits = load.Limits(added_ms=1e6, late_ms=1e6, seconds=0.1, tries=1)
    figures = runtime.bench_runtime(PLAIN, console, turns=1, levels=(1,), silero_levels=(), limits=limits, cycle=100)
    assert figures.keys() >= {"added_ms", "barge_in_ms", "conversations_per_core", "rss_kb_per_conversation"}
    assert 0 < figures["added_ms"]["p50"] <= figures["added_ms"]["p95"]
    assert 0 < figures["barge_in_ms"]["p50"] <= figures["barge_in_ms"]["p95"]
    assert figures["conversations_per_core"] == 1
    assert figures["levels"][0]["added_ms"]["p95"] > 0
    assert "goal" in printed(console)


def test_nothing_is_added_to_a_turn_or_an_interruption_in_virtual_time() -> None:
    clock = SimulatedClock()
    bed = clock.run(runtime._talk(runtime.one_patient(PLAIN, clock), 2))
    assert len(bed.added_ms) >= 2
    assert len(bed.barge_in_ms) >= 2
    assert bed.added_ms + bed.barge_in_ms == pytest.approx([0.0] * len(bed.added_ms + bed.barge_in_ms), abs=1e-6)


def test_a_broken_conversation_breaks_the_bench() -> None:
    class BrokenRecognizer:
        name, rate, languages = "broken", 16_000, frozenset({"en"})

        def listen(self, language: str, on_partial: Any) -> Any:
            raise ZeroDivisionError

    clock = SimulatedClock()
    ward = runtime.one_patient(PLAIN, clock)
    ward.shared["recognizer"] = BrokenRecognizer()
    with pytest.raises(ZeroDivisionError):
        clock.run(runtime._talk(ward, 2))


def test_memory_is_counted_from_the_first_level_to_the_last() -> None:
    levels = [load.Level(count, {}, {}, 0.1, rss, True) for count, rss in ((10, 50_000), (20, 50_300), (30, 51_000))]
    assert load.memory_of_each(levels) == 50.0
    assert load.memory_of_each(levels[:1]) == 0.0


def test_cold_starts_a_process(console: Console) -> None:
    figures = cold.bench_cold(console, runs=1)
    assert figures.keys() == {"help_s", "ready_s", "rss_mb"}
    assert 0 < figures["help_s"] < figures["ready_s"]
    assert figures["rss_mb"] > 10


def test_turn_times_and_hears_a_visit(console: Console, tmp_path: Path) -> None:
    script = tmp_path / "visit.yaml"
    recording = FIRST_VISIT.parent / "first_visit" / "01.flac"
    script.write_text(f"title: Short\nsteps:\n  - {{say: Hello., audio: {recording}}}\n", encoding="utf-8")
    figures = turn.bench_turn(PLAIN, console, scenario=script, fast=True)
    assert figures.keys() == {"voice_to_voice_ms", "stages_ms", "word_error_rate", "n"}
    assert figures["n"] == 1
    assert figures["voice_to_voice_ms"]["p50"] >= PLAIN.endpointing.end_silence_ms
    assert figures["stages_ms"].keys() >= {"endpoint", "recognize", "decide", "play"}
    assert 0 <= figures["word_error_rate"] <= 1


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("I have a pain.", "i have a pain", 0.0),
        ("I have a pain.", "i have pain", 0.25),
        ("I have a pain.", "i have a big pain", 0.25),
        ("I have a pain.", "", 1.0),
        ("Don’t stop.", "don't stop", 0.0),
        ("我胸口疼", "我胸口痛", 0.25),
    ],
)
def test_word_error_rate(said: str, heard: str, rate: float) -> None:
    record = TurnRecord(1, said)
    record.take(Transcript(Sensitive(heard)))
    assert turn.word_error_rate([record]) == rate


def test_what_the_patient_did_without_words_is_not_counted() -> None:
    said, done = TurnRecord(1, "Hello."), TurnRecord(2, "(press_button)")
    said.heard = "hello"
    assert turn.word_error_rate([said, done]) == 0.0


def test_times_of_turns_without_sound_are_left_out() -> None:
    first, second, silent = (TurnRecord(number, "Hello.") for number in (1, 2, 3))
    first.timed = TurnTimed(1, 900.0, {"endpoint": 800.0, "play": 100.0})
    second.timed = TurnTimed(2, 1000.0, {"endpoint": 800.0, "recognize": 100.0, "play": 100.0})
    times = turn.times([first, second, silent])
    assert times["n"] == 2
    assert times["stages_ms"]["recognize"] == {"p50": 100.0, "p95": 100.0}
    assert list(times["stages_ms"]) == ["endpoint", "play", "recognize"]


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentiles([3.0, 1.0, 2.0]) == {"p50": 2.0, "p95": 3.0}
    assert percentiles([5.0]) == {"p50": 5.0, "p95": 5.0}


def test_a_figure_beyond_its_goal_is_marked(console: Console) -> None:
    compare(console, "added", 3.0, "ms", 2.0)
    compare(console, "conversations", 1200, "", 1000, at_least=True)
    first, second = printed(console).splitlines()
    assert first.startswith("✗") and "ratio 1.50" in first
    assert second.startswith("✓")
