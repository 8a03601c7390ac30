"""Answers from the knowledge base: what was asked (`answer`), what fits (`advise`), the last answer in simple words."""

from __future__ import annotations

from collections.abc import Mapping

from robot.events import Answer, Language, Passage, Sensitive
from robot.think.deeds.deed import Done, Turn
from robot.think.phrasebook import Phrasebook
from robot.think.triage.case import Case
from robot.think.triage.clinic import Clinic

_CLOSE = 0.9
"""Passages that score less than this share of the best one answer another question: a model would mix them up."""
_SIMPLY: dict[Language, str] = {"en": "in simple words please {q}", "zh": "请用简单的话说，{q}"}


class AnswerQuestion:
    """The best passages for the patient's words, or that there are none, or none for this patient."""

    def __init__(self, phrases: Phrasebook, clinic: Clinic) -> None:
        self._phrases = phrases
        self._clinic = clinic

    def do(self, turn: Turn) -> Done:
        hits = turn.meaning.hits
        found = [passage for passage, score in hits if score >= _CLOSE * hits[0][1]]
        if not found:
            return Done((self._phrases.say(["nothing_known"], turn.language),), action="abstain")
        urgency = None
        if self._clinic.is_complaint(turn.meaning.findings):
            case = Case()
            case.add(turn.meaning.findings)
            urgency = self._clinic.level(case)
        return answered(turn, self._phrases, turn.words, tuple(found), urgency)


class Advise:
    """The first of the move's passages that the patient's orders allow."""

    def __init__(self, phrases: Phrasebook, passages: Mapping[tuple[str, Language], Passage]) -> None:
        self._phrases = phrases
        self._passages = passages

    def do(self, turn: Turn) -> Done:
        found = [self._passages[identity, turn.language] for identity in turn.move.passages]
        allowed = [passage for passage in found if not passage.never_if & turn.memory.position.hazards]
        if not allowed:
            return Done((self._phrases.say(["answer_not_for_you"], turn.language),), action="abstain")
        return answered(turn, self._phrases, Sensitive(allowed[0].title), (allowed[0],))


class Simplify:
    """The last answer once more, in simple words."""

    def __init__(self, phrases: Phrasebook) -> None:
        self._phrases = phrases

    def do(self, turn: Turn) -> Done:
        last = turn.memory.answered
        if last is None:
            return Done((self._phrases.say(["nothing_to_repeat"], turn.language),))
        question = Sensitive(_SIMPLY[last.language].replace("{q}", last.question))
        return Done((Answer(question, last.evidence[:1], last.language, last.history),), action="answer")


def answered(
    turn: Turn,
    phrases: Phrasebook,
    question: Sensitive,
    found: tuple[Passage, ...],
    urgency: str | None = None,
) -> Done:
    """An answer from `found`, best first, where the patient may hear the best of them."""
    memory = turn.memory
    allowed = tuple(passage for passage in found if not passage.never_if & memory.position.hazards)
    if not allowed or allowed[0] is not found[0]:
        # The second-best passage answers another question than the one that was asked.
        return Done((phrases.say(["answer_not_for_you"], turn.language),), action="abstain")
    answer = Answer(question, allowed, turn.language, memory.before)
    memory.answered = answer
    if allowed[0].title not in memory.topics:
        memory.topics.append(allowed[0].title)
    return Done((answer,), action="answer", urgency=urgency)  # type: ignore[arg-type]
