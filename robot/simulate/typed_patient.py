"""A simulated patient whose words are typed: they become sound in the room, or are handed over as text."""

from __future__ import annotations

import re
from collections.abc import Callable

from hardware.audio import Samples
from hardware.patient_voice import INSTALL, PatientVoice
from hardware.ports import HardwareError
from hardware.room import Room
from robot.blocking import Strand
from robot.conversation import Conversation
from robot.simulate.watch import Watch

WAIT = "Wait, please stop."
_LOUD_DB = 6.0
_CHINESE = re.compile(r"[\u3400-\u9fff]")

Render = Callable[[str], Samples]


def patient_voice(ears: str) -> tuple[Render | None, str]:
    """The voice of the patient, and a line that says why there is none (`ears="text"`, or nothing installed)."""
    if ears == "text":
        return None, "Ears: text. What you type is handed over as text; no sound goes in."
    try:
        return PatientVoice().render, ""
    except HardwareError as error:
        if error.code != "patient_voice_missing":
            raise
        return None, f"No voice for you is installed, so what you type is handed over as text. Run: {INSTALL}"


class TypedPatient:
    """Speaks and acts in the room for whoever sits at the keyboard."""

    def __init__(
        self, conversation: Conversation, room: Room, watch: Watch, render: Render | None, strand: Strand
    ) -> None:
        self._conversation = conversation
        self._room = room
        self._watch = watch
        self._render = render
        self._strand = strand

    async def say(self, text: str, *, loud: bool = False) -> str:
        """Say `text`, loudly or not; returns a line about it when it had to be handed over as text, else nothing."""
        note = ""
        if self._render is not None and not _CHINESE.search(text):
            try:
                samples = await self._strand.run(self._render, text)
            except HardwareError as error:
                note = f"{error.message} It was handed over as text."
            else:
                self._watch.expect(text)
                self._room.speak(samples, gain_db=_LOUD_DB if loud else 0.0)
                return ""
        elif self._render is not None:
            note = "Your voice speaks no Chinese: this was handed over as text."
        self._watch.begin(text)
        self._conversation.hear_text(text)
        return note

    def press_button(self) -> None:
        """Press the call button."""
        self._watch.begin("(call button)")
        self._conversation.press_button()

    def clear_emergency(self) -> None:
        """Staff end the emergency."""
        self._watch.begin("(staff clears)")
        self._conversation.clear_emergency("nurse")

    def toggle_microphone(self) -> None:
        """Unplug the microphone, or plug it in again."""
        if self._room.microphone.plugged:
            self._watch.begin("(microphone unplugged)")
            self._room.microphone.unplug()
        else:
            self._watch.begin("(microphone plugged in)")
            self._room.microphone.plug()
