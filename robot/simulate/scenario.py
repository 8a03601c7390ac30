"""Plays a scripted visit: a simulated patient that waits, speaks and acts by the frame, and checks what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialogs.model import Expect, Scenario, Step
from hardware.audio import FRAME_MS, Samples
from hardware.audio_file import read_audio
from hardware.room import Room
from robot.conversation import Conversation
from robot.events import (
    CallAcknowledged,
    CallDelivered,
    CallNurse,
    Decision,
    DraftNote,
    Event,
    Interrupted,
    Sentence,
    Transcript,
    TurnTimed,
)
from robot.think.chart import TIMED_OUT

_LONGEST_WAIT_S = 90.0
"""A step that cannot begin for so long fails: the robot never gave the floor back."""
_AFTER_LAST_S = 2.0


@dataclass(slots=True)
class TurnRecord:
    """What a step was and what came of it; the transcript line of the simulator."""

    number: int
    said: str
    heard: str = ""
    answered: str = ""
    decisions: list[Decision] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    interrupted: bool = False
    timed: TurnTimed | None = None
    nurse: str = "none"
    failures: list[str] = field(default_factory=list)

    @property
    def decision(self) -> Decision | None:
        """The first thing that was decided about the patient's words."""
        return self.decisions[0] if self.decisions else None

    @property
    def state(self) -> str:
        """Where the dialog stands after the turn."""
        return self.decisions[-1].state if self.decisions else ""

    @property
    def red_flags(self) -> list[str]:
        return list(dict.fromkeys(flag for decision in self.decisions for flag in decision.red_flags))

    @property
    def sources(self) -> list[str]:
        return list(dict.fromkeys(source.id for sentence in self.sentences for source in sentence.sources))

    @property
    def rungs(self) -> list[str]:
        return list(dict.fromkeys(sentence.rung for sentence in self.sentences))

    @property
    def reason(self) -> str | None:
        """Of the last nurse call that was wanted."""
        return next((effect.reason for effect in self._effects(CallNurse)), None)

    @property
    def note(self) -> str | None:
        """What the last note for the clinician is about."""
        return next((effect.kind for effect in self._effects(DraftNote)), None)

    def _effects(self, kind: type) -> list[Any]:
        """Effects of that kind, latest first."""
        return [
            effect
            for decision in reversed(self.decisions)
            for effect in reversed(decision.effects)
            if isinstance(effect, kind)
        ]

    def take(self, event: Event) -> None:
        """Note `event`, which belongs to this turn."""
        match event:
            case Transcript(final=True):
                self.heard = f"{self.heard} {event.text}".strip()
            case Decision():
                self.decisions.append(event)
            case Sentence():
                self.sentences.append(event)
                joint = "" if event.language == "zh" else " "
                self.answered = f"{self.answered}{joint}{event.text}".strip()
            case Interrupted():
                self.interrupted = True
            case TurnTimed():
                self.timed = self.timed or event
            case CallDelivered():
                self.nurse = "delivered" if self.nurse == "none" else self.nurse
            case CallAcknowledged():
                self.nurse = "acknowledged"
            case _:
                pass

    def check(self, expect: Expect) -> None:
        """Note every expectation that did not hold."""
        decision = self.decision
        seen: dict[str, object] = {
            "intent": decision.intent if decision else None,
            "state": self.state,
            "action": decision.action if decision else None,
            "urgency": decision.urgency if decision else None,
            "interrupted": self.interrupted,
            "nurse": self.nurse,
            "reason": self.reason,
            "note": self.note,
        }
        for name, value in seen.items():
            if (wanted := getattr(expect, name)) is not None and wanted != value:
                self.failures.append(f"{name}: expected {wanted}, saw {value}")
        if expect.red_flags is not None and set(expect.red_flags) != set(self.red_flags):
            self.failures.append(f"red_flags: expected {expect.red_flags}, saw {self.red_flags}")
        if expect.source is not None and expect.source not in self.sources:
            self.failures.append(f"source: expected {expect.source}, saw {self.sources}")
        spoken, heard = self.answered.lower(), self.heard.lower()
        self.failures += [f"not spoken: {part}" for part in expect.spoken_contains if part.lower() not in spoken]
        self.failures += [f"spoken: {part}" for part in expect.spoken_absent if part.lower() in spoken]
        self.failures += [f"not heard: {part}" for part in expect.heard_contains if part.lower() not in heard]
        if expect.within_ms is not None and (self.timed is None or self.timed.voice_to_voice > expect.within_ms):
            took = f"{self.timed.voice_to_voice:.0f} ms" if self.timed else "never"
            self.failures.append(f"within_ms: expected {expect.within_ms:.0f}, first sound after {took}")


