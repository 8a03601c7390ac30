"""What the display shows: the conversation's events turned into one whole picture after another."""

from __future__ import annotations

from dataclasses import replace

from hardware.ports import Display, Screen
from robot.events import Decision, Event, Fault, FloorChanged, Sentence, SpeechStarted, Transcript


class Captions:
    """An observer of a conversation that keeps its display right."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._screen = Screen()
        self._new_reply = False
        """The next sentence takes the place of the caption; until then what still sounds stays readable."""

    def __call__(self, event: Event) -> None:
        screen = self._after(event)
        if screen != self._screen:
            self._screen = screen
            self._display.show(screen)

    def _after(self, event: Event) -> Screen:
        screen = self._screen
        match event:
            case FloorChanged():
                return replace(screen, floor=event.floor, listening=event.floor in ("nobody", "patient", "paused"))
            case SpeechStarted():
                return replace(screen, patient_caption="")
            case Transcript():
                return replace(screen, patient_caption=str(event.text), language=event.language)
            case Decision():
                self._new_reply = True
                alert = "emergency" if event.urgency in ("emergency", "urgent") else ""
                return replace(screen, state=event.state, language=event.language, alert=alert)
            case Sentence():
                source = ", ".join(f"{source.org} {source.year}" for source in event.sources)
                before, self._new_reply = "" if self._new_reply else screen.robot_caption, False
                joint = "" if event.language == "zh" else " "
                caption = f"{before}{joint}{event.text}".strip()
                return replace(screen, robot_caption=caption, source=source, rung=event.rung)
            case Fault() if screen.alert != "emergency":
                return replace(screen, alert=event.code)
            case _:
                return screen
