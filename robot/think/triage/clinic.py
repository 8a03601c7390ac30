"""All of the symptom check in one place: findings, urgency, what to ask next, and the note for the clinician."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from dialogs.triage import Level, Triage
from robot.events import Language
from robot.think.triage.case import Case
from robot.think.triage.differential import LEVELS, Candidate, Differential, Sex
from robot.think.triage.findings import Finding, FindingReader
from robot.think.triage.questions import QuestionChooser
from robot.think.triage.urgency import UrgencyJudge

_DELICATE = frozenset(
    "unprotected_sex substance_use toxic_exposure disordered_eating defiant_behaviour erection_trouble penis_discharge"
    " genital_sores infertility family_history overweight infant unvaccinated suicidal_thoughts confusion delusions"
    " mania hallucinations loss_of_consciousness memory_gap behaviour_change lethargy".split()
)
"""Not asked for aloud on a ward, where others hear, or nothing that one can tell of oneself. What is told counts."""
_WOMEN = "women"
_SETTLED = 0.02
"""A patient whose findings are known this well is asked no more."""


class Clinic:
    """Made once for the triage data of a dialogs folder."""

    def __init__(self, triage: Triage) -> None:
        self.triage = triage
        self._circumstances = frozenset(triage.regions["circumstances"])
        self._reader = FindingReader(triage.symptoms, self._circumstances)
        self._lifestyle = frozenset(key for key, symptom in triage.symptoms.items() if symptom.lifestyle)

    def read(self, text: str, language: Language) -> list[Finding]:
        """See `FindingReader.read`."""
        return self._reader.read(text, language)

    def is_complaint(self, findings: Iterable[Finding]) -> bool:
        """Whether there is a symptom that is more than a habit or a circumstance."""
        idle = self._lifestyle | self._circumstances
        return any(finding.mode == "present" and finding.symptom not in idle for finding in findings)

    def harmless(self, findings: Sequence[Finding]) -> bool:
        """Whether a question about these findings may be answered from the knowledge base before anything is asked."""
        case = Case()
        case.add(findings)
        return LEVELS.index(self.level(case)) <= LEVELS.index("routine")

    def level(self, case: Case) -> Level:
        """How soon somebody should look, as far as the case was told."""
        return self._judge.level(case.present, case.absent)

    def question(self, case: Case, *, sex: Sex | None = None) -> str | None:
        """The symptom to ask for next, or None."""
        known = [*case.asked]
        if sex == "male":
            known += self.triage.regions[_WOMEN]
        return self._chooser.next(case.present, case.absent, known)

    def candidates(self, case: Case, *, age: float | None = None, sex: Sex | None = None) -> list[Candidate]:
        """The differential, best first, for the clinician only."""
        found = self._differential.candidates(case.present, case.absent, age=age, sex=sex)
        return [candidate for candidate in found if candidate.share >= _SETTLED and candidate.supporting]

    def name(self, symptom: str, language: Language) -> str:
        """What the clinician's page calls it."""
        found = self.triage.symptoms[symptom]
        return found.zh.name if language == "zh" else found.en.name

    def ask(self, symptom: str, language: Language) -> str:
        """The question whether a patient has it."""
        found = self.triage.symptoms[symptom]
        return found.zh.ask if language == "zh" else found.en.ask

    # Made when first needed: a patient who asks about salt needs none of it.

    @cached_property
    def _differential(self) -> Differential:
        return Differential(self.triage)

    @cached_property
    def _judge(self) -> UrgencyJudge:
        return UrgencyJudge(self.triage, self._differential)

    @cached_property
    def _chooser(self) -> QuestionChooser:
        return QuestionChooser(self.triage.symptoms, self._differential, _DELICATE | self._lifestyle)
