"""`bedside simulate` without a terminal: plays a scripted visit, prints and checks it, leaves wav, journal, report."""

from __future__ import annotations

import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from dialogs.loader import HERE, load_scenario
from dialogs.model import Scenario
from hardware.clock import SimulatedClock, SystemClock
from hardware.patient_voice import PatientVoice
from hardware.ports import Clock, HardwareError
from hardware.room import Room
from robot.app import build
from robot.config import Config, by_text
from robot.conversation import Observer
from robot.records.journal import Journal
from robot.simulate.leave import leave
from robot.simulate.scenario import ScriptedPatient, TurnRecord
from robot.simulate.timeline import Timeline

SHIPPED = HERE / "scenarios"
"""The folder of the scenarios that come with the robot."""
FIRST_VISIT = SHIPPED / "first_visit.yaml"
_SHIPPED_PREFIX = "shipped:"


@dataclass(frozen=True)
class Visit:
    """How a scripted visit is played."""

    path: Path
    fast: bool = False
    seed: int = 0
    ears: str = "voice"
    out: Path | None = None
    reveal: bool = False


def play_visit(config: Config, visit: Visit, console: Console, observers: tuple[Observer, ...] = ()) -> ScriptedPatient:
    """Play it to its end; the turns and what failed. Raises ContentError, HardwareError, ModelError, InputError."""
    scenario = load_scenario(visit.path)
    clock: Clock = SimulatedClock() if visit.fast else SystemClock()

    async def play() -> ScriptedPatient:
        return await _play(
            _configured(config, scenario, visit), scenario, visit, clock=clock, console=console, observers=observers
        )

    return clock.run(play())


async def _play(
    config: Config,
    scenario: Scenario,
    visit: Visit,
    *,
    clock: Clock,
    console: Console,
    observers: tuple[Observer, ...],
) -> ScriptedPatient:
    room = Room(clock, seed=visit.seed, record=visit.out is not None, **config.room.model_dump())
    timeline = Timeline(clock)
    async with AsyncExitStack() as stack:
        observers = (timeline, *observers)
        if visit.out is not None:
            about = _about(config, scenario, visit)
            journal = Journal(visit.out / "journal.jsonl", clock, reveal=visit.reveal, about=about)
            stack.callback(journal.close)
            observers = (*observers, journal)
        conversation = build(config, observers=observers, clock=clock, room=room)
        patient = ScriptedPatient(
            scenario,
            visit.path.parent,
            conversation,
            room,
            ears=visit.ears,
            voice=_voice(scenario, visit.ears, console),
            on_turn=lambda turn: print_turn(console, turn),
        )
        console.print(
            f"[bold]{escape(scenario.title)}[/] — {'simulated' if visit.fast else 'real'} time, seed {visit.seed}"
        )
        await stack.enter_async_context(conversation)
        await patient.play()
    if visit.out is not None and room.recording is not None:
        leave(
            visit.out,
            room.recording,
            timeline,
            title=scenario.title,
            turns=patient.turns,
            opening=patient.opening,
            about={
                "clock": "simulated" if visit.fast else "real time",
                "seed": str(visit.seed),
                "ears": visit.ears,
                "scenario": visit.path.name,
            },
        )
        console.print(f"Left in {visit.out}: conversation.wav, journal.jsonl, report.html")
    return patient


def print_turn(console: Console, turn: TurnRecord) -> None:
    """One turn of the transcript: said / heard / answered, then state, source and latency."""
    mark = "[green]✓[/]" if not turn.failures else "[red]✗[/]"
    took = f"{turn.timed.voice_to_voice:.0f} ms" if turn.timed else "no sound"
    decision = turn.decision
    facts = [turn.state, decision.intent if decision else "nothing decided", "+".join(turn.rungs) or "silent"]
    facts += [", ".join(turn.sources)] if turn.sources else []
    facts += [f"red flag {', '.join(turn.red_flags)}"] if turn.red_flags else []
    facts += ["interrupted the robot"] if turn.interrupted else []
    facts += [f"nurse {turn.nurse}"] if turn.nurse != "none" else []
    console.print(f"{mark} [bold]{turn.number:>2}  said     [/] {escape(turn.said)}")
    if turn.heard:
        console.print(f"      heard     {escape(turn.heard)}")
    console.print(f"      answered  [cyan]{escape(turn.answered) or '—'}[/]")
    console.print(f"      [dim]{escape(' · '.join(facts))} · {took}[/]")
    for failure in turn.failures:
        console.print(f"      [red]{escape(failure)}[/]")


def _configured(config: Config, scenario: Scenario, visit: Visit) -> Config:
    """The configuration with what the scenario sets: language, patient, room; devices are the simulated ones."""
    room = {key: value for key, value in scenario.room.model_dump().items() if value is not None}
    changes: dict[str, Any] = {"language": scenario.language, "room": config.room.model_copy(update=room)}
    if scenario.patient is not None:
        changes["patient"] = visit.path.parent / scenario.patient
    if config.drafts.keep is None:
        kept = {"keep": "visit"} if visit.out is None else {"keep": "file", "folder": visit.out / "records"}
        changes["drafts"] = config.drafts.model_copy(update=kept)
    config = config.model_copy(update=changes)
    return by_text(config) if visit.ears == "text" else config


def _voice(scenario: Scenario, ears: str, console: Console) -> Any:
    """What speaks the steps that have no recording; None when all have one, or none is needed or installed."""
    if ears == "text" or all(step.say is None or step.audio is not None for step in scenario.steps):
        return None
    try:
        return PatientVoice().render
    except HardwareError as error:
        console.print(f"[yellow]{escape(str(error))} Steps without a recording are passed as text.[/]")
        return None


def _about(config: Config, scenario: Scenario, visit: Visit) -> dict[str, Any]:
    """What a replay needs to play the same visit again."""
    return {
        "title": scenario.title,
        "scenario": scenario_name(visit.path),
        "scenario_digest": hashlib.sha256(visit.path.read_bytes()).hexdigest()[:16],
        "seed": visit.seed,
        "ears": visit.ears,
        "fast": visit.fast,
        # The scenario brings its own patient, from its own folder; where drafts went says nothing of the visit.
        "config": config.model_dump(
            mode="json", exclude_defaults=True, exclude={"drafts"} | ({"patient"} if scenario.patient else set())
        ),
    }


def scenario_name(path: Path) -> str:
    """How a journal names a scenario: `shipped:<file>`, else relative to the current folder, else as it was given."""
    whole = path.resolve()
    if whole.parent == SHIPPED.resolve():
        return _SHIPPED_PREFIX + whole.name
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(path)


def scenario_path(name: str) -> Path:
    """The file that `scenario_name` named."""
    if name.startswith(_SHIPPED_PREFIX):
        return SHIPPED / Path(name.removeprefix(_SHIPPED_PREFIX)).name
    return Path(name)


def print_verdict(console: Console, patient: ScriptedPatient) -> int:
    """The last line of a visit; returns the exit status."""
    failures = patient.failures
    kept = sum(not turn.failures for turn in patient.turns)
    colour = "green" if not failures else "red"
    console.print(f"[bold {colour}]{kept} of {len(patient.turns)} turns as expected[/]")
    for failure in failures:
        console.print(f"[red]  {escape(failure)}[/]")
    return 0 if not failures else 1
