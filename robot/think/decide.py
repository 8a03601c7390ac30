"""The dialog machine: one event in, one decision out, nothing done.

text ──red-flag screen──┐                                  ┌─ Say (phrases)
text ──understanding────┼─► intent ─► chart (flows) ─► move┼─ Answer (evidence)
call events, time-outs ─┘                                  ├─ CallNurse
                                                           └─ End
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from dialogs.loader import Dialogs
from robot.events import (
    Action,
    Answer,
    ButtonPressed,
    CallAcknowledged,
    CallDelivered,
    CallFailed,
    CallNurse,
    CallUnanswered,
    Decision,
    DialogEvent,
    Effect,
    EmergencyCleared,
    End,
    Fault,
    Language,
    Opened,
    Say,
    Sensitive,
    Sentence,
    SpeechStarted,
    Spoken,
    TimedOut,
    Transcript,
    Urgency,
)
from robot.stages import Retriever
from robot.think.chart import RED_FLAG, TIMED_OUT, Chart, Position
from robot.think.expand import look_up
from robot.think.screen import RedFlag
from robot.think.understand import Understanding, is_question, language_of

_EVENT_INTENTS = {
    CallDelivered: "call_delivered",
    CallFailed: "call_failed",
    CallAcknowledged: "call_acknowledged",
    CallUnanswered: "call_unanswered",
    EmergencyCleared: "emergency_cleared",
    ButtonPressed: "nurse",
    TimedOut: TIMED_OUT,
}
_ESCALATION: dict[str, str] = {"nurse": "charge_nurse", "charge_nurse": "emergency_team"}
_CLOSE = 0.9
"""Passages that score less than this share of the best one answer another question: a model would mix them up."""
_REMEMBERED = 6
"""Turns of history that a generator is shown."""


class Screen(Protocol):
    """What finds red flags; see `robot.think.screen`."""

    def screen(self, text: str, language: Language) -> tuple[RedFlag, ...]: ...


class DialogMachine:
    """The `Decider` of a conversation.

    `hazards` are those of the patient (`robot.records.patient`): a passage that must not be said under one of them is
    never offered as evidence. An emergency is latched: only `EmergencyCleared` leads out.
    """

    def __init__(
        self,
        dialogs: Dialogs,
        chart: Chart,
        understanding: Understanding,
        screen: Screen,
        retriever: Retriever,
        *,
        hazards: frozenset[str] = frozenset(),
        language: Language = "en",
        session: str = "visit",
        start: str | None = None,
    ) -> None:
        self._dialogs = dialogs
        self._chart = chart
        self._understanding = understanding
        self._screen = screen
        self._retriever = retriever
        self._hazards = hazards
        self._position = Position(start or chart.start)
        self._session = session
        self._calls: dict[str, CallNurse] = {}
        self._raised: set[str] = set()
        """Red flags of the emergency that is going on."""
        self._raised_by_partial = False
        """The utterance that is being spoken has raised its flags already."""
        self._last: tuple[Sentence, ...] = ()
        self._history: list[tuple[str, Sensitive]] = []
        self.language: Language = language
        self.slots: dict[str, str] = {}

    @property
    def state(self) -> str:
        return str(self._position.state)

    @property
    def emergency(self) -> bool:
        """True from a red flag until staff clear it."""
        return self.state in self._chart.latched

    def decide(self, event: DialogEvent) -> Decision | None:
        if isinstance(event, Transcript):
            return self._decide_words(event)
        if isinstance(event, SpeechStarted):
            self._raised_by_partial = False  # what an earlier utterance raised is no excuse to stay silent on this one
            return None
        if isinstance(event, Opened):
            return self._decision("opened", "ask", [self._say(self._entering())])
        if isinstance(event, Fault):
            self._raised_by_partial = False  # no final will come of an utterance that was lost
            return self._decision("fault", "handover", [self._say([event.phrase])])
        call = self._calls.get(getattr(event, "request_id", ""))
        of_call = isinstance(event, CallDelivered | CallFailed | CallAcknowledged | CallUnanswered)
        if of_call and (call is None or (self.emergency and call.urgency == "routine")):
            return None  # what becomes of a call made before says nothing of the emergency's
        if isinstance(event, EmergencyCleared) and not self.emergency:
            return None
        return self._move(_EVENT_INTENTS[type(event)], Sensitive(""), call=call)

    def heard(self, spoken: Sequence[Spoken]) -> None:
        said = [entry for entry in spoken if entry.heard]
        if not said:
            return
        self._history.append(("robot", Sensitive(" ".join(entry.heard for entry in said))))
        del self._history[:-_REMEMBERED]
        self._last = tuple(entry.sentence for entry in spoken)

    def draft(self, text: Sensitive) -> Answer | None:
        """What a generator would be asked if the patient said `text` and no more; evidence is still to be found.

        Empty words stand for a turn that has not begun. None in an emergency: nothing is answered then.
        """
        if self.emergency:
            return None
        return Answer(text, (), language_of(text, self.language), tuple(self._history))

    def look_up(self, text: Sensitive) -> Callable[[], object]:
        question, history, language = text, tuple(self._history), language_of(text, self.language)
        return lambda: look_up(self._retriever, question, history, language)

    # ---- words ----

    def _decide_words(self, transcript: Transcript) -> Decision | None:
        text = transcript.text
        language = language_of(text, self.language)
        flags = self._screen.screen(text, language) if text else ()
        new = [flag for flag in flags if flag.id not in self._raised]
        if not transcript.final:
            if not new:
                return None
            self._raised_by_partial = True
            return self._red_flag(new, text, interrupts=True)
        by_partial, self._raised_by_partial = self._raised_by_partial, False
        if new:
            return self._red_flag(new, text, interrupts=False)
        if by_partial and flags:
            # The rest of a sentence whose beginning raised the alarm: it was answered already.
            return self._decision(RED_FLAG, "escalate", [], flags=[flag.id for flag in flags])
        self._history.append(("patient", text))
        self.language = language
        decision = self._move(self._intent(text), text) or self._move("unclear", text)
        if decision is not None and flags:  # said again: the call is under way, but it is still an alarm
            return replace(decision, intent=RED_FLAG, red_flags=tuple(flag.id for flag in flags))
        return decision

    def _intent(self, text: str) -> str:
        if not text.strip():
            return "not_heard"
        known = self._understanding.intent(text, self.language)
        if known is not None:
            return known
        if is_question(text) or look_up(self._retriever, text, self._history[:-1], self.language):
            return "question"
        return "unclear"

    def _red_flag(self, flags: Sequence[RedFlag], words: Sensitive, *, interrupts: bool) -> Decision:
        """Stop the topic, call a person, stay. The nurse gets the patient's own words."""
        names = [flag.id for flag in flags]
        self.language = language_of(words, self.language)
        self._raised.update(names)
        urgency: Urgency = "emergency" if any(flag.urgency == "emergency" for flag in flags) else "urgent"
        before = self.state
        self._chart.take(self._position, RED_FLAG)
        call = self._call(names[0], words, urgency)
        phrases = self._entering() if self.state != before else []
        effects: list[Effect] = [call, *([self._say(phrases)] if phrases else [])]
        return self._decision(RED_FLAG, "escalate", effects, urgency=urgency, flags=names, interrupts=interrupts)

    # ---- moves ----

    def _move(self, intent: str, text: Sensitive, call: CallNurse | None = None) -> Decision | None:
        before = self.state
        move = self._chart.take(self._position, intent)
        if move is None:
            return None
        if intent == "emergency_cleared":
            self._raised.clear()
            self._calls = {key: known for key, known in self._calls.items() if known.urgency == "routine"}
        self.slots.update(move.set)
        if (language := move.set.get("language")) in ("en", "zh"):
            self.language = "zh" if language == "zh" else "en"
        urgency: Urgency = "emergency" if self.emergency else "routine"
        phrases = list(move.say)
        action: Action = move.action
        effects: list[Effect] = []
        if move.do == "answer":
            answered = self._answer(text)
            effects += answered
            action = "answer" if isinstance(answered[0], Answer) else "abstain"
        elif move.do == "repeat":
            effects.append(Say(self._last) if self._last else self._say(["nothing_to_repeat"]))
        elif move.do == "call_nurse":
            raised = self._escalated(call) if call else self._call("patient_asks", text, urgency)
            if raised is None:
                phrases.clear()  # they would say that somebody further is being called
            else:
                effects.append(raised)
        if move.to is not None and self.state != before:
            phrases += self._entering()
        if phrases:
            effects.append(self._say(phrases))
        if move.do == "end":
            effects.append(End())
        return self._decision(intent, action, effects)

    def _answer(self, question: Sensitive) -> list[Effect]:
        hits = look_up(self._retriever, question, self._history[:-1], self.language)
        found = [passage for passage, score in hits if score >= _CLOSE * hits[0][1]]
        allowed = tuple(passage for passage in found if not passage.never_if & self._hazards)
        if not found:
            return [self._say(["nothing_known"])]
        if not allowed or allowed[0] is not found[0]:
            # The second-best passage answers another question than the one that was asked.
            return [self._say(["answer_not_for_you"])]
        return [Answer(question, allowed, self.language, tuple(self._history[:-1]))]

    def _call(self, reason: str, words: Sensitive, urgency: Urgency) -> CallNurse:
        level = urgency if urgency in ("emergency", "urgent") else "routine"
        call = CallNurse(f"{self._session}-{len(self._calls) + 1}", level, reason, words)
        self._calls[call.request_id] = call
        return call

    def _escalated(self, call: CallNurse) -> CallNurse | None:
        """The same call to the next person up; None when the emergency team has it already."""
        level = _ESCALATION.get(call.escalation)
        if level is None:
            return None
        request_id = f"{call.request_id}-{level.replace('_', '-')}"
        raised = CallNurse(request_id, call.urgency, call.reason, call.words, level)  # type: ignore[arg-type]
        self._calls[raised.request_id] = raised
        return raised

    # ---- what is said ----

    def _entering(self) -> list[str]:
        flow, _, state = self.state.partition(".")
        return list(self._dialogs.flows[flow].states[state].say)

    def _say(self, phrases: Sequence[str]) -> Say:
        return Say(tuple(self._phrase(key) for key in phrases))

    def _phrase(self, key: str) -> Sentence:
        phrase = self._dialogs.phrases.phrases[key]
        text = phrase.zh if self.language == "zh" else phrase.en
        return Sentence(text, self.language, key, "phrase", phrase.interruptible)

    def _decision(
        self,
        intent: str,
        action: Action,
        effects: Sequence[Effect],
        *,
        urgency: Urgency | None = None,
        flags: Sequence[str] = (),
        interrupts: bool = False,
    ) -> Decision:
        flow, _, state = self.state.partition(".")
        return Decision(
            intent=intent,
            state=self.state,
            action=action,
            effects=tuple(effects),
            urgency=urgency or ("emergency" if self.emergency else None),
            red_flags=tuple(flags),
            language=self.language,
            interrupts=interrupts,
            timeout_s=self._dialogs.flows[flow].states[state].timeout.seconds,
        )
