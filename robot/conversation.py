"""THE MAIN PATH: one conversation between a patient and the robot.

    microphone frame → listener → recognizer → decider → composer (guard) → synthesizer → speaker
                          └──────────── turns: who has the floor ────────────┘

Frames are handed on by direct calls; a task is made only when a turn ends. Whatever happens is told to the observers
(journal, display, simulator), in order, as the events of `robot.events`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from hardware.audio import AudioFrame
from hardware.ports import Clock, Display, HardwareError, Microphone, NurseCall, Speaker
from robot.effects import Effects
from robot.errors import RecognizerError, phrase_for
from robot.events import (
    ButtonPressed,
    Decision,
    DialogEvent,
    EmergencyCleared,
    Event,
    Fault,
    FloorChanged,
    Interrupted,
    Language,
    Opened,
    Sensitive,
    SpeechConfirmed,
    SpeechDismissed,
    SpeechEnded,
    SpeechStarted,
    Spoken,
    TimedOut,
    Transcript,
    VoiceEvent,
)
from robot.hear.listen import Listener
from robot.nurse_line import NurseLine
from robot.reply import Replies, TurnClock, ends
from robot.scope import Scope
from robot.speak.caption import Captions
from robot.speak.play import Playback
from robot.stages import Decider, Notes, Recognition, Recognizer, Synthesizer
from robot.think.compose import FILLER, Composer
from robot.turns import TurnAction, Turns

Observer = Callable[[Event], None]
_LOG = logging.getLogger(__name__)

_TRIGGERS: dict[type[VoiceEvent], str] = {
    SpeechStarted: "speech_started",
    SpeechConfirmed: "speech_confirmed",
    SpeechDismissed: "speech_dismissed",
    SpeechEnded: "speech_ended",
}
_SETTLED_S = 0.3
"""Words that have stood so long are likely to be all; less than the silence that ends a turn."""
_SPOKEN_FAULTS = ("_gone", "_stalled", "_missing")


@dataclass(frozen=True)
class Parts:
    """Everything a conversation is made of; each can be replaced by an object of the same protocol."""

    clock: Clock
    microphone: Microphone
    speaker: Speaker
    display: Display
    nurse_call: NurseCall
    listener: Listener
    recognizer: Recognizer
    decider: Decider
    composer: Composer
    synthesizer: Synthesizer
    notes: Notes | None = None
    """Where drafts for the clinician are kept; None: nothing is."""
    bed: str = "bed"
    language: Language = "en"
    dead_air_s: float = 2.0
    recognizer_limit_s: float = 8.0
    off_loop: Callable[[Callable[[], object]], Awaitable[object]] | None = None
    """Runs a search in a thread before the decider needs it; None: searches are quick enough for the loop."""
    close_engines: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Ends what the engines hold: threads, child processes."""


