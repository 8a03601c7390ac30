"""The shapes of everything in `dialogs/`: phrases, intents, flows, passages, scenarios."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator

from dialogs.yaml_file import Strict

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
StateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Spoken = Annotated[str, Field(min_length=1, max_length=700)]


class Text(Strict):
    """The same in both languages."""

    en: Spoken
    zh: Spoken


# ---- phrases ---------------------------------------------------------------------------------------------------------


class Phrase(Text):
    """A fixed thing to say. Emergency phrases are not interruptible."""

    interruptible: bool = True


class Phrases(Strict):
    """`phrases.yaml`."""

    reviewer: str
    reviewed: date
    phrases: dict[Key, Phrase]


# ---- persona ---------------------------------------------------------------------------------------------------------


class Persona(Strict):
    """`persona.yaml`: who speaks, and what a generating model is told."""

    name: Text
    system: Text


# ---- intents ---------------------------------------------------------------------------------------------------------


class Wordings(Strict):
    """How one intent sounds in one language: regular expressions that decide, examples that the tests try."""

    patterns: list[str] = Field(default_factory=list)
    examples: list[str] = Field(min_length=1)

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a regular expression: {pattern!r}: {error}") from None
        return patterns


class Intent(Strict):
    """What a patient can mean. Of several that match, the one that stands first in the file wins.

    label    how the robot asks back when a sentence is only like it ("call a nurse"); without one it is never guessed
    command  it holds whatever was asked: stop, repeat, nurse …
    """

    label: Text | None = None
    command: bool = False
    en: Wordings
    zh: Wordings


class Intents(Strict):
    """`intents.yaml`."""

    intents: dict[Key, Intent]


# ---- flows -----------------------------------------------------------------------------------------------------------


Action = Literal["answer", "ask", "escalate", "refuse", "abstain", "handover", "smalltalk"]
Deed = Literal[
    "say",
    "answer",
    "advise",
    "simplify",
    "repeat",
    "call_nurse",
    "end",
    "confirm_guess",
    "check_symptom",
    "tell_medicine",
    "ask_clinician",
    "set_goal",
    "teach_back",
    "remind",
    "adjust",
    "summarize",
    "tell_message",
]


SlotKind = Literal["number", "scale", "yes_no", "duration", "moment", "choice", "text"]


class Choice(Strict):
    """One of several answers, as it sounds in each language."""

    en: Wordings
    zh: Wordings


class Slot(Strict):
    """What a state wants to know. The patient's words are read as this first; what was read is kept under `name`.

    number, scale   a figure from `low` to `high`, with times in `unit`
    yes_no          true or false
    duration        since when or how long, in days
    moment          in how many seconds
    choice          one of `choices`, by their patterns
    text            whatever is said

    Then the state's move for `filled` is made. Words that say nothing of the kind are understood as anywhere else.
    """

    name: Key
    kind: SlotKind
    low: float | None = None
    high: float | None = None
    unit: Literal["minutes", "hours", "days", "times"] | None = None
    choices: dict[Key, Choice] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Slot:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("`choices` belong to the kind `choice`, and to no other")
        return self


class Condition(Strict):
    """A slot's value for which a move is made; several hold together. Slots that are not filled meet no condition."""

    below: float | None = None
    at_least: float | None = None
    equals: str | bool | None = None


class Move(Strict):
    """On `intent`, say these phrases, remember these slots, go there (default: stay).

    do: `answer` answers the patient's words from the knowledge base, `advise` says the first of `passages` that the
    patient's orders allow, `repeat` says again what was last heard, `call_nurse` brings a person, `end` ends the
    conversation; `say` does nothing more. The others are described in `robot/think/deeds/`.

    reason       of a nurse call, where it is more than that the patient asks
    when         conditions on slots
    if_hazard    made only for a patient with one of these hazards; `unless_hazard`: only without all of them

    Of several moves for one intent the first whose conditions hold is made.
    """

    intent: Key
    to: StateName | None = None
    say: list[Key] = Field(default_factory=list)
    do: Deed = "say"
    passages: list[str] = Field(default_factory=list)
    reason: Key | None = None
    set: dict[Key, str] = Field(default_factory=dict)
    when: dict[Key, Condition] = Field(default_factory=dict)
    if_hazard: list[Key] = Field(default_factory=list)
    unless_hazard: list[Key] = Field(default_factory=list)
    action: Action = "ask"


class TimeOut(Strict):
    """After `seconds` of a silent patient: say these phrases and go there; `reason` is that of a nurse call."""

    seconds: PositiveFloat
    to: StateName
    say: list[Key] = Field(default_factory=list)
    do: Literal["say", "end", "call_nurse"] = "say"
    reason: Key | None = None


class State(Strict):
    """One state of a dialog. `say` is spoken on entering it; every state has a time-out and a way out."""

    about: str
    say: list[Key] = Field(default_factory=list)
    slot: Slot | None = None
    moves: list[Move] = Field(default_factory=list)
    timeout: TimeOut


