"""A text terminal as display: one live panel, or one line for each change where there is no terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from hardware.ports import Floor, Screen

if TYPE_CHECKING:
    from rich.panel import Panel

HIDDEN = "(hidden)"
"""Stands for the patient's words."""

_FLOORS: dict[Floor, tuple[str, str]] = {
    "nobody": ("Ready", "dim"),
    "patient": ("Listening to you", "green"),
    "thinking": ("Thinking", "yellow"),
    "robot": ("Speaking", "cyan"),
    "paused": ("Paused", "magenta"),
}


class TerminalDisplay:
    """Shows screens on `stream` (default: standard output).

    What the patient said is hidden unless `reveal` is True: a terminal has scroll-back, and logs keep what was piped
    into them. A stream that is gone is ignored.
    """

    def __init__(self, reveal: bool = False, stream: TextIO | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._reveal = reveal
        self._stream = stream or sys.stdout
        self._line = ""
        self._closed = False
        self._live: Live | None = None
        if self._stream.isatty():
            self._live = Live(console=Console(file=self._stream), auto_refresh=False)

    def show(self, screen: Screen) -> None:
        if self._closed:
            return
        try:
            if self._live is None:
                self._show_line(screen)
            else:
                self._live.start()
                self._live.update(self._panel(screen), refresh=True)
        except (OSError, ValueError):  # closed pipe, closed file
            self._closed = True

    async def close(self) -> None:
        """Leave the last picture standing; closing twice is fine."""
        live, self._live = self._live, None
        self._closed = True
        if live is not None:
            try:
                live.stop()
            except (OSError, ValueError):
                return

    def _patient(self, screen: Screen) -> str:
        return screen.patient_caption if self._reveal or not screen.patient_caption else HIDDEN

    def _show_line(self, screen: Screen) -> None:
        fields = {
            "alert": screen.alert,
            "heard": self._patient(screen),
            "said": screen.robot_caption,
            "source": screen.source,
            "rung": screen.rung,
            "state": screen.state,
            "language": screen.language,
        }
        told = "  ".join(f"{name}: {_one_line(value)}" for name, value in fields.items() if value)
        line = f"[{screen.floor}{', listening' if screen.listening else ''}] {told}\n"
        if line != self._line:
            self._line = line
            self._stream.write(line)
            self._stream.flush()

    def _panel(self, screen: Screen) -> Panel:
        from rich.panel import Panel
        from rich.text import Text

        word, style = _FLOORS[screen.floor]
        body = Text()
        if screen.alert:
            body.append(f" {screen.alert} ", "bold white on red").append("\n\n")
        body.append("You    ", "dim").append(_one_line(self._patient(screen))).append("\n")
        body.append("Robot  ", "dim").append(_one_line(screen.robot_caption), "bold")
        if screen.source:
            body.append("\nSource ", "dim").append(screen.source, "italic")
        light = "● microphone on" if screen.listening else "○ microphone off"
        footer = " · ".join(part for part in (light, screen.state, screen.rung, screen.language) if part)
        return Panel(body, title=Text(word, style), subtitle=Text(footer, "dim"), border_style=style, width=80)


def _one_line(text: str) -> str:
    """Without line ends and without control characters, which could steer the terminal."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
