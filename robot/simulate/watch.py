"""What the live view knows: plain state that the conversation's events keep right, and that widgets read."""

from __future__ import annotations

from collections import deque

from hardware.ports import Clock, Floor
from robot.events import (
    Blocked,
    ButtonPressed,
    CallAcknowledged,
    CallDelivered,
    CallFailed,
    CallNurse,
    CallUnanswered,
    Decision,
    EmergencyCleared,
    Event,
    Fault,
    FloorChanged,
    Interrupted,
    Opened,
    Sentence,
    SpeechConfirmed,
    SpeechDismissed,
    SpeechEnded,
    SpeechStarted,
    Spoken,
    TimedOut,
    Transcript,
    TurnTimed,
)
from robot.simulate.scenario import TurnRecord

NO_CALL = "no call"
_KEPT_LINES = 500


class Watch:
    """An observer. `turns` begins with the opening; what is said next is announced with `expect`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._origin: float | None = None
        self._announced: TurnRecord | None = None
        self._heard: dict[int, Spoken] = {}
        self.turns: list[TurnRecord] = [TurnRecord(0, "")]
        self.floor: Floor = "nobody"
        self.state = ""
        self.nurse = NO_CALL
        self.partial = ""
        """Words of the utterance that is being recognized."""
        self.last_timed: TurnTimed | None = None
        self.lines: deque[tuple[float, str]] = deque(maxlen=_KEPT_LINES)
        """(seconds since the opening, one event in words)"""
        self.lines_told = 0
        self.over = False

    def expect(self, said: str) -> TurnRecord:
        """The patient is about to say `said`: its turn begins when the robot hears a voice."""
        self._announced = TurnRecord(len(self.turns), said)
        return self._announced

    def begin(self, said: str) -> None:
        """The patient did something that needs no voice: its turn begins now."""
        self.expect(said)
        self._advance()

    @property
    def waiting(self) -> TurnRecord | None:
        """What was announced and has not been heard yet."""
        return self._announced

    def spoken(self, sentence: Sentence) -> Spoken | None:
        """What has been heard of `sentence`; None: nothing yet."""
        return self._heard.get(id(sentence))

    def note_spoken(self, saying: tuple[Spoken, ...]) -> None:
        """How far the reply has got that is being said (`Conversation.saying`)."""
        for spoken in saying:
            self._heard[id(spoken.sentence)] = spoken

    def __call__(self, event: Event) -> None:
        now = self._clock.now()
        self._origin = now if self._origin is None else self._origin
        if (line := in_words(event)) is not None:
            self.lines.append((now - self._origin, line))
            self.lines_told += 1
        if isinstance(event, SpeechConfirmed | Interrupted) or (isinstance(event, Transcript) and event.final):
            self._advance()
        self._keep(event)
        self.turns[-1].take(event)

    def _advance(self) -> None:
        if self._announced is not None:
            self.turns.append(self._announced)
            self._announced = None

    def _keep(self, event: Event) -> None:
        match event:
            case FloorChanged():
                self.floor = event.floor
            case SpeechStarted() | SpeechDismissed():
                self.partial = ""
            case Transcript():
                self.partial = "" if event.final else str(event.text)
            case Decision():
                self.state = event.state
                for effect in event.effects:
                    if isinstance(effect, CallNurse):
                        self.nurse = f"calling {effect.escalation.replace('_', ' ')}: {effect.reason}"
            case Spoken():
                self.note_spoken((event,))
            case Interrupted():
                self.note_spoken(event.heard)
            case TurnTimed():
                self.last_timed = event
            case _:
                self.nurse = _nurse_after(event) or self.nurse


def _nurse_after(event: Event) -> str | None:
    """What has become of the nurse call; None: `event` says nothing about it."""
    match event:
        case CallDelivered():
            return "delivered, not answered yet"
        case CallFailed():
            return "NOT DELIVERED"
        case CallUnanswered():
            return "nobody answered"
        case CallAcknowledged():
            return f"{event.by} is coming"
        case EmergencyCleared():
            return NO_CALL
        case _:
            return None


def in_words(event: Event) -> str | None:  # noqa: PLR0912 — one line for each event
    """`event` for the event log; None: not worth a line."""
    match event:
        case Opened():
            return "opened"
        case FloorChanged():
            return f"floor → {event.floor}"
        case SpeechStarted():
            return "voice?"
        case SpeechConfirmed():
            return "speech"
        case SpeechDismissed():
            return "no speech after all"
        case SpeechEnded():
            return "end of speech"
        case Transcript(final=True):
            return f"heard “{event.text}”" if event.text else "understood nothing"
        case Decision():
            flags = f" red flag {', '.join(event.red_flags)}" if event.red_flags else ""
            return f"{event.intent} → {event.state} ({event.action}){flags}"
        case Sentence():
            return f"says {event.topic} [{event.rung}]"
        case Blocked():
            return f"blocked {event.topic}: {', '.join(event.rules)}"
        case Interrupted():
            return "interrupted"
        case TurnTimed():
            return f"first sound after {event.voice_to_voice:.0f} ms"
        case ButtonPressed():
            return "call button"
        case CallDelivered():
            return "nurse call delivered"
        case CallFailed():
            return f"nurse call failed: {event.code}"
        case CallAcknowledged():
            return f"{event.by} is coming"
        case CallUnanswered():
            return "nurse call unanswered"
        case EmergencyCleared():
            return f"cleared by {event.by}"
        case TimedOut():
            return "patient is silent"
        case Fault():
            return f"fault {event.code}"
        case _:
            return None
