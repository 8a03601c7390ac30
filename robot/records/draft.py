"""A draft for the clinician: what the robot noted, and what a person made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from robot.events import Language, NoteKind, Sensitive, Urgency

State = Literal["drafted", "changed", "approved", "refused"]
OPEN: tuple[State, ...] = ("drafted", "changed")
"""States in which a draft still waits for a person."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who did what to a draft, and when. `who` is a role or a name as the person gave it."""

    at: datetime
    who: str
    state: State
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft; `id` counts up within a book.

    text      for the clinician; `evidence` are the words, findings and sources that it rests on
    codes     findings as ids of `dialogs/triage`: plain for present, `-` for absent, `?` for a condition to consider
    message   what the robot says to the patient once the draft is approved; empty: nothing
    told      when the patient had heard all of the message
    steps     oldest first; the first is the robot's
    """

    id: int
    kind: NoteKind
    state: State
    bed: str
    patient: Sensitive
    language: Language
    urgency: Urgency | None
    text: Sensitive
    evidence: tuple[Sensitive, ...]
    codes: tuple[str, ...]
    message: Sensitive
    told: datetime | None
    steps: tuple[Step, ...]

    @property
    def created(self) -> datetime:
        """When the robot noted it."""
        return self.steps[0].at

    @property
    def reviewer(self) -> str:
        """Who approved or refused it; empty while it is open."""
        return "" if self.state in OPEN else self.steps[-1].who
