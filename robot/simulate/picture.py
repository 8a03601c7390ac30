"""The pictures of the report: a conversation as a score in strips, and where the time of each turn went.

Colours are written as roles (`var(--robot)`) that the page defines for light and dark; text stays text in the page's
own font. Labels are names of states, stages and events, never words of the conversation.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardware.audio import RATE, Samples
from robot.simulate.timeline import Interval, Latency, Moment, Timeline

_ROLES = (
    "ink",
    "faint",
    "line",
    "panel",
    "patient",
    "thinking",
    "robot",
    "paused",
    "nobody",
    "state",
    "nurse",
    "fault",
    "interruption",
    "on_colour",
    "endpoint",
    "recognize",
    "decide",
    "compose",
    "play",
)
_COLOUR = {role: f"#0102{number:02x}" for number, role in enumerate(_ROLES, start=16)}
"""matplotlib knows no CSS variables: each role is drawn in a colour of its own, and renamed in the SVG."""

STRIP_S = 45.0
_MOST_STRIPS = 12
_WIDTH_IN = 13.0
_BINS = 900
_LANES = 3
_TICKS_S = (5, 10, 30, 60, 300)
_MOST_TICKS = 15
_CHARACTER_PX = 6.0
_PX = 72.0
_MARGIN = {"left": 0.07, "right": 0.985}
_DOTTED = {"interruption": "-", "nurse": "-", "patient": "--", "fault": ":"}


@dataclass(frozen=True, slots=True)
class _Window:
    """The seconds that one strip shows."""

    start: float
    end: float

    @property
    def px_a_second(self) -> float:
        return _WIDTH_IN * _PX * (_MARGIN["right"] - _MARGIN["left"]) / (self.end - self.start)

    def shows(self, at: float) -> bool:
        return self.start <= at < self.end

    def cut(self, spans: Iterable[Interval]) -> list[Interval]:
        """What of `spans` lies in the window."""
        return [
            Interval(max(self.start, span.start), min(self.end, span.end), span.label)
            for span in spans
            if span.end > self.start and span.start < self.end
        ]


@dataclass(frozen=True, slots=True)
class _Score:
    """All that the strips show."""

    patient: Samples
    robot: Samples
    floors: list[Interval]
    states: list[Interval]
    moments: list[Moment]
    numbers: Sequence[tuple[float, int]]


def draw_score(timeline: Timeline, patient: Samples, robot: Samples, numbers: Sequence[tuple[float, int]]) -> list[str]:
    """The conversation as strips of `STRIP_S` seconds (longer when it would take too many), each an SVG element.

    patient, robot   what was said, 16 kHz, from the first event on
    numbers          (seconds, number of the turn) where the patient stopped speaking
    """
    length = max(timeline.length, patient.size / RATE, robot.size / RATE, 1.0)
    strip_s = max(STRIP_S, length / _MOST_STRIPS)
    count = max(1, int(np.ceil(length / strip_s - 1e-9)))
    strip_s = max(10.0, 5 * np.ceil(length / count / 5))
    score = _Score(patient, robot, timeline.floors(length), timeline.states(length), timeline.moments(), numbers)
    return [_strip(score, _Window(index * strip_s, (index + 1) * strip_s)) for index in range(count)]


def draw_latencies(turns: Sequence[tuple[str, Latency]]) -> str:
    """One stacked bar for each (name, latency): its stages in milliseconds, in order. An SVG element."""
    from matplotlib.figure import Figure

    with _settings():
        figure = Figure(figsize=(_WIDTH_IN, 0.75 + 0.3 * max(1, len(turns))))
        axes = figure.subplots()
        worst = max([latency.timed.voice_to_voice for _, latency in turns], default=100.0)
        for row, (_, latency) in enumerate(turns):
            left = 0.0
            for stage, took in latency.timed.stages.items():
                axes.barh(row, took, left=left, height=0.62, color=_COLOUR.get(stage, _COLOUR["faint"]))
                if took > worst * 0.055:
                    axes.text(left + took / 2, row, f"{took:.0f}", ha="center", va="center_baseline", fontsize=8.5,
                              color=_COLOUR["on_colour"])  # fmt: skip
                left += took
            axes.text(left + worst * 0.006, row, f"{latency.timed.voice_to_voice:.0f} ms", va="center_baseline",
                      fontsize=9.5, fontweight="bold")  # fmt: skip
        axes.set_yticks(range(len(turns)), [name for name, _ in turns])
        axes.set_ylim(len(turns) - 0.4, -0.6)
        axes.set_xlim(0, worst * 1.08)
        axes.set_xlabel("milliseconds from the patient's last sound to the robot's first", color=_COLOUR["faint"])
        axes.grid(axis="x", color=_COLOUR["line"], linewidth=0.6)
        figure.subplots_adjust(top=0.99, bottom=0.5 / figure.get_figheight(), **_MARGIN)
        return _svg(figure)


def _strip(score: _Score, window: _Window) -> str:
    from matplotlib.figure import Figure

    with _settings():
        figure = Figure(figsize=(_WIDTH_IN, 2.75))
        rows = figure.subplots(5, 1, sharex=True, height_ratios=[0.75, 1.15, 1.15, 0.5, 0.5])
        marks, patient, robot, floor, states = rows
        marks.set_xlim(window.start, window.end)
        _wave(patient, score.patient, window, "patient")
        _wave(robot, score.robot, window, "robot")
        for at, number in score.numbers:
            if window.shows(at):
                patient.annotate(str(number), (at, 0.98), xycoords=patient.get_xaxis_transform(), xytext=(3, 0),
                                 textcoords="offset points", va="top", fontsize=11, fontweight="bold",
                                 color=_COLOUR["patient"])  # fmt: skip
        _band(floor, score.floors, window, None)
        _band(states, score.states, window, "state")
        _moments(rows, score.moments, window)
        step = next((step for step in _TICKS_S if (window.end - window.start) / step <= _MOST_TICKS), _TICKS_S[-1])
        seconds = np.arange(np.ceil(window.start / step) * step, window.end + 0.01, step)
        for axes, name in zip(rows, ("", "patient", "robot", "floor", "dialog"), strict=True):
            axes.set_yticks([])
            axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8, fontsize=9.5)
            axes.xaxis.set_visible(axes is states)
            axes.vlines(seconds, 0, 1, transform=axes.get_xaxis_transform(), color=_COLOUR["line"], linewidth=0.5,
                        zorder=0)  # fmt: skip
        states.set_xticks(seconds)
        states.xaxis.set_major_formatter(lambda at, _: f"{at:.0f} s")
        figure.subplots_adjust(top=0.995, bottom=0.1, hspace=0.06, **_MARGIN)
        return _svg(figure)


def _wave(axes: Any, samples: Samples, window: _Window, role: str) -> None:
    """The envelope: the loudest sample up and down in each of `_BINS` slices."""
    piece = samples[int(window.start * RATE) : int(window.end * RATE)]
    axes.axhline(0, color=_COLOUR["line"], linewidth=0.8)
    loudest = max(1500.0, float(samples.max(initial=0)), -float(samples.min(initial=0)))
    axes.set_ylim(-loudest * 1.05, loudest * 1.05)
    step = max(1, piece.size // _BINS)
    slices = piece[: piece.size // step * step].reshape(-1, step)
    if slices.size:
        at = window.start + np.arange(slices.shape[0]) * step / RATE
        axes.fill_between(at, slices.min(axis=1), slices.max(axis=1), color=_COLOUR[role], linewidth=0)


def _band(axes: Any, spans: Iterable[Interval], window: _Window, role: str | None) -> None:
    """Labelled boxes side by side; a label that would not fit is left out (the legend names the colour)."""
    axes.set_ylim(0, 1)
    for span in window.cut(spans):
        colour = _COLOUR[role or span.label]
        empty = span.label == "nobody"
        axes.add_patch(_box(span, "none" if empty else colour, _COLOUR["panel"] if not empty else _COLOUR["line"]))
        label = "" if empty else _fitting(span.label, (span.end - span.start) * window.px_a_second)
        axes.text((span.start + span.end) / 2, 0.5, label, ha="center", va="center_baseline", fontsize=8.5,
                  color=_COLOUR["on_colour"])  # fmt: skip


def _box(span: Interval, face: str, edge: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((span.start, 0.06), span.end - span.start, 0.88, facecolor=face, edgecolor=edge, linewidth=0.7)


def _fitting(label: str, width_px: float) -> str:
    """`label`, or its last part (`question.answered` → `answered`), or nothing."""
    for text in (label, label.rpartition(".")[2]):
        if len(text) * _CHARACTER_PX < width_px:
            return text
    return ""


def _moments(rows: Any, moments: Iterable[Moment], window: _Window) -> None:
    """A line through all rows at each moment; labels step down a lane when they would touch."""
    marks = rows[0]
    marks.set_ylim(0, _LANES)
    free = [-np.inf] * _LANES
    for moment in moments:
        if not window.shows(moment.at):
            continue
        colour = _COLOUR[moment.kind]
        for axes in rows[1:]:
            axes.axvline(moment.at, color=colour, linewidth=1.3, linestyle=_DOTTED[moment.kind])
        width = (len(moment.label) + 2) * _CHARACTER_PX / window.px_a_second
        right = moment.at + width > window.end
        left_edge = moment.at - width if right else moment.at
        lane = next((lane for lane in range(_LANES) if free[lane] <= left_edge), int(np.argmin(free)))
        free[lane] = left_edge + width
        y = _LANES - 0.5 - lane
        marks.plot([moment.at, moment.at], [0, y], color=colour, linewidth=1.3, linestyle=_DOTTED[moment.kind])
        marks.annotate(moment.label, (moment.at, y), xytext=(-4 if right else 4, 0), textcoords="offset points",
                       ha="right" if right else "left", va="center_baseline", fontsize=9, color=colour)  # fmt: skip


@contextmanager
def _settings() -> Iterator[None]:
    """matplotlib with this module's settings; the caller's are put back."""
    import matplotlib as mpl

    spines = {f"axes.spines.{side}": False for side in ("top", "right", "bottom", "left")}
    sizes = {"xtick.major.size": 0, "ytick.major.size": 0, "xtick.labelsize": 9, "ytick.labelsize": 9.5}
    colours = {"text.color": "ink", "axes.labelcolor": "ink", "xtick.color": "faint", "ytick.color": "ink"}
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "bedside",
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "axes.axisbelow": True,
            "axes.labelsize": 9.5,
            **spines,
            **sizes,
            **{name: _COLOUR[role] for name, role in colours.items()},
        }
    ):
        yield


def _svg(figure: Any) -> str:
    """The figure as an SVG element without prolog, with roles for colours; it scales with its column."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    for role, colour in _COLOUR.items():
        text = text.replace(colour, f"var(--{role.replace('_', '-')})")
    return text
