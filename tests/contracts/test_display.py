"""What every display must do, simulated or real."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest

from hardware.ports import Display, Screen
from hardware.simulated import SimulatedDisplay
from hardware.terminal import TerminalDisplay

SCREEN = Screen("robot", True, "menu", "en", "hello", "Good morning.", "WHO 2020", "passage", "A nurse is coming")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class _Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


DISPLAYS = {
    "simulated": SimulatedDisplay,
    "terminal": lambda: TerminalDisplay(stream=_Terminal()),
    "lines": lambda: TerminalDisplay(stream=io.StringIO()),
    "gone": lambda: TerminalDisplay(stream=_Gone()),
}


@pytest.fixture(params=DISPLAYS)
def display(request: pytest.FixtureRequest) -> Display:
    made = DISPLAYS[request.param]()
    assert isinstance(made, Display)
    return made


def test_every_screen_can_be_shown(display: Display) -> None:
    display.show(Screen())
    display.show(SCREEN)
    display.show(replace(SCREEN, language="zh", robot_caption="早上好 [bold]\n\x1b[2J", floor="paused"))
    asyncio.run(display.close())


def test_closing_twice_is_fine_and_a_late_screen_harmless(display: Display) -> None:
    async def main() -> None:
        display.show(SCREEN)
        await display.close()
        await display.close()
        display.show(Screen())

    asyncio.run(main())
