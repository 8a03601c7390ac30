"""A complaint as far as it was told: what there is and is not, since when, how bad, and what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from robot.events import Sensitive
from robot.think.triage.findings import Finding


@dataclass(slots=True)
class Case:
    """One complaint. `asked` are the symptoms that were asked for; `words` what the patient said of it."""

    present: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    words: list[Sensitive] = field(default_factory=list)
    noted: bool = False
    """The clinician has a note of it."""

    def add(self, findings: Iterable[Finding]) -> None:
        """What was said later counts: who first denied may remember."""
        for finding in findings:
            if finding.mode == "present":
                self.note(finding.symptom, True)
            elif finding.mode == "absent":
                self.note(finding.symptom, False)

    def note(self, symptom: str, is_there: bool) -> None:
        """That `symptom` is there, or is not. A symptom that was told is not lost by a later "no" to another
        question."""
        if is_there:
            if symptom not in self.present:
                self.present.append(symptom)
            if symptom in self.absent:
                self.absent.remove(symptom)
        elif symptom not in self.present and symptom not in self.absent:
            self.absent.append(symptom)
