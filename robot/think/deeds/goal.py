"""A goal that the patient sets, a reminder, the way of speaking, and what was spoken about."""

from __future__ import annotations

import re

from robot.events import Adjust, DraftNote, Remind, Sensitive
from robot.think.deeds.deed import Done, Turn
from robot.think.phrasebook import Phrasebook
from robot.think.terms import terms

_LEAST_RECALLED = 0.4
"""Share of a goal's words that the patient's own telling must hold."""


class SetGoal:
    """Keeps the goal as a draft for the record: what, how often, how important and how sure."""

    def do(self, turn: Turn) -> Done:
        slots = turn.memory.position.slots
        told = [f"{name}: {slots[name]:g}" if isinstance(slots[name], float) else f"{name}: {slots[name]}"
                for name in ("topic", "goal", "times", "importance", "confidence") if name in slots]  # fmt: skip
        note = DraftNote("goal", Sensitive("; ".join(told)), (turn.words,), "routine")
        return Done((note,))


class TeachBack:
    """Whether the patient has said the goal in own words: at least so much of it."""

    def do(self, turn: Turn) -> Done:
        goal = str(turn.memory.position.slots.get("goal", ""))
        wanted = set(terms(goal, turn.language))
        told = set(terms(turn.words, turn.language))
        right = not wanted or len(wanted & told) >= _LEAST_RECALLED * len(wanted)
        return Done(then="recalled" if right else "not_recalled")


class SetReminder:
    """Says the goal again in the time that was asked for."""

    def __init__(self, phrases: Phrasebook) -> None:
        self._phrases = phrases

    def do(self, turn: Turn) -> Done:
        slots = turn.memory.position.slots
        moment = slots.get("moment")
        if not isinstance(moment, float):
            return Done()
        about = {"goal": str(slots.get("goal", ""))}
        return Done((Remind(moment, self._phrases.sentence("reminder", turn.language, about)),))


class AdjustVoice:
    """Slower, faster, louder, softer: as the move's `set` says (`pace`, `volume`: factors)."""

    def do(self, turn: Turn) -> Done:
        wanted = turn.move.set
        return Done((Adjust(float(wanted.get("pace", "1")), float(wanted.get("volume", "1"))),))


class Summarize:
    """At the end: what was spoken about."""

    def __init__(self, phrases: Phrasebook) -> None:
        self._phrases = phrases

    def do(self, turn: Turn) -> Done:
        memory = turn.memory
        joint, end = ("、", "和") if turn.language == "zh" else (", ", " and ")
        topics = [topic if turn.language == "zh" else topic[:1].lower() + topic[1:] for topic in memory.topics[-3:]]
        topics = [re.sub(r"^(?:the|a|an) ", "", topic) for topic in topics]
        if not topics:
            return Done(then="farewell")
        listed = topics[0] if len(topics) == 1 else joint.join(topics[:-1]) + end + topics[-1]
        return Done((self._phrases.say(["we_spoke_about"], turn.language, {"topics": listed}),), then="farewell")
