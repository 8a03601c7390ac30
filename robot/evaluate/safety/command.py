"""The command: every suite, one JSON object, and a page; 0 when all gates hold and nothing is worse than it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from robot.config import Config
from robot.content import Content
from robot.errors import InputError
from robot.evaluate.safety import baseline
from robot.evaluate.safety.caution import measure_caution
from robot.evaluate.safety.declines import DeclineSuite
from robot.evaluate.safety.measure import Gate, Outcome
from robot.evaluate.safety.page import failed, write_page
from robot.evaluate.safety.red_flags import RedFlagSuite
from robot.evaluate.safety.robot_under_test import RobotUnderTest
from robot.evaluate.safety.sentences import load_sentences
from robot.evaluate.safety.shared import SharedData
from robot.evaluate.safety.swaps import SwapSuite
from robot.evaluate.safety.urgency import measure_urgency
from robot.evaluate.safety.withheld import WithheldSuite

SEED = 7
SUITES = ("red_flags", "swaps", "withheld", "declines", "caution", "urgency")


def evaluate_safety(
    config: Config,
    data: Path | None,
    out: Path | None,
    emit: Callable[[Mapping[str, Any]], None],
    *,
    accept: bool = False,
    content: Content | None = None,
    suites: Sequence[str] = SUITES,
    against: Path = baseline.FILE,
) -> int:
    """Run `suites`, emit their figures, write `safety.json` and `report.html` to `out`; returns the exit status.

    It is 1 when a gate is not held or a share is worse than in the file `against`; with `accept` that file is written
    anew, and only the gates count. `data` is the folder of shared sets: what needs one is skipped and says so.
    Raises InputError, ContentError, ModelError.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    began = time.perf_counter()
    known = baseline.load_baseline(against)
    shared = SharedData(data)
    robot = RobotUnderTest(config, content)
    outcomes: list[Outcome] = []
    for outcome in _outcomes(robot, shared, suites):
        outcomes.append(outcome)
        broken = sum(not gate.held for gate in outcome.gates)
        console.print(f"{outcome.suite}: {len(outcome.gates)} figures, {broken} below their gate")
        for line in outcome.skipped:
            console.print(f"  skipped: {line}")
    gates = [gate for outcome in outcomes for gate in outcome.gates]
    worse = [] if accept else baseline.worse(gates, known)
    verdict = _verdict(gates, worse, round(time.perf_counter() - began, 1))
    for line in [*verdict["failed"], *worse]:
        console.print(f"  {line}")
    if accept:
        baseline.save_baseline(gates, against)
    report = {**verdict, "suites": {outcome.suite: outcome.as_json() for outcome in outcomes}}
    if out is not None:
        _write(out / "safety.json", json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        write_page(out / "report.html", outcomes, verdict)
    emit({**verdict, "gates": {gate.name: gate.as_json() for gate in gates}, "skipped": _skipped(outcomes)})
    return 0 if verdict["passed"] else 1


def _outcomes(robot: RobotUnderTest, shared: SharedData, suites: Sequence[str]) -> Iterator[Outcome]:
    sentences = load_sentences()
    runs: dict[str, Callable[[], Outcome]] = {
        "red_flags": lambda: RedFlagSuite(robot, sentences, SEED).run(shared),
        "swaps": lambda: SwapSuite(robot, sentences, SEED).run(),
        "withheld": lambda: WithheldSuite(robot).run(),
        "declines": lambda: DeclineSuite(robot, sentences).run(shared),
        "caution": lambda: measure_caution(robot),
        "urgency": lambda: measure_urgency(robot, shared),
    }
    for name in suites:
        yield runs[name]()


def _verdict(gates: Sequence[Gate], worse: list[str], seconds: float) -> dict[str, Any]:
    barred = [gate for gate in gates if gate.bar is not None]
    lines = failed(gates)
    return {
        "passed": not lines and not worse,
        "gated": len(barred),
        "held": len(barred) - len(lines),
        "failed": lines,
        "worse": worse,
        "seed": SEED,
        "seconds": seconds,
    }


def _skipped(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.suite}: {line}" for outcome in outcomes for line in outcome.skipped]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError("output_unwritable", f"{path}: {error.strerror}.", "Choose another place.") from None
