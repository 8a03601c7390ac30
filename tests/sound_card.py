"""The virtual sound card of `.ci/virtual_sound_card.sh`: marks for the tests that need it, and its plug.

There is one card and its time is real: these tests run one after the other, beside nothing else (`make test`).
"""

from __future__ import annotations

import os
import subprocess

import pytest

REAL_AUDIO = [
    pytest.mark.real_audio,
    pytest.mark.skipif(
        not os.environ.get("BEDSIDE_VIRTUAL_CARD"),
        reason="needs the virtual sound card: source .ci/virtual_sound_card.sh",
    ),
]


def unplug() -> None:
    """Take the card away, as pulling a USB plug does."""
    _pactl("unload-module module-null-sink")


def plug() -> None:
    """Put it back."""
    _pactl("load-module module-null-sink sink_name=bedside norewinds=1 rate=48000 channels=1")
    _pactl("set-default-sink bedside")
    _pactl("set-default-source bedside.monitor")


def suspend(suspended: bool) -> None:
    """Stop its clock: the card is there and no sound moves."""
    _pactl(f"suspend-sink bedside {int(suspended)}")


def _pactl(command: str) -> None:
    subprocess.run(["pactl", *command.split()], check=True, stdout=subprocess.DEVNULL)
