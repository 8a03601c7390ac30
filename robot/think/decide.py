"""The dialog machine: one event in, one decision out, nothing done.

text ──red-flag screen──┐                                 ┌─ Say, Answer
text ──interpreter──────┼─► intent ─► chart (flows) ─► move ─► deed ─┼─ CallNurse, DraftNote, Remind, Adjust
call events, time-outs ─┘                                 └─ End
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from dialogs.loader import Dialogs
from dialogs.model import Move, Slot
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
    DraftNote,
    Effect,
    EmergencyCleared,
    End,
    Fault,
    Language,
    Message,
    MessageWaiting,
    Opened,
    ReminderDue,
    Say,
    Sensitive,
    Sentence,
    SpeechStarted,
    Spoken,
    TimedOut,
    Transcript,
    Urgency,
    unnoted,
)
from robot.patient import Patient
from robot.stages import Retriever
from robot.think.calls import NurseCalls
from robot.think.chart import FILLED, RED_FLAG, TIMED_OUT, Chart, Position, Value
from robot.think.deeds.deed import Deed, Done, Turn
from robot.think.expand import look_up
from robot.think.interpret import Interpreter, Meaning
from robot.think.memory import Memory
from robot.think.mishearing import Mishearings
from robot.think.phrasebook import Phrasebook
from robot.think.screen import RedFlag
from robot.think.understand import language_of

_EVENT_INTENTS = {
    CallDelivered: "call_delivered",
    CallFailed: "call_failed",
    CallAcknowledged: "call_acknowledged",
    CallUnanswered: "call_unanswered",
    EmergencyCleared: "emergency_cleared",
    ButtonPressed: "nurse",
    TimedOut: TIMED_OUT,
}
_MISSES = ("unclear", "not_heard")
_MISSED = "missed"
"""The intent of the second miss in a row: asking a third time helps nobody."""
_UNSURE = ("unclear", "off_topic")
_SURE = (FILLED, "affirm", "deny", "repeat", "nurse")
_MAY_MEAN = (*_UNSURE, "guess", "question")
"""Of a complaint the symptom check asks what matters by itself."""
_CHECK_BACK, _CHECK_BACK_STATE = "check_back", "repair.check_back"
"""The robot asks back whether there is a red flag that it may have misheard."""
_MOST_MOVES = 4
"""Moves that one event may lead to: a deed can ask for a further one."""


class Screen(Protocol):
    """What finds red flags; see `robot.think.screen`."""

    def screen(self, text: str, language: Language) -> tuple[RedFlag, ...]: ...


class DialogMachine:
    """The `Decider` of a conversation.

    `hazards` are those of the patient (`robot.patient`): a passage that must not be said under one of them is
    never offered as evidence. An emergency is latched: only `EmergencyCleared` leads out. `keeps_notes`: drafts for the
    clinician are kept somewhere; they are made only then, and only for patients who did not refuse it.
    """

    def __init__(
        self,
        dialogs: Dialogs,
        chart: Chart,
        interpreter: Interpreter,
        screen: Screen,
        retriever: Retriever,
        *,
        deeds: Mapping[str, Deed],
        mishearings: Mishearings | None = None,
        patient: Patient | None = None,
        hazards: frozenset[str] = frozenset(),
        language: Language = "en",
        keeps_notes: bool = False,
        session: str = "visit",
        start: str | None = None,
        wall: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._dialogs = dialogs
        self._chart = chart
        self._interpreter = interpreter
        self._screen = screen
        self._retriever = retriever
        self._deeds = deeds
        self._phrases = Phrasebook(dialogs.phrases)
        self._keeps_notes = keeps_notes
        self._mishearings = mishearings
        self._calls = NurseCalls(session)
        self._raised: set[str] = set()
        """Red flags of the emergency that is going on."""
        self._raised_by_partial = False
        """The utterance that is being spoken has raised its flags already."""
        patient = patient or Patient()
        position = Position(start or chart.start, hazards)
        for kind in ("diet", "mobility"):
            position.slots[f"{kind}_order"] = "known" if getattr(patient.orders, kind) else "unknown"
        self._memory = Memory(position, language, patient, wall)

    @property
    def state(self) -> str:
        return self._memory.state

    @property
    def language(self) -> Language:
        """The language that is being spoken."""
        return self._memory.language

    @property
    def slots(self) -> Mapping[str, Value]:
        """What was asked for and remembered."""
        return self._memory.position.slots

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
        if isinstance(event, ReminderDue):
            return None if self.emergency else self._decision("reminder", "answer", [Say((event.sentence,))])
        if isinstance(event, MessageWaiting):
            return self._offer(event.message)
        call = self._calls.known(getattr(event, "request_id", ""))
        of_call = isinstance(event, CallDelivered | CallFailed | CallAcknowledged | CallUnanswered)
        if of_call and (call is None or (self.emergency and call.urgency == "routine")):
            return None  # what becomes of a call made before says nothing of the emergency's
        if isinstance(event, EmergencyCleared) and not self.emergency:
            return None
        return self._move(Meaning(_EVENT_INTENTS[type(event)]), Sensitive(""), call=call)

    def _offer(self, message: Message) -> Decision | None:
        """Ask whether what the team signed may be said aloud: once a visit, and not in the middle of something."""
        memory = self._memory
        if memory.message is not None or self.state != self._dialogs.everywhere.menu:
            return None
        memory.message = message
        return self._move(Meaning("message_waiting"), Sensitive(""))

    def heard(self, spoken: Sequence[Spoken]) -> None:
        self._memory.heard(spoken)

    def draft(self, text: Sensitive) -> Answer | None:
        """What a generator would be asked if the patient said `text` and no more; evidence is still to be found.

        Empty words stand for a turn that has not begun. None in an emergency: nothing is answered then.
        """
        if self.emergency:
            return None
        return Answer(text, (), language_of(text, self.language), tuple(self._memory.history))

    def look_up(self, text: Sensitive) -> Callable[[], object]:
        history, language = tuple(self._memory.history), language_of(text, self.language)

        def search() -> None:
            self._interpreter.prepare(text)
            if self._mishearings is not None:
                self._mishearings.prepare(text)
            if text:
                look_up(self._retriever, text, history, language)

        return search

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
        self._memory.history.append(("patient", text))
        self._memory.language = language
        meaning = self._meaning(text)
        if (decision := self._check_back(meaning, transcript)) is not None:
            return decision
        meaning = self._counted(meaning)
        decision = self._move(meaning, text) or self._move(Meaning("unclear"), text)
        if decision is not None and flags:  # said again: the call is under way, but it is still an alarm
            return replace(decision, intent=RED_FLAG, red_flags=tuple(flag.id for flag in flags))
        return decision

    @property
    def _slot(self) -> Slot | None:
        """What the state asks for."""
        flow, _, state = self.state.partition(".")
        return self._dialogs.flows[flow].states[state].slot

    def _meaning(self, text: Sensitive) -> Meaning:
        memory = self._memory
        slot = self._slot
        meaning = self._interpreter.read(
            text,
            memory.language,
            slot,
            memory.wall().replace(tzinfo=None),
            lambda: look_up(self._retriever, text, memory.before, memory.language),
        )
        slots = memory.position.slots
        if meaning.intent == FILLED and slot is not None and meaning.value is not None:
            slots[slot.name] = meaning.value
        if meaning.guessed is not None:
            label = self._dialogs.intents.intents[meaning.guessed].label
            slots |= {"guessed": meaning.guessed, "guess": getattr(label, memory.language)}
        return meaning

    def _check_back(self, meaning: Meaning, transcript: Transcript) -> Decision | None:
        """The alarm that the patient has just confirmed, or the question whether there is one."""
        memory = self._memory
        suspected = memory.suspected if self.state == _CHECK_BACK_STATE else None
        if suspected is not None and meaning.intent == "affirm":
            return self._red_flag([suspected[0]], Sensitive(f"{suspected[1]} … {transcript.text}"), interrupts=False)
        if suspected is not None and meaning.intent == "deny":
            memory.denied.add(suspected[0].id)
        if suspected is not None or self._mishearings is None or self.emergency or meaning.intent in _SURE:
            return None
        found = self._mishearings.among(transcript.alternatives, self.language)
        if found is None and meaning.intent in _UNSURE:
            found = self._mishearings.near(transcript.text, self.language)
        if found is None and meaning.intent in _MAY_MEAN and self._slot is None:
            found = self._mishearings.meant(transcript.text, meaning.intent)
        if found is None or found.id in memory.denied:
            return None
        decision = self._move(Meaning(_CHECK_BACK), transcript.text)
        if decision is None:
            return None
        memory.suspected = (found, transcript.text)
        question = self._mishearings.question(found.id, self.language)
        asked = Say((Sentence(question, self.language, f"check_back.{found.id}", "phrase"),))
        return replace(decision, effects=(*decision.effects, asked))

    def _counted(self, meaning: Meaning) -> Meaning:
        """`meaning`, or that nothing was understood twice in a row."""
        memory = self._memory
        memory.misses = memory.misses + 1 if meaning.intent in _MISSES else 0
        return Meaning(_MISSED) if memory.misses > 1 and not self.emergency else meaning

    def _red_flag(self, flags: Sequence[RedFlag], words: Sensitive, *, interrupts: bool) -> Decision:
        """Stop the topic, call a person, stay. The nurse gets the patient's own words."""
        names = [flag.id for flag in flags]
        self._memory.language = language_of(words, self.language)
        self._raised.update(names)
        urgency: Urgency = "emergency" if any(flag.urgency == "emergency" for flag in flags) else "urgent"
        before = self.state
        self._chart.take(self._memory.position, RED_FLAG)
        call = self._calls.new(names[0], words, urgency)
        phrases = self._entering() if self.state != before else []
        effects: list[Effect] = [call, *([self._say(phrases)] if phrases else [])]
        effects = [*effects, *self._left(before, words)]
        return self._decision(
            RED_FLAG, "escalate", self._kept(effects), urgency=urgency, flags=names, interrupts=interrupts
        )

    # ---- moves ----

    def _move(self, meaning: Meaning, text: Sensitive, call: CallNurse | None = None) -> Decision | None:
        """The move for `meaning`, and those that its deed asks for."""
        effects: list[Effect] = []
        action: Action | None = None
        urgency: Urgency | None = None
        intent: str | None = meaning.intent
        began = self.state
        for _ in range(_MOST_MOVES):
            if intent is None:
                break
            before = self.state
            move = self._chart.take(self._memory.position, intent)
            if move is None:
                if action is None:
                    return None
                break
            if intent == "emergency_cleared":
                self._raised.clear()
                self._calls.end_emergency()
            self._remember(move)
            done = self._do(move, text, meaning, call, urgency)
            effects += [*done.effects, *self._spoken(move, done, before)]
            if move.do == "end":
                effects.append(End())
            action = done.action or (move.action if action is None or move.action != "ask" else action)
            urgency = done.urgency or urgency
            intent = done.then
        assert action is not None
        effects += self._left(began, text)
        return self._decision(meaning.intent, action, self._kept(effects), urgency=urgency)

    def _left(self, began: str, text: Sensitive) -> list[Effect]:
        """What the flow of the state `began` leaves behind when another one has taken over."""
        flow, move = began.partition(".")[0], self._memory.position.taken
        leaving = self._dialogs.flows[flow].leaving
        if leaving is None or move is None or self.state.startswith(f"{flow}."):
            return []
        return list(self._deeds[leaving].do(Turn(move, text, Meaning(move.intent), self._memory)).effects)

    def _kept(self, effects: Sequence[Effect]) -> Sequence[Effect]:
        """Without notes, and without saying that there are any, where none may be kept."""
        if self._keeps_notes and self.slots.get("consent") != "refused":
            return effects
        return unnoted(effect for effect in effects if not isinstance(effect, DraftNote))

    def _do(
        self, move: Move, text: Sensitive, meaning: Meaning, call: CallNurse | None, urgency: Urgency | None
    ) -> Done:
        if move.do == "call_nurse":
            level: Urgency = "emergency" if self.emergency else urgency or "routine"
            raised = self._calls.raised(call) if call else self._calls.new(move.reason or "patient_asks", text, level)
            # Without anybody further to be called the phrases would say that somebody is.
            return Done((raised,)) if raised is not None else Done(silent=True)
        if move.do == "repeat":
            last = self._memory.last
            return Done((Say(last) if last else self._say(["nothing_to_repeat"]),))
        deed = self._deeds.get(move.do)
        return deed.do(Turn(move, text, meaning, self._memory)) if deed is not None else Done()

    def _remember(self, move: Move) -> None:
        self._memory.position.slots.update(move.set)
        language = move.set.get("language")
        if language in ("en", "zh"):
            self._memory.language = "zh" if language == "zh" else "en"

    def _spoken(self, move: Move, done: Done, before: str) -> list[Effect]:
        phrases = [] if done.silent else list(move.say)
        if move.to is not None and self.state != before:
            phrases += self._entering()
        return [self._say(phrases)] if phrases else []

    # ---- what is said ----

    def _entering(self) -> list[str]:
        flow, _, state = self.state.partition(".")
        return list(self._dialogs.flows[flow].states[state].say)

    def _say(self, phrases: Sequence[str]) -> Say:
        return self._phrases.say(phrases, self.language, self._memory.position.slots)

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
            urgency="emergency" if self.emergency and urgency is None else urgency,
            red_flags=tuple(flags),
            language=self.language,
            interrupts=interrupts,
            timeout_s=self._dialogs.flows[flow].states[state].timeout.seconds,
        )
