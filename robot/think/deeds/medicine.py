"""What may be said about a medicine by its label; a question about doses or changes goes to the clinician as a
draft."""

from __future__ import annotations

from robot.events import NOTED, DraftNote, Effect, Sensitive
from robot.think.deeds.answer import answered
from robot.think.deeds.deed import Done, Turn
from robot.think.pharmacy import Pharmacy
from robot.think.phrasebook import Phrasebook


class TellMedicine:
    """The label's sentences for what was asked; first of all an allergy of the record."""

    def __init__(self, phrases: Phrasebook, pharmacy: Pharmacy) -> None:
        self._phrases = phrases
        self._pharmacy = pharmacy

    def do(self, turn: Turn) -> Done:
        medicine = turn.meaning.medicine or self._pharmacy.named(turn.words, turn.language)
        if medicine is None:
            return Done((self._phrases.say(["medicine_not_known"], turn.language),), action="abstain")
        if self._pharmacy.allergic(medicine, turn.memory.patient.allergies):
            warning = self._phrases.say(["medicine_allergy", NOTED], turn.language, {"medicine": medicine.name})
            note = DraftNote("medicine", Sensitive(f"{medicine.name}: allergy on record"), (turn.words,), "urgent")
            return Done((note, warning), action="handover", urgency="urgent")
        passage = self._pharmacy.about(medicine, turn.words, turn.language)
        return answered(turn, self._phrases, turn.words, (passage,))


class AskClinician:
    """A question that only a clinician may answer is noted down for one."""

    def __init__(self, pharmacy: Pharmacy) -> None:
        self._pharmacy = pharmacy

    def do(self, turn: Turn) -> Done:
        medicine = turn.meaning.medicine or self._pharmacy.named(turn.words, turn.language)
        effects: tuple[Effect, ...] = (
            DraftNote("medicine", Sensitive(medicine.name if medicine else ""), (turn.words,), "routine"),
        )
        return Done(effects, action="refuse")
