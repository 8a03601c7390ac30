"""Does what a decision wants done beside speaking: the nurse, notes, reminders, the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from robot.errors import RecordsError, phrase_for
from robot.events import (
    MESSAGE,
    Adjust,
    CallNurse,
    Decision,
    DialogEvent,
    DraftNote,
    Fault,
    MessageWaiting,
    Remind,
    ReminderDue,
    Spoken,
    unnoted,
)
from robot.nurse_line import NurseLine
from robot.scope import Scope
from robot.speak.play import Playback
from robot.stages import Notes


class Effects:
    """One conversation's hands; what comes of them is told to `tell` as dialog events."""

    def __init__(
        self,
        line: NurseLine,
        playback: Playback,
        scope: Scope,
        notes: Notes | None,
        tell: Callable[[DialogEvent], None],
    ) -> None:
        self._line = line
        self._playback = playback
        self._scope = scope
        self._notes = notes
        self._tell = tell
        self._reminders = 0

    def carry_out(self, decision: Decision) -> tuple[Decision, Fault | None]:
        """Do it, before anything is said; what is left to be said, and what did not work.

        A nurse is called before all else. Nobody is told that something was noted when it was not.
        """
        fault: Fault | None = None
        for effect in sorted(decision.effects, key=lambda effect: not isinstance(effect, CallNurse)):
            match effect:
                case CallNurse():
                    self._line.call(effect)
                case DraftNote():
                    fault = self._keep(effect, decision) or fault
                case Remind():
                    self._remind(effect)
                case Adjust():
                    self._playback.adjust(effect.pace, effect.volume)
        if fault is None:
            return decision, None
        return replace(decision, effects=unnoted(decision.effects)), fault

    def look_for_message(self) -> None:
        """Tell the decider of what the team signed, if there is anything."""
        if self._notes is None:
            return
        try:
            message = self._notes.waiting()
        except RecordsError:
            return  # it waits; the next contact tries again
        if message is not None:
            self._tell(MessageWaiting(message))

    def heard(self, spoken: Sequence[Spoken]) -> None:
        """A message counts as told when the patient heard every word of it."""
        said = [entry for entry in spoken if entry.sentence.rung == "signed"]
        if self._notes is None or not said or any(entry.heard != entry.sentence.text for entry in said):
            return
        try:
            self._notes.told(said[0].sentence.topic.removeprefix(MESSAGE))
        except RecordsError as error:
            self._tell(Fault(error.code, phrase_for(error)))

    def _keep(self, note: DraftNote, decision: Decision) -> Fault | None:
        if self._notes is None:
            return Fault("notes_missing", "trouble_notes")
        try:
            self._notes.keep(note, decision.language)
        except RecordsError as error:
            return Fault(error.code, phrase_for(error))
        return None

    def _remind(self, effect: Remind) -> None:
        self._reminders += 1
        name = f"reminder {self._reminders}"
        self._scope.after(name, effect.after_s, lambda: self._tell(ReminderDue(effect.sentence)))
