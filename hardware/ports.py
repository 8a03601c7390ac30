"""The ports between the robot and its devices: what a driver must do, whatever is behind it.

Devices push: a microphone calls `on_frame` and a speaker `on_played` on the event-loop thread, so that one frame
costs one function call and an idle device wakes nothing. Drivers whose library has its own threads hop onto the loop
before they call.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from hardware.audio import AudioFrame, Samples

T = TypeVar("T")


class HardwareError(Exception):
    """A device that is missing, gone or wrongly configured.

    `code` is stable (`microphone_gone`, `driver_unknown`, …); `advice` says what a person can do about it.
    """

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.code = code
        self.message = message
        self.advice = advice


OnFrame = Callable[[AudioFrame], None]
OnPlayed = Callable[[int], None]
OnFault = Callable[[HardwareError], None]


@runtime_checkable
class Clock(Protocol):
    """Where time comes from. Nothing else asks the operating system for it."""

    @property
    def virtual(self) -> bool:
        """True when waiting costs no real time; blocking work then runs inline, so that runs repeat exactly."""
        ...

    def now(self) -> float:
        """Monotonic seconds; the zero point means nothing."""
        ...

    def wall(self) -> datetime:
        """Date and time of day, with time zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back on the loop after `seconds` of this clock."""
        ...

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a program's main coroutine to its end on this clock's event loop."""
        ...


class Timer(Protocol):
    """A pending `Clock.call_later`."""

    def cancel(self) -> None: ...


@runtime_checkable
class Microphone(Protocol):
    """Pushes a frame every `FRAME_MS`, at `rate`, until closed."""

    @property
    def rate(self) -> int: ...

    async def open(self, on_frame: OnFrame, on_fault: OnFault) -> None:
        """Start the frames. `on_fault` is called when the device goes away or stalls; frames may come back later.

        Raises HardwareError (`microphone_missing`, `microphone_busy`) when it cannot start.
        """
        ...

    async def close(self) -> None:
        """Stop the frames; closing twice is fine."""
        ...


@runtime_checkable
class Speaker(Protocol):
    """Plays what is written, in order, and tells how much was really played. It owns the truth of what was heard."""

    @property
    def rate(self) -> int: ...

    @property
    def queued(self) -> int:
        """Samples written and neither played nor flushed."""
        ...

    @property
    def reference(self) -> Samples:
        """The block that is sounding now (empty when silent): what may come back into the microphone as echo."""
        ...

    async def open(self, on_played: OnPlayed, on_fault: OnFault) -> None:
        """Make ready. `on_played(n)` follows each block with the number of written samples that were just played.

        Raises HardwareError (`speaker_missing`, `speaker_busy`) when it cannot start.
        """
        ...

    def write(self, samples: Samples) -> None:
        """Queue samples at `rate`; never blocks."""
        ...

    def pause(self) -> None:
        """Silent within one frame; what is queued stays."""
        ...

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        ...

    def flush(self) -> None:
        """Silent within one frame; what is queued is dropped and never reported as played. Ends a pause."""
        ...

    async def close(self) -> None:
        """Silent, device released; closing twice is fine."""
        ...


Floor = Literal["nobody", "patient", "thinking", "robot", "paused"]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a display shows: one whole picture, so that a display that missed one is right after the next."""

    floor: Floor = "nobody"
    listening: bool = False
    state: str = ""
    language: str = "en"
    patient_caption: str = ""
    robot_caption: str = ""
    source: str = ""
    rung: str = ""
    alert: str = ""


@runtime_checkable
class Display(Protocol):
    """Shows a `Screen`."""

    def show(self, screen: Screen) -> None:
        """Show it now; never blocks; a display that is gone ignores it."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class NurseRequest:
    """A call for a person. `reason` is the red-flag class or the need; `words` are the patient's own."""

    id: str
    bed: str
    urgency: Literal["emergency", "urgent", "routine"]
    reason: str
    words: str
    escalation: Literal["nurse", "charge_nurse", "emergency_team"] = "nurse"

    def __repr__(self) -> str:
        return f"NurseRequest(id={self.id!r}, urgency={self.urgency!r}, reason={self.reason!r}, words=<masked>)"


OnAcknowledged = Callable[[str, str], None]
"""(request id, role of who acknowledged)"""


@runtime_checkable
class NurseCall(Protocol):
    """The nurse-call line."""

    async def open(self, on_acknowledged: OnAcknowledged) -> None: ...

    async def deliver(self, request: NurseRequest) -> None:
        """Return only when the other side has it. Raises HardwareError (`nurse_call_undelivered`) otherwise."""
        ...

    async def close(self) -> None: ...
