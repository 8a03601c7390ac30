"""One conversation's view of the draft book: its bed, its patient, its visit, its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from robot.events import DraftNote, Language, Message
from robot.records.draft_book import DraftBook


@dataclass(frozen=True, slots=True)
class BedNotes:
    """A `robot.stages.Notes`. `patient` is the name in the record; empty for a guest."""

    book: DraftBook
    bed: str
    patient: str
    visit: str
    wall: Callable[[], datetime]

    def keep(self, note: DraftNote, language: Language) -> None:
        self.book.add(note, bed=self.bed, patient=self.patient, visit=self.visit, language=language, at=self.wall())

    def waiting(self) -> Message | None:
        return self.book.waiting(bed=self.bed, patient=self.patient, visit=self.visit)

    def told(self, message_id: str) -> None:
        self.book.tell(int(message_id), self.wall())
