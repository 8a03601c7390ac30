"""The symptom check: what is there, since when, how bad, getting better or worse; then the questions that tell most.

It ends with what to do and how soon, and with a note for the clinician: the patient's own words, what was found and not
found, and a differential with its evidence. The patient hears no diagnosis.
"""

from __future__ import annotations

from robot.events import DraftNote, Effect, Language, Say, Sensitive, Sentence
from robot.think.deeds.deed import Done, Turn
from robot.think.memory import Memory
from robot.think.slots import in_passing
from robot.think.triage.case import Case
from robot.think.triage.clinic import Clinic
from robot.think.triage.differential import LEVELS

_QUESTIONS = 4
"""Questions for single symptoms at most: patients tire, and a nurse asks better."""
_PAINS = ("pain", "ache", "hurt", "severe")
_SINCE, _SEVERITY, _COURSE, _ANSWER = "since", "severity", "course", "symptom_answer"
_ASKED_FIRST = {_SINCE: "ask_since", _SEVERITY: "ask_severity", _COURSE: "ask_course"}
_SEVERE = 8.0
_OFTEN = 3
"""Who complains of the same for this time was not helped by talk: somebody comes."""
_COURSES: dict[str, dict[Language, str]] = {
    "better": {"en": "getting better", "zh": "好转"},
    "same": {"en": "unchanged", "zh": "没变化"},
    "worse": {"en": "getting worse", "zh": "加重"},
}


class CheckSymptom:
    """Takes in what was said, and asks on or concludes."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic

    def do(self, turn: Turn) -> Done:
        memory = turn.memory
        if turn.meaning.intent == "complaint" and not memory.state.startswith("symptom."):
            memory.case = Case()
            for slot in (_SINCE, _SEVERITY, _COURSE, _ANSWER):
                memory.position.slots.pop(slot, None)
            self._told_unasked(turn)
        case = memory.case
        self._take_in(turn, case)
        level = self._clinic.level(case)
        if level == "emergency":
            return self._conclude(turn, case, "emergency")
        if self._told_again(turn):
            memory.told.clear()
            return self._conclude(turn, case, "urgent")
        for slot, intent in _ASKED_FIRST.items():
            if slot not in case.asked and slot not in memory.position.slots and self._worth_asking(slot, case):
                case.asked.append(slot)
                return Done(then=intent, action="ask", urgency=level)
        sex = memory.patient.sex
        symptom = self._clinic.question(case, sex=sex) if self._asked(case) < _QUESTIONS else None
        if symptom is None:
            return self._conclude(turn, case, level)
        case.asked.append(symptom)
        memory.position.slots.pop(_ANSWER, None)
        question = Sentence(self._clinic.ask(symptom, turn.language), turn.language, f"symptom.{symptom}", "phrase")
        return Done((Say((question,)),), then="ask_symptom", action="ask", urgency=level)

    def _told_again(self, turn: Turn) -> bool:
        """Whether a symptom is complained of for the third time; answers to questions do not count."""
        told = turn.memory.told
        if turn.meaning.intent != "complaint":
            return False
        told.update({finding.symptom for finding in turn.meaning.findings if finding.mode == "present"})
        return any(count >= _OFTEN for count in told.values())

    def _told_unasked(self, turn: Turn) -> None:
        """Who says "since yesterday" is not asked since when."""
        memory = turn.memory
        now = memory.wall().replace(tzinfo=None)
        for slot, value in zip((_SINCE, _SEVERITY), in_passing(turn.words, turn.language, now), strict=True):
            if value is not None:
                memory.position.slots[slot] = value

    def _take_in(self, turn: Turn, case: Case) -> None:
        slots = turn.memory.position.slots
        if turn.words:
            case.words.append(turn.words)
        answer = slots.pop(_ANSWER, None)
        if isinstance(answer, bool) and case.asked and case.asked[-1] in self._clinic.triage.symptoms:
            case.note(case.asked[-1], answer)
        case.add(turn.meaning.findings)
        severity = slots.get(_SEVERITY)
        if isinstance(severity, float) and severity >= _SEVERE:
            case.note("severe_pain", True)

    def _worth_asking(self, slot: str, case: Case) -> bool:
        return slot != _SEVERITY or any(any(word in symptom for word in _PAINS) for symptom in case.present)

    def _asked(self, case: Case) -> int:
        return sum(symptom in self._clinic.triage.symptoms for symptom in case.asked)

    def _conclude(self, turn: Turn, case: Case, level: str) -> Done:
        memory = turn.memory
        if memory.position.slots.get(_COURSE) == "worse" and level == "self_care":
            level = "routine"
        effects: tuple[Effect, ...] = (self.note(memory, case, level),)
        action = "escalate" if LEVELS.index(level) >= LEVELS.index("urgent") else "handover"
        return Done(effects, then=f"advise_{level}", action=action, urgency=level)  # type: ignore[arg-type]

    def note(self, memory: Memory, case: Case, level: str) -> DraftNote:
        """For the clinician: what was told, what was asked, and what could be behind it."""
        case.noted = True
        language = memory.language
        zh = language == "zh"
        slots, joint = memory.position.slots, "、" if zh else ", "
        lines = []
        if case.present:
            lines.append(
                ("有：" if zh else "Present: ") + joint.join(self._clinic.name(each, language) for each in case.present)
            )
        if case.absent:
            lines.append(
                ("无：" if zh else "Absent: ") + joint.join(self._clinic.name(each, language) for each in case.absent)
            )
        if isinstance(since := slots.get(_SINCE), float):
            lines.append(f"{'持续' if zh else 'For'} {since:.1f} {'天' if zh else 'days'}")
        if isinstance(severity := slots.get(_SEVERITY), float):
            lines.append(f"{'程度' if zh else 'Severity'} {severity:g}/10")
        if isinstance(course := slots.get(_COURSE), str) and course in _COURSES:
            lines.append(f"{'变化：' if zh else 'Course: '}{_COURSES[course][language]}")
        age = memory.patient.age
        candidates = self._clinic.candidates(case, age=None if age is None else float(age), sex=memory.patient.sex)
        for candidate in candidates:
            name = getattr(self._clinic.triage.conditions[candidate.condition], language).name
            why = joint.join(self._clinic.name(each, language) for each in candidate.supporting)
            against = joint.join(self._clinic.name(each, language) for each in candidate.against)
            lines.append(
                f"{'可能：' if zh else 'Consider: '}{name} ({candidate.share:.0%}) — {'支持：' if zh else 'for: '}{why}"
                + (f"; {'不支持：' if zh else 'against: '}{against}" if against else "")
            )
        return DraftNote(
            "symptoms",
            Sensitive("\n".join(lines)),
            tuple(case.words),
            level,  # type: ignore[arg-type]
            (*case.present, *(f"-{each}" for each in case.absent), *(f"?{each.condition}" for each in candidates)),
        )


class NoteSymptoms:
    """A complaint that the patient left before its end is not lost: the clinician gets what was told of it."""

    def __init__(self, clinic: Clinic, check: CheckSymptom) -> None:
        self._clinic = clinic
        self._check = check

    def do(self, turn: Turn) -> Done:
        case = turn.memory.case
        if case.noted or not case.present:
            return Done()
        return Done((self._check.note(turn.memory, case, self._clinic.level(case)),))
