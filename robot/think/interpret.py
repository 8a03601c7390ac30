"""From words to what they mean in this place: commands, answers to what was asked, complaints, questions.

In this order: a command ("stop", "nurse") holds everywhere; a state that asks for something reads the answer; what the
patterns of `intents.yaml` know; what is declined; a complaint; a medicine; a question; and what is only like an intent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from dialogs.model import Slot
from robot.events import Language, Passage
from robot.think.chart import FILLED, Value
from robot.think.decline import CERTAIN, RequestFilter
from robot.think.guess import Guesser
from robot.think.pharmacy import Medicine, Pharmacy
from robot.think.slots import read_slot
from robot.think.triage.clinic import Clinic
from robot.think.triage.findings import Finding
from robot.think.understand import Understanding, is_question

_PERSONAL = re.compile(
    r"\b(?:i|i'm|i've|im|ive|my|me|he|she|his|her|our|baby|son|daughter|husband|wife|mother|father|patient|"
    r"year[- ]old|years old)\b"
    r"|我|他|她|孩子|宝宝|患者|病人|岁"
)

_WISH = re.compile(r"\b(?:want|will|would like|going to|plan|try|goal)\b|想|打算|计划|要")

Hits = list[tuple[Passage, float]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words mean: an intent, and what came with it.

    value      of the slot that was asked for (`filled`)
    findings   symptoms that the words speak of
    medicine   that they name
    hits       passages that answer them
    guessed    the intent that they are only like (`guess`)
    """

    intent: str
    value: Value | None = None
    findings: tuple[Finding, ...] = ()
    medicine: Medicine | None = None
    hits: Hits = field(default_factory=list)
    guessed: str | None = None


class Interpreter:
    """Understands words for the dialog machine; shared by all conversations."""

    def __init__(
        self,
        understanding: Understanding,
        clinic: Clinic,
        pharmacy: Pharmacy,
        *,
        requests: RequestFilter | None = None,
        guesser: Guesser | None = None,
        commands: Collection[str] = (),
    ) -> None:
        self._understanding = understanding
        self._clinic = clinic
        self._pharmacy = pharmacy
        self._requests = requests
        self._guesser = guesser
        self._commands = frozenset(commands)

    def read(
        self, text: str, language: Language, slot: Slot | None, now: datetime, look_up: Callable[[], Hits]
    ) -> Meaning:
        """What `text` means where `slot` is being asked for; `look_up` searches the knowledge base for it."""
        if not text.strip():
            return Meaning("not_heard")
        known = self._understanding.intent(text, language)
        findings = tuple(self._clinic.read(text, language))
        if known in self._commands:
            return Meaning(str(known), findings=findings)
        complaint = self._complains(text, findings)
        declined = known == "deny" and slot is not None and slot.kind == "text"  # "never mind" is no goal
        if slot is not None and not declined and not _speaks_of_else(slot, text, complaint):
            value = read_slot(slot, text, language, now)
            if value is not None:
                return Meaning(FILLED, value, findings)
        medicine = self._pharmacy.named(text, language)
        if known is not None:
            return Meaning(known, findings=findings, medicine=medicine)
        refusal = self._requests.check(text) if self._requests else None
        if refusal is not None and (not complaint or refusal.probability >= CERTAIN):
            return Meaning(f"decline_{refusal.say}", findings=findings)
        if medicine is not None and (is_question(text) or not complaint):
            return Meaning("medicine", findings=findings, medicine=medicine)
        if slot is not None and not is_question(text):
            look_up = list  # an answer that did not fit shares words with some passage, and asks for none
        return self._open(text, language, findings, complaint, look_up)

    def prepare(self, text: str) -> None:
        """Compute beforehand, in any thread, what `read` needs most time for; empty text: what it needs once."""
        if self._guesser is not None and not text.strip():
            self._guesser.warm()
        if self._requests is not None and text.strip():
            self._requests.check(text)
        elif self._requests is not None:
            self._requests.warm()

    def _open(
        self, text: str, language: Language, findings: tuple[Finding, ...], complaint: bool, look_up: Callable[[], Hits]
    ) -> Meaning:
        """A complaint or a question; of one that is both, the complaint where it may be something."""
        asks = is_question(text)
        hits = look_up() if asks or not complaint else []
        if complaint and not (asks and hits and self._clinic.harmless(findings)):
            return Meaning("complaint", findings=findings)
        if hits or asks:
            return Meaning("question", findings=findings, hits=hits)
        guess = self._guesser.guess(text, language) if self._guesser else None
        if guess is None:
            return Meaning("unclear", findings=findings)
        return Meaning(guess.intent) if guess.sure else Meaning("guess", guessed=guess.intent)

    def _complains(self, text: str, findings: tuple[Finding, ...]) -> bool:
        """Whether the words tell of a symptom that somebody has now."""
        if not self._clinic.is_complaint(findings):
            return False
        return not is_question(text) or bool(_PERSONAL.search(text.lower()))


def _speaks_of_else(slot: Slot, text: str, complaint: bool) -> bool:
    """Whether the words are no answer though something in them could be taken for one: a question, a complaint."""
    if slot.kind in ("number", "text") and complaint and not _WISH.search(text.lower()):
        return True
    if slot.kind == "duration":
        return is_question(text) and "几" not in text  # 好几天了 is an answer, 一天吃多少盐 is none
    return slot.kind in ("number", "scale", "text", "moment") and is_question(text)
