"""What one conversation remembers between turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from robot.events import Answer, Language, Message, Sensitive, Sentence, Spoken
from robot.patient import Patient
from robot.think.chart import Position
from robot.think.screen import RedFlag
from robot.think.triage.case import Case

_ASIDES = frozenset(
    "speak_slower speak_faster speak_louder speak_softer take_your_time did_not_hear noted_down reminder".split()
)
"""Who asks to hear it again after one of these means what was said before it."""
_REMEMBERED = 6
"""Turns of history that a generator is shown."""


@dataclass(slots=True)
class Memory:
    """The dialog machine's, shared with what it does (`robot.think.deeds`).

    position   where the dialog stands, with the slots that were filled
    patient    of the record; a guest's is empty
    wall       date and time of day, for "since yesterday" and "at three"
    history    what was said, oldest first; of the robot only what was heard
    last       the sentences of the last reply, to be said again
    answered   the last question that was answered, with its evidence
    topics     titles of what was spoken about
    case       the complaint that is being asked about
    message    what the team signed for the patient, once it was offered
    suspected  the red flag that was asked back for, with the words that it may have been in
    denied     red flags that were asked back for and denied
    told       how often each symptom was complained of, since a person was last called for one
    misses     utterances in a row that were not understood
    """

    position: Position
    language: Language
    patient: Patient
    wall: Callable[[], datetime]
    history: list[tuple[str, Sensitive]] = field(default_factory=list)
    last: tuple[Sentence, ...] = ()
    answered: Answer | None = None
    topics: list[str] = field(default_factory=list)
    case: Case = field(default_factory=Case)
    message: Message | None = None
    suspected: tuple[RedFlag, Sensitive] | None = None
    denied: set[str] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)
    misses: int = 0

    @property
    def state(self) -> str:
        return str(self.position.state)

    @property
    def before(self) -> tuple[tuple[str, Sensitive], ...]:
        """What was said before the patient's last words."""
        return tuple(self.history[:-1])

    def heard(self, spoken: Sequence[Spoken]) -> None:
        """Keep what the patient heard of a reply; if nothing was, nothing."""
        said = [entry for entry in spoken if entry.heard]
        if not said:
            return
        self.history.append(("robot", Sensitive(" ".join(entry.heard for entry in said))))
        del self.history[:-_REMEMBERED]
        if any(entry.sentence.topic not in _ASIDES for entry in spoken):
            self.last = tuple(entry.sentence for entry in spoken)
