"""What flows through a conversation: the vocabulary of every stage, of the journal and of the display."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from hardware.audio import Samples
from hardware.ports import Floor

Language = Literal["en", "zh"]
Action = Literal["answer", "ask", "escalate", "refuse", "abstain", "handover", "smalltalk"]
Urgency = Literal["emergency", "urgent", "routine", "self_care"]
Rung = Literal["gpt", "embedded", "passage", "phrase", "signed"]
"""Which step of the degradation ladder spoke, best first; or that a clinician signed the very words."""


class Sensitive(str):
    """Text about a patient. Its repr is masked, so that it cannot reach a log by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} characters masked>"


# ---- heard -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The patient began to speak. `at` is audio time in seconds."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechConfirmed:
    """The voice lasted long enough to be words meant for somebody, not a cough or a door."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechDismissed:
    """What started was no speech after all."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The patient's turn is over. `speech_end` is where the voice stopped, `at` where that was decided (audio time)."""

    at: float
    speech_end: float


VoiceEvent = SpeechStarted | SpeechConfirmed | SpeechDismissed | SpeechEnded


@dataclass(frozen=True, slots=True)
class Word:
    """One recognized word; times in seconds since the start of the utterance; confidence 0…1."""

    word: Sensitive
    start: float
    end: float
    confidence: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", Sensitive(self.word))


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the recognizer heard. An empty `text` means that nothing was understood."""

    text: Sensitive
    language: Language = "en"
    confidence: float = 1.0
    final: bool = True
    words: tuple[Word, ...] = ()
    alternatives: tuple[Sensitive, ...] = ()
    engine: str = ""


# ---- decided ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """Where an advice comes from; shown with it."""

    id: str
    title: str
    org: str
    year: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence for the robot's mouth, as written.

    `topic` names what it came from: a phrase key, or a passage id. `interruptible` is False for emergency sentences:
    neither barge-in nor a new reply may destroy them.
    """

    text: str
    language: Language
    topic: str
    rung: Rung
    interruptible: bool = True
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """The guard stopped a sentence of `topic` from rung `rung`; `rules` are the ids of what forbade it."""

    rules: tuple[str, ...]
    topic: str
    rung: Rung


@dataclass(frozen=True, slots=True)
class Passage:
    """A reviewed passage in the language of the conversation: what an answer may be made of.

    `text` is speakable as it stands; `title` names it; `never_if` lists the hazards under which it must not be said.
    """

    id: str
    topic: str
    title: str
    text: str
    language: Language
    source: Source
    never_if: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Say:
    """Effect: speak these fixed sentences."""

    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Effect: answer `question` from `evidence` (best first), by the best rung that works.

    Evidence is empty only in a draft, which is read ahead and never answered.
    """

    question: Sensitive
    evidence: tuple[Passage, ...]
    language: Language
    history: tuple[tuple[str, Sensitive], ...] = ()


@dataclass(frozen=True, slots=True)
class CallNurse:
    """Effect: bring a person. Delivery, its failure and the acknowledgement come back to the decider as events."""

    request_id: str
    urgency: Literal["emergency", "urgent", "routine"]
    reason: str
    words: Sensitive
    escalation: Literal["nurse", "charge_nurse", "emergency_team"] = "nurse"


NoteKind = Literal["symptoms", "medicine", "goal", "question", "summary"]


@dataclass(frozen=True, slots=True)
class DraftNote:
    """Effect: leave a draft for the clinician. Nothing of it is spoken before a clinician has signed it.

    `text` is for the clinician's page; `evidence` are the findings, words and sources that it rests on, a line each;
    `codes` are findings and conditions by their ids, for the export.
    """

    kind: NoteKind
    text: Sensitive
    evidence: tuple[Sensitive, ...] = ()
    urgency: Urgency | None = None
    codes: tuple[str, ...] = ()


NOTED = "noted_down"
"""The phrase that says so: left out where no note was kept (`unnoted`)."""
MESSAGE = "message."
"""How the topics of a signed message's sentences begin; its id follows."""


