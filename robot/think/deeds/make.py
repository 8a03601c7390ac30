"""All deeds by the names that the flows use."""

from __future__ import annotations

from collections.abc import Mapping

from robot.events import Language, Passage
from robot.think.deeds.answer import Advise, AnswerQuestion, Simplify
from robot.think.deeds.deed import Deed
from robot.think.deeds.goal import AdjustVoice, SetGoal, SetReminder, Summarize, TeachBack
from robot.think.deeds.guess import ConfirmGuess
from robot.think.deeds.medicine import AskClinician, TellMedicine
from robot.think.deeds.message import TellMessage
from robot.think.deeds.symptom import CheckSymptom, NoteSymptoms
from robot.think.pharmacy import Pharmacy
from robot.think.phrasebook import Phrasebook
from robot.think.triage.clinic import Clinic


def make_deeds(
    phrases: Phrasebook, clinic: Clinic, pharmacy: Pharmacy, passages: Mapping[tuple[str, Language], Passage]
) -> dict[str, Deed]:
    """Shared by all conversations: what they remember is in their memory. `passages` are found by id and language."""
    check = CheckSymptom(clinic)
    return {
        "answer": AnswerQuestion(phrases, clinic),
        "advise": Advise(phrases, passages),
        "simplify": Simplify(phrases),
        "confirm_guess": ConfirmGuess(),
        "check_symptom": check,
        "note_symptoms": NoteSymptoms(clinic, check),
        "tell_medicine": TellMedicine(phrases, pharmacy),
        "ask_clinician": AskClinician(pharmacy),
        "set_goal": SetGoal(),
        "teach_back": TeachBack(),
        "remind": SetReminder(phrases),
        "adjust": AdjustVoice(),
        "summarize": Summarize(phrases),
        "tell_message": TellMessage(),
    }