class Flow(Strict):
    """One file of `flows/`: a dialog, its states named `<flow>.<state>`.

    `latched`: the moves of `everywhere.yaml` do not reach into it, and only an event from outside leads out.
    `leaving`: done when another flow takes over before this one has come to its end.
    """

    flow: Key
    about: str
    latched: bool = False
    leaving: Literal["note_symptoms"] | None = None
    states: dict[Key, State] = Field(min_length=1)


class Everywhere(Strict):
    """`everywhere.yaml`: what holds in every state that is not latched; a state's own moves come first."""

    start: StateName
    menu: StateName
    """Where a conversation without a greeting begins (`bedside ask`)."""
    red_flag: StateName
    """Where a red flag leads from every state that is not latched."""
    cleared: Move
    """What happens when staff end an emergency."""
    moves: list[Move] = Field(min_length=1)


# ---- knowledge -------------------------------------------------------------------------------------------------------


class SourceText(Strict):
    """The document a passage rests on. `status` is `memory` until somebody checked the figure against it."""

    org: str
    document: str
    year: int = Field(ge=1980, le=2030)
    status: Literal["retrieved", "memory"]


class Review(Strict):
    """Who looked at a passage, and when. `reviewer: none` means that no clinician has."""

    reviewer: str
    date: date


class Questions(Strict):
    """How people ask for a passage; used by retrieval and by tests."""

    en: list[str] = Field(min_length=2)
    zh: list[str] = Field(min_length=2)


class PassageText(Strict):
    """One thing the robot knows: speakable as it stands, at most three points."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    topic: Key
    title: Text
    text: Text
    questions: Questions
    figures: list[str] = Field(default_factory=list)
    """Every figure with its unit as the English text has it (`5 g`); empty when the text has none."""
    source: SourceText
    review: Review
    locale: Literal["any", "cn", "us"] = "any"
    """Whose guideline it is, where guidelines differ; the patient's own comes first."""
    audience: Literal["everyone", "adults", "older_adults", "pregnancy", "children", "condition"] = "adults"
    never_if: list[Key] = Field(default_factory=list)
    """Hazards of `hazards.yaml` under which this must not be said."""


class Knowledge(Strict):
    """One file of `knowledge/`: the passages on one topic."""

    passages: list[PassageText] = Field(min_length=1)


# ---- scenarios -------------------------------------------------------------------------------------------------------


class Expect(Strict):
    """What must be seen of the turn; what is left out may be anything."""

    intent: str | None = None
    state: str | None = None
    action: str | None = None
    urgency: str | None = None
    red_flags: list[str] | None = None
    source: str | None = None
    """Id of a passage that the answer must rest on."""
    spoken_contains: list[str] = Field(default_factory=list)
    spoken_absent: list[str] = Field(default_factory=list)
    interrupted: bool | None = None
    """Whether the reply that was being spoken when the patient began was cut off."""
    nurse: Literal["none", "delivered", "acknowledged"] | None = None
    reason: str | None = None
    """Why a nurse was called last in the turn; a red flag is its own reason."""
    note: Literal["goal", "medicine", "symptoms"] | None = None
    """What was noted down for the clinician."""
    within_ms: float | None = None
    """First sound of the answer at most so long after the patient's last sound."""
    heard_contains: list[str] = Field(default_factory=list)


class Step(Strict):
    """One thing that the simulated patient does, and what must come of it."""

    say: str | None = None
    audio: str | None = None
    """Recording of `say`, relative to the scenario file; without it the text is synthesized or passed as text."""
    do: Literal["press_button", "unplug_microphone", "plug_microphone", "stay_silent", "staff_clears"] | None = None
    """`stay_silent`: until the robot speaks first; without it nobody waits for a time-out."""
    when: Literal["robot_done", "robot_speaking", "nurse_acknowledged"] = "robot_done"
    """What is waited for: the robot gave the floor back; it is in mid-answer; it did, and a nurse has answered."""
    pause_s: float = Field(default=0.6, ge=0, le=120)
    """Seconds after `when` came true."""
    expect: Expect = Expect()


class RoomSetting(Strict):
    """The acoustics of the scenario; see `hardware.room.Room` for the meaning of each."""

    noise_snr_db: float | None = None
    echo_gain_db: float | None = None
    echo_delay_ms: float | None = None


class Scenario(Strict):
    """One file of `scenarios/`: a scripted visit."""

    title: str
    about: str | None = None
    """What the visit shows, where the title does not say it."""
    language: Literal["en", "zh"] = "en"
    patient: str | None = None
    """Patient file (YAML or FHIR bundle), relative to the scenario file."""
    room: RoomSetting = RoomSetting()
    steps: list[Step] = Field(min_length=1)