class ScriptedPatient:
    """Plays the steps of a scenario into a conversation.

    Waiting is counted in frames of the room, from events that fall on frames, so that the same visit plays the same in
    real and in virtual time. `ears="text"` hands the words over as text instead of as sound.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        conversation: Conversation,
        room: Room,
        *,
        ears: str = "voice",
        voice: Callable[[str], Samples] | None = None,
        on_turn: Callable[[TurnRecord], None] | None = None,
    ) -> None:
        self._steps = scenario.steps
        self._conversation = conversation
        self._room = room
        self._on_turn = on_turn
        self._sounds = [self._sound(step, folder, ears, voice) for step in scenario.steps]
        self._next = 0
        self._waited = 0
        self._blocked = 0
        self._done = asyncio.Event()
        self.opening = TurnRecord(0, "")
        self.turns: list[TurnRecord] = []
        conversation.observe(self._observe)
        room.every_frame.append(self._on_frame)

    @property
    def failures(self) -> list[str]:
        """Every expectation that did not hold, with its turn."""
        return [f"turn {turn.number}: {failure}" for turn in self.turns for failure in turn.failures]

    async def play(self) -> None:
        """Return when the script and what follows it are over; raises what a defect raised in the conversation."""
        played = asyncio.ensure_future(self._done.wait())
        ended = asyncio.ensure_future(self._conversation.ended())
        await asyncio.wait({played, ended}, return_when=asyncio.FIRST_COMPLETED)
        played.cancel()
        if ended.done():
            ended.result()
        else:
            ended.cancel()
        self._room.every_frame.remove(self._on_frame)
        self._close_turn()
        for step in self._steps[len(self.turns) :]:
            turn = TurnRecord(len(self.turns) + 1, step.say or step.do or "")
            turn.failures.append("the conversation was over before this step")
            self.turns.append(turn)

    def _sound(self, step: Step, folder: Path, ears: str, voice: Callable[[str], Samples] | None) -> Samples | None:
        if step.say is None or ears == "text":
            return None
        if step.audio is not None:
            return read_audio(folder / step.audio)
        return voice(step.say) if voice is not None else None

    def _observe(self, event: Event) -> None:
        (self.turns[-1] if self.turns else self.opening).take(event)

    def _on_frame(self) -> None:
        if self._room.talking:
            return
        if self._next == len(self._steps):
            over = self._conversation.settled and self._silence_is_over()
            self._waited = self._waited + 1 if over else 0
            if self._waited * FRAME_MS >= _AFTER_LAST_S * 1000:
                self._done.set()
            return
        step = self._steps[self._next]
        if not self._may_begin(step):
            self._waited = 0
            self._blocked += 1
            if self._blocked * FRAME_MS > _LONGEST_WAIT_S * 1000:
                self._done.set()
            return
        self._waited += 1
        if self._waited * FRAME_MS >= step.pause_s * 1000:
            self._waited = self._blocked = 0
            self._next += 1
            self._act(step, self._sounds[self._next - 1])

    def _may_begin(self, step: Step) -> bool:
        if step.when == "robot_speaking":
            return self._conversation.turns.floor == "robot"
        if not self._silence_is_over():
            return False
        if step.when == "nurse_acknowledged" and not (self.turns and self.turns[-1].nurse == "acknowledged"):
            return False
        return self._conversation.settled

    def _silence_is_over(self) -> bool:
        """A patient who stays silent does so until the robot speaks first."""
        silent = bool(self.turns) and self._steps[self._next - 1].do == "stay_silent"
        return not silent or any(decision.intent == TIMED_OUT for decision in self.turns[-1].decisions)

    def _act(self, step: Step, sound: Samples | None) -> None:
        self._close_turn()
        self.turns.append(TurnRecord(len(self.turns) + 1, step.say or f"({step.do})"))
        if step.do == "press_button":
            self._conversation.press_button()
        elif step.do == "unplug_microphone":
            self._room.microphone.unplug()
        elif step.do == "plug_microphone":
            self._room.microphone.plug()
        elif step.do == "staff_clears":
            self._conversation.clear_emergency("nurse")
        if step.say is not None and sound is not None:
            self._room.speak(sound)
        elif step.say is not None:
            self._conversation.hear_text(step.say)

    def _close_turn(self) -> None:
        if self.turns:
            turn = self.turns[-1]
            turn.check(self._steps[len(self.turns) - 1].expect)
            if self._on_turn is not None:
                self._on_turn(turn)
