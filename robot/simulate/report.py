"""`report.html`: one visit on one page that needs nothing else — verdict, timeline, transcript, facts."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from hardware.audio import Samples
from robot.errors import InputError
from robot.events import Blocked, CallNurse, Fault, Interrupted
from robot.simulate.picture import draw_latencies, draw_score
from robot.simulate.scenario import TurnRecord
from robot.simulate.timeline import Latency, Timeline


@dataclass(frozen=True, slots=True)
class _Row:
    """One turn as the page shows it; `share` is the width of each stage in percent of the slowest turn."""

    turn: TurnRecord
    stages: tuple[tuple[str, float, float], ...]
    """(stage, milliseconds, percent)"""


def write_report(
    path: Path,
    *,
    title: str,
    turns: Sequence[TurnRecord],
    opening: TurnRecord,
    timeline: Timeline,
    patient: Samples,
    robot: Samples,
    about: Mapping[str, str],
    checked: bool = True,
) -> None:
    """Write the page to `path`.

    turns      what the patient did and what came of it; failures decide the verdict
    opening    what the robot said before the first turn
    patient, robot   the two channels of the recording, 16 kHz, beginning with the timeline's first event
    about      facts of the run, shown as they are (engines, seed, clock, room)
    checked    False: nothing was expected of the turns, so the page gives no verdict

    The page holds the words of the conversation. Raises InputError (`output_unwritable`).
    """
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("robot.simulate").joinpath("report.html.j2").read_text(encoding="utf-8")
    waits = _waits(turns, timeline)
    numbers = [(latency.speech_end, turn.number) for turn, latency in waits]
    named = [(f"turn {turn.number}", latency) for turn, latency in waits]
    page = environment.from_string(template).render(
        title=title,
        rows=[_row(turn, turns) for turn in turns],
        opening=opening,
        failed=[turn for turn in turns if turn.failures],
        figures=_figures(turns, opening, timeline),
        score=[Markup(strip) for strip in draw_score(timeline, patient, robot, numbers)],
        latencies=Markup(draw_latencies(named)) if named else None,
        stages=list(dict.fromkeys(stage for _, latency in waits for stage in latency.timed.stages)),
        about=about,
        checked=checked,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError("output_unwritable", f"{path}: {error.strerror}.", "Choose another place.") from None


def _waits(turns: Sequence[TurnRecord], timeline: Timeline) -> list[tuple[TurnRecord, Latency]]:
    """Each turn that was answered with sound, with its wait."""
    by_timing = {id(latency.timed): latency for latency in timeline.latencies()}
    return [(turn, by_timing[id(turn.timed)]) for turn in turns if id(turn.timed) in by_timing]


def _row(turn: TurnRecord, turns: Sequence[TurnRecord]) -> _Row:
    slowest = max((other.timed.voice_to_voice for other in turns if other.timed), default=1.0) or 1.0
    stages = turn.timed.stages if turn.timed else {}
    return _Row(turn, tuple((stage, took, 100 * took / slowest) for stage, took in stages.items()))


def _figures(turns: Sequence[TurnRecord], opening: TurnRecord, timeline: Timeline) -> list[tuple[str, str]]:
    """The visit in a few numbers: (figure, what it counts)."""
    waits = [turn.timed.voice_to_voice for turn in turns if turn.timed]
    events = [event for _, event in timeline.entries]
    cut = sum(isinstance(event, Interrupted) and any(spoken.heard for spoken in event.heard) for event in events)
    calls = sum(
        isinstance(effect, CallNurse)
        for turn in (opening, *turns)
        for decision in turn.decisions
        for effect in decision.effects
    )
    figures = [(str(len(turns)), "turns"), (f"{timeline.length:.0f} s", "long")]
    if waits:
        figures += [(f"{statistics.median(waits):.0f} ms", "voice to voice, median")]
        figures += [(f"{max(waits):.0f} ms", "voice to voice, slowest")]
    figures += [(str(cut), "interruptions"), (str(calls), "nurse calls")]
    for kind, name in ((Fault, "faults"), (Blocked, "sentences blocked")):
        if count := sum(isinstance(event, kind) for event in events):
            figures.append((str(count), name))
    return figures