class Conversation:
    """`async with conversation:` opens the devices and greets; `await conversation.ended()` waits for goodbye."""

    def __init__(self, parts: Parts, observers: tuple[Observer, ...] = ()) -> None:
        self.parts = parts
        self.turns = Turns()
        self._observers: list[Observer] = [Captions(parts.display), *observers]
        self._playback = Playback(parts.speaker, parts.synthesizer, self._on_first_sound)
        self._replies = Replies(parts.composer, self._playback, parts.clock, self.tell, self._on_reply_done)
        self._line = NurseLine(parts.nurse_call, parts.clock, parts.bed, self._on_dialog_event)
        self._recognition: Recognition | None = None
        self._language: Language = parts.language
        self._timeout_s: float | None = None
        """Silence of the patient after which the decider wants to know."""
        self._turns_taken = 0
        self._turn: TurnClock | None = None
        """The turn that is being answered; None once the patient took the floor back."""
        self._unanswered = ""
        """Words of the patient that no reply has sounded for yet."""
        self._scope = Scope(parts.clock, self._fail)
        self._effects = Effects(self._line, self._playback, self._scope, parts.notes, self._on_dialog_event)
        self._ended: asyncio.Future[None] | None = None

    # ---- life ----

    async def __aenter__(self) -> Self:
        self._ended = asyncio.get_running_loop().create_future()
        try:
            await self._line.open()
            await self.parts.speaker.open(self._playback.on_played, self._on_speaker_fault)
            self._scope.spawn(self._replies.run())
            await self.parts.microphone.open(self._on_frame, self._on_microphone_fault)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        self._on_dialog_event(Opened())
        self._read_ahead(Sensitive(""))
        self._scope.spawn(self._look_up(Sensitive("")))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.parts.microphone.close()
        self._drop_recognition()
        await self._scope.close()
        await self._line.close()
        await self.parts.speaker.close()
        await self.parts.display.close()
        if self.parts.close_engines is not None:
            await self.parts.close_engines()

    async def ended(self) -> None:
        """Return when the conversation is over; raises what a defect raised in one of its tasks."""
        assert self._ended is not None, "a conversation is entered with `async with` first"
        await asyncio.shield(self._ended)

    @property
    def settled(self) -> bool:
        """True when nobody speaks, thinks or has anything left to say."""
        return self.turns.floor == "nobody" and self._replies.idle

    @property
    def saying(self) -> tuple[Spoken, ...]:
        """The reply that is being said: every sentence of it, with what has been heard of each until now."""
        return self._playback.so_far

    def observe(self, observer: Observer) -> None:
        """Tell `observer` everything from now on."""
        self._observers.append(observer)

    def tell(self, event: Event) -> None:
        """Tell all observers. One that fails is not told any more: a full disk must not silence the robot."""
        for observer in tuple(self._observers):
            try:
                observer(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the patient comes first
                self._observers.remove(observer)
                # The type only: its text may hold the patient's words.
                _LOG.error("observer %s failed with %s and was dropped", type(observer).__name__, type(error).__name__)

    # ---- the patient: sound, text, the button ----

    def _on_frame(self, frame: AudioFrame) -> None:
        event = self.parts.listener.push(frame, self.parts.speaker.reference)
        if self._recognition is not None:
            self._recognition.feed(frame.samples)
        if event is not None:
            self._on_voice(event)

    def _on_voice(self, event: VoiceEvent) -> None:
        """First the floor, so that the speaker is silent within the frame; then the recognizer."""
        self.tell(event)
        self._take(_TRIGGERS[type(event)])
        if isinstance(event, SpeechStarted):
            self._start_recognition()
        elif isinstance(event, SpeechDismissed):
            self._drop_recognition()
            self._await_patient()
        elif isinstance(event, SpeechEnded) and self._recognition is not None:
            recognition, self._recognition = self._recognition, None
            self._scope.spawn(self._recognize(recognition, self._begin_turn(event.at - event.speech_end)))

    def hear_text(self, text: str) -> None:
        """The patient's words without sound (typed, or `--ears text`); they interrupt as spoken ones do."""
        for trigger in ("speech_started", "speech_confirmed", "speech_ended"):
            self._take(trigger)
        self._on_transcript(Transcript(Sensitive(text), self._language, engine="text"), self._begin_turn(0.0))

    def press_button(self) -> None:
        """The patient pressed the call button."""
        self._on_dialog_event(ButtonPressed())

    def clear_emergency(self, by: str) -> None:
        """Staff (`by`: a role) ended the emergency."""
        self._line.stand_down()
        self._on_dialog_event(EmergencyCleared(by))

    # ---- a turn: recognize, decide, reply ----

    def _begin_turn(self, silent_for_s: float) -> TurnClock:
        clock = self.parts.clock
        self._turns_taken += 1
        self._turn = TurnClock(self._turns_taken, clock.now() - silent_for_s)
        self._turn.mark("endpoint", clock.now())
        self._scope.after("dead_air", max(0.0, self.parts.dead_air_s - silent_for_s), self._on_dead_air)
        return self._turn

    def _start_recognition(self) -> None:
        self._drop_recognition()
        self.parts.decider.decide(SpeechStarted(0.0))
        try:
            self._recognition = self.parts.recognizer.listen(self._language, self._on_partial)
        except RecognizerError as error:
            # Said once the patient has finished: there will be no transcript to answer.
            self._on_dialog_event(Fault(error.code, phrase_for(error)))
        else:
            self._recognition.feed(self.parts.listener.pre_roll)

    async def _recognize(self, recognition: Recognition, turn: TurnClock) -> None:
        try:
            async with asyncio.timeout(self.parts.recognizer_limit_s):
                transcript = await recognition.finish()
        except (RecognizerError, TimeoutError) as error:
            recognition.cancel()
            code = error.code if isinstance(error, RecognizerError) else "recognizer_timeout"
            self._on_dialog_event(Fault(code, "trouble_hearing"))
            return
        turn.mark("recognize", self.parts.clock.now())
        if self.parts.off_loop is not None:
            self._screen(transcript)  # an emergency waits for no search
            await self._look_up(transcript.text)
        self._on_transcript(transcript, turn)

    def _on_transcript(self, transcript: Transcript, turn: TurnClock) -> None:
        """Decide; words that were cut off by an end of turn that came too early are put before those that followed."""
        self.tell(transcript)
        if self._unanswered:
            words = Sensitive(f"{self._unanswered} {transcript.text}")
            transcript = replace(transcript, text=words, words=(), alternatives=())
        self._unanswered = transcript.text
        if turn is not self._turn:
            # The patient went on while these words were being recognized; only an emergency does not wait for the rest.
            self._screen(transcript)
            return
        decision = self.parts.decider.decide(transcript)
        turn.mark("decide", self.parts.clock.now())
        if decision is None:
            self._take("reply_done")
        else:
            self._carry_out(decision, turn)

    def _screen(self, transcript: Transcript) -> bool:
        """Act on a red flag in words that are not, or not yet, decided; whether there was one."""
        decision = self.parts.decider.decide(replace(transcript, final=False))
        if decision is not None:
            self._carry_out(decision, None)
        return decision is not None

    def _on_partial(self, transcript: Transcript) -> None:
        """Only red flags act on words that are not final; from the others the generator may read ahead."""
        if not self._screen(transcript):
            self._read_ahead(transcript.text)
            if self.parts.off_loop is not None:
                self._scope.after("look_up", _SETTLED_S, lambda: self._scope.spawn(self._look_up(transcript.text)))

    def _read_ahead(self, words: Sensitive) -> None:
        """Show the generator what it will be asked, as far as that is known."""
        if (draft := self.parts.decider.draft(Sensitive(f"{self._unanswered} {words}".strip()))) is not None:
            self.parts.composer.prepare(draft)

    async def _look_up(self, words: Sensitive) -> None:
        """Search for what `words` ask, beside the loop: while the patient may still go on, and at the latest now.

        Without words: load what the first search needs.
        """
        self._scope.stop("look_up")
        if self.parts.off_loop is not None:
            await self.parts.off_loop(self.parts.decider.look_up(words))

    def _on_dialog_event(self, event: DialogEvent) -> None:
        self.tell(event)
        if (decision := self.parts.decider.decide(event)) is not None:
            self._carry_out(decision, None)

    def _carry_out(self, decision: Decision, turn: TurnClock | None) -> None:
        """What is to be done is done before anything is said; then the reply waits for its turn."""
        decision, fault = self._effects.carry_out(decision)
        self.tell(decision)
        self._language = decision.language
        self.parts.composer.watch(decision)
        self._scope.stop("silence")
        self._timeout_s = decision.timeout_s
        if decision.interrupts and self._replies.speaking and self._playback.interruptible:
            self._cut()
        if decision.effects:
            self._replies.add(decision, turn)
        else:
            self._on_reply_done((), decision)
        if fault is not None:
            self._on_dialog_event(fault)

    # ---- the floor ----

    def _take(self, trigger: str) -> None:
        before = self.turns.floor
        action = self.turns.take(trigger, interruptible=self._playback.interruptible)
        if action is TurnAction.PAUSE:
            self._playback.pause()
        elif action is TurnAction.RESUME:
            self._playback.resume()
        elif action is TurnAction.YIELD:
            self._cut()
        if (floor := self.turns.floor) != before:
            self._scope.stop("silence")
            self._replies.floor_is_free(floor not in ("patient", "paused"))
            self.tell(FloorChanged(floor))

    def _cut(self) -> None:
        """The reply stops; what was heard of it is remembered. If nothing was, the patient's turn is not over."""
        heard = self._replies.cut()
        self._turn = None
        self._scope.stop("dead_air")
        if any(spoken.heard and spoken.sentence.topic != FILLER for spoken in heard):
            self._unanswered = ""
        self.parts.decider.heard(heard)
        self.tell(Interrupted(heard))

    def _on_first_sound(self) -> None:
        if any(spoken.sentence.topic != FILLER for spoken in self._playback.so_far):
            self._unanswered = ""
        self._scope.stop("dead_air")
        self._replies.sounded()
        self._take("reply_sounds")

    def _on_reply_done(self, spoken: tuple[Spoken, ...], decision: Decision) -> None:
        self._unanswered = ""
        self._scope.stop("dead_air")
        for entry in spoken:
            self.tell(entry)
        self.parts.decider.heard(spoken)
        self._effects.heard(spoken)
        if ends(decision) and self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
        if not self._replies.idle:
            return
        if self.parts.listener.speaking:
            self._take("reply_done_while_speaking")
            return
        # A fresh start for the patient's turn: no trace of the robot's own voice in the detector.
        self.parts.listener.reset()
        self._take("reply_done")
        self._await_patient()
        self._read_ahead(Sensitive(""))

    def _await_patient(self) -> None:
        """Nobody has the floor: from now on the patient's silence counts."""
        if not self.settled:
            return
        self._effects.look_for_message()
        if self._timeout_s is not None:
            self._scope.after("silence", self._timeout_s, lambda: self._on_dialog_event(TimedOut()))

    def _on_dead_air(self) -> None:
        """Nothing has sounded for too long: say so, while the answer is still being made."""
        if self.turns.floor == "thinking" and not self._playback.busy:
            self._scope.spawn(self._replies.fill(self._language))

    # ---- faults ----

    def _on_microphone_fault(self, error: HardwareError) -> None:
        """A microphone that goes in mid-sentence ends the turn: what was heard so far is answered."""
        if error.code.endswith(_SPOKEN_FAULTS):
            if (event := self.parts.listener.cut_off()) is not None:
                self._on_voice(event)
            self._on_dialog_event(Fault(error.code, phrase_for(error)))
        else:
            self.tell(Fault(error.code, phrase_for(error)))

    def _on_speaker_fault(self, error: HardwareError) -> None:
        self.tell(Fault(error.code, phrase_for(error)))

    def _fail(self, defect: BaseException) -> None:
        """A defect in a task ends the conversation loudly."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(defect)

    def _drop_recognition(self) -> None:
        if self._recognition is not None:
            self._recognition.cancel()
            self._recognition = None