@dataclass(frozen=True, slots=True)
class Message:
    """Words that a clinician signed for the robot to say to this patient."""

    id: str
    text: Sensitive
    language: Language


@dataclass(frozen=True, slots=True)
class Remind:
    """Effect: say `sentence` in `after_s` seconds."""

    after_s: float
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Adjust:
    """Effect: speak slower or faster, louder or softer from now on; factors on how it is now."""

    pace: float = 1.0
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class End:
    """Effect: the conversation is over once everything was said."""


Effect = Say | Answer | CallNurse | DraftNote | Remind | Adjust | End


def unnoted(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """`effects` without the sentence that says that a note was kept, and without what then says nothing."""
    found: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, Say):
            found.append(effect)
        elif sentences := tuple(sentence for sentence in effect.sentences if sentence.topic != NOTED):
            found.append(Say(sentences))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the dialog machine made of one event; `effects` are carried out in order, outside of it."""

    intent: str
    state: str
    action: Action
    effects: tuple[Effect, ...] = ()
    urgency: Urgency | None = None
    red_flags: tuple[str, ...] = ()
    language: Language = "en"
    interrupts: bool = False
    """True: what the robot is saying now is cut off for this (a red flag on a partial transcript)."""
    timeout_s: float | None = None
    """Silence of the patient after which the decider wants a `TimedOut`."""

    @property
    def nurse_call(self) -> bool:
        """True when a person is being brought."""
        return any(isinstance(effect, CallNurse) for effect in self.effects)


# ---- happened outside, told to the decider ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The conversation begins."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The patient said nothing for the state's time-out."""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The patient pressed the call button."""


@dataclass(frozen=True, slots=True)
class CallDelivered:
    """The other side of the nurse-call line has the request."""

    request_id: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The request could not be delivered."""

    request_id: str
    code: str


@dataclass(frozen=True, slots=True)
class CallAcknowledged:
    """A person is coming. `by` is a role, never a name."""

    request_id: str
    by: str


@dataclass(frozen=True, slots=True)
class CallUnanswered:
    """Nobody acknowledged the request within its time (30 s: charge nurse, 60 s: emergency team)."""

    request_id: str


@dataclass(frozen=True, slots=True)
class EmergencyCleared:
    """Staff ended the emergency; nobody else can."""

    by: str


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """The time of a reminder has come."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class MessageWaiting:
    """The team has signed something to be said, and nobody is speaking."""

    message: Message


@dataclass(frozen=True, slots=True)
class Fault:
    """A device or engine failed. `code` is an error code; the robot says the phrase `phrase`."""

    code: str
    phrase: str


DialogEvent = (
    Opened
    | SpeechStarted
    | Transcript
    | TimedOut
    | ButtonPressed
    | CallDelivered
    | CallFailed
    | CallAcknowledged
    | CallUnanswered
    | EmergencyCleared
    | ReminderDue
    | MessageWaiting
    | Fault
)


# ---- spoken ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of synthesized sound. `marks` pair sample offsets in it with character offsets in the sentence."""

    samples: Samples
    rate: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """How a sentence ended: `heard` is the part that really came out of the speaker, to the word."""

    sentence: Sentence
    heard: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The patient took the floor; `heard` is what had been heard of the reply until then."""

    heard: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class TurnTimed:
    """Where the time of one turn went, in milliseconds of the conversation's clock.

    `voice_to_voice` runs from the patient's last sound to the robot's first; `stages` are its parts, in order.
    """

    turn: int
    voice_to_voice: float
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FloorChanged:
    """Somebody else has the floor now."""

    floor: Floor


Event = VoiceEvent | DialogEvent | Decision | Sentence | Blocked | Spoken | Interrupted | TurnTimed | FloorChanged | End
"""Everything that a conversation tells its observers: journal, display, simulator, tests."""
