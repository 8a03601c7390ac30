"""When everything happened: the events of one conversation, read as intervals, moments and latencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hardware.ports import Clock
from robot.events import (
    Blocked,
    ButtonPressed,
    CallAcknowledged,
    CallDelivered,
    CallFailed,
    CallUnanswered,
    Decision,
    EmergencyCleared,
    Event,
    Fault,
    FloorChanged,
    Interrupted,
    SpeechDismissed,
    SpeechEnded,
    SpeechStarted,
    TurnTimed,
)

MomentKind = Literal["interruption", "nurse", "patient", "fault"]


@dataclass(frozen=True, slots=True)
class Interval:
    """Something that lasted from `start` to `end`, in seconds since the first event."""

    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at once, in seconds since the first event; `label` is a few plain words."""

    at: float
    kind: MomentKind
    label: str


@dataclass(frozen=True, slots=True)
class Latency:
    """The wait of one turn: from `speech_end` to `first_sound`, in seconds since the first event."""

    speech_end: float
    first_sound: float
    timed: TurnTimed


class Timeline:
    """An observer that keeps every event with its time. The first event, the opening, is time 0."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._origin: float | None = None
        self.entries: list[tuple[float, Event]] = []
        """(seconds since the first event, event), in order."""

    def __call__(self, event: Event) -> None:
        now = self._clock.now()
        if self._origin is None:
            self._origin = now
        self.entries.append((now - self._origin, event))

    @property
    def length(self) -> float:
        """Seconds from the first event to the last."""
        return self.entries[-1][0] if self.entries else 0.0

    def floors(self, until: float | None = None) -> list[Interval]:
        """Who had the floor, without gaps, from 0 to `until` (default: the last event)."""
        return self._spans(lambda event: event.floor if isinstance(event, FloorChanged) else None, until, "nobody")

    def states(self, until: float | None = None) -> list[Interval]:
        """In which state the dialog stood, from its first decision to `until` (default: the last event)."""
        return self._spans(lambda event: event.state if isinstance(event, Decision) else None, until, "")

    def speech(self) -> list[Interval]:
        """When the patient spoke: `speech` from its start to its last sound, `dismissed` for a cough or a click.

        Speech that had not ended with the last event lasts until then.
        """
        found: list[Interval] = []
        started: float | None = None
        for at, event in self.entries:
            if isinstance(event, SpeechStarted):
                started = at
            elif started is not None and isinstance(event, SpeechEnded):
                found.append(Interval(started, max(started, at - (event.at - event.speech_end)), "speech"))
                started = None
            elif started is not None and isinstance(event, SpeechDismissed):
                found.append(Interval(started, at, "dismissed"))
                started = None
        if started is not None:
            found.append(Interval(started, self.length, "speech"))
        return found

    def latencies(self) -> list[Latency]:
        """The wait of every turn that was answered with sound, in order."""
        return [
            Latency(at - event.voice_to_voice / 1000, at, event)
            for at, event in self.entries
            if isinstance(event, TurnTimed)
        ]

    def moments(self) -> list[Moment]:
        """Interruptions, what became of nurse calls, what the patient did at once, and faults."""
        return [Moment(at, *named) for at, event in self.entries if (named := _moment(event)) is not None]

    def _spans(self, label: Callable[[Event], str | None], until: float | None, before: str) -> list[Interval]:
        end = self.length if until is None else until
        spans: list[Interval] = []
        start, current = 0.0, before
        for at, event in self.entries:
            new = label(event)
            if new is not None and new != current:
                if current and at > start:
                    spans.append(Interval(start, at, current))
                start, current = at, new
        if current and end > start:
            spans.append(Interval(start, end, current))
        return spans


def _moment(event: Event) -> tuple[MomentKind, str] | None:
    match event:
        case Interrupted():
            return "interruption", "interrupted" if any(spoken.heard for spoken in event.heard) else "patient goes on"
        case Decision() if event.nurse_call:
            return "nurse", "nurse called"
        case CallDelivered():
            return "nurse", "call delivered"
        case CallFailed():
            return "fault", "call failed"
        case CallAcknowledged():
            return "nurse", f"{event.by} is coming"
        case CallUnanswered():
            return "nurse", "call unanswered"
        case ButtonPressed():
            return "patient", "call button"
        case EmergencyCleared():
            return "nurse", f"cleared by {event.by}"
        case Blocked():
            return "fault", "sentence blocked"
        case Fault():
            return "fault", event.code.replace("_", " ")
        case _:
            return None
