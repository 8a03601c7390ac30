"""The terminal display: what a person reads, and what must not be printed."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

from hardware.ports import Screen
from hardware.terminal import HIDDEN, TerminalDisplay

SCREEN = Screen(
    "robot", True, "menu", "en", "my secret trouble", "Drink when thirsty.", "WHO 2020", "passage", "A nurse is coming"
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(*screens: Screen, reveal: bool = False, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    display = TerminalDisplay(reveal=reveal, stream=stream)
    for screen in screens:
        display.show(screen)
    asyncio.run(display.close())
    return stream.getvalue()


def test_a_pipe_gets_one_line_for_each_change() -> None:
    lines = shown(Screen(), SCREEN, SCREEN, replace(SCREEN, floor="patient")).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("[nobody]")
    assert lines[2].startswith("[patient, listening]")


def test_a_line_tells_everything_but_the_patients_words() -> None:
    line = shown(SCREEN)
    for part in ("Drink when thirsty.", "WHO 2020", "passage", "A nurse is coming", "menu", HIDDEN):
        assert part in line
    assert "secret" not in line


def test_a_terminal_shows_a_panel_without_the_patients_words() -> None:
    text = shown(SCREEN, stream=Terminal())
    for part in ("Drink when thirsty.", "WHO 2020", "A nurse is coming", "microphone on", "Speaking", HIDDEN):
        assert part in text
    assert "secret" not in text


def test_a_developer_may_reveal_them() -> None:
    assert "my secret trouble" in shown(SCREEN, reveal=True)
    assert "my secret trouble" in shown(SCREEN, reveal=True, stream=Terminal())


def test_words_that_look_like_markup_are_shown_as_they_are() -> None:
    screen = replace(SCREEN, robot_caption="[red]salt[/red]")
    assert "[red]salt[/red]" in shown(screen, stream=Terminal())


def test_a_caption_with_line_ends_stays_on_its_line() -> None:
    assert len(shown(replace(SCREEN, robot_caption="one\ntwo")).splitlines()) == 1


def test_a_caption_cannot_steer_the_terminal() -> None:
    screen = replace(SCREEN, robot_caption="salt\x1b[2J\x07")
    for stream in (io.StringIO(), Terminal()):
        assert "\x1b[2J" not in shown(screen, stream=stream)
        assert "salt" in stream.getvalue()


def test_a_closed_file_is_a_display_that_is_gone() -> None:
    stream = io.StringIO()
    display = TerminalDisplay(stream=stream)
    stream.close()
    display.show(SCREEN)
    display.show(SCREEN)
    asyncio.run(display.close())
