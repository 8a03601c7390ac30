"""Who has the floor: a table of plain data, run by `transitions`. Pure; nothing here makes a sound or waits.

    nobody ──speech_started──► patient ──speech_ended──► thinking ──reply_sounds──► robot ──reply_done──► nobody
      ▲                          │  ▲                        │                       │ ▲
      └──── speech_dismissed ────┘  │                        └─── speech_started ──► │ │ speech_dismissed
                                    │                                                ▼ │
                                    └─────────────── speech_confirmed ───────────── paused

The robot pauses at the first sign of a voice and decides later: a cough lets it go on where it stopped, words make it
yield. A patient who goes on before the robot made a sound takes the floor back the same way. While it says what may
not be interrupted, it keeps the floor and goes on listening.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from transitions import Machine

from hardware.ports import Floor


class TurnAction(Enum):
    """What the conversation does after the floor changed."""

    NONE = "none"
    PAUSE = "pause"
    """Silence the speaker within a frame; keep what is queued."""
    RESUME = "resume"
    """Go on where the speaker paused."""
    YIELD = "yield"
    """The patient has taken the floor: drop the reply, keep what was heard of it."""


_MOVES: tuple[tuple[str, Floor, Floor, TurnAction], ...] = (
    # trigger, from, to, what to do
    ("speech_started", "nobody", "patient", TurnAction.NONE),
    ("speech_started", "thinking", "paused", TurnAction.PAUSE),
    ("speech_started", "robot", "paused", TurnAction.PAUSE),
    ("speech_confirmed", "paused", "patient", TurnAction.YIELD),
    ("speech_dismissed", "patient", "nobody", TurnAction.NONE),
    ("speech_dismissed", "paused", "robot", TurnAction.RESUME),
    ("speech_ended", "patient", "thinking", TurnAction.NONE),
    ("speech_ended", "paused", "thinking", TurnAction.YIELD),
    ("reply_sounds", "thinking", "robot", TurnAction.NONE),
    ("reply_sounds", "nobody", "robot", TurnAction.NONE),
    ("reply_done", "thinking", "nobody", TurnAction.NONE),
    ("reply_done", "robot", "nobody", TurnAction.NONE),
    # Nothing is left to go on with, but the speaker has to wake: the next reply would never sound.
    ("reply_done", "paused", "patient", TurnAction.RESUME),
    ("reply_done_while_speaking", "thinking", "patient", TurnAction.NONE),
    ("reply_done_while_speaking", "robot", "patient", TurnAction.NONE),
    ("reply_done_while_speaking", "paused", "patient", TurnAction.RESUME),
)

_ACTIONS = {(trigger, source): action for trigger, source, _, action in _MOVES}


class _Position:
    """One conversation's place in the shared table."""

    __slots__ = ("__dict__", "state")
    state: Floor


_TABLE = Machine(
    model=None,
    states=["nobody", "patient", "thinking", "robot", "paused"],
    transitions=[[trigger, source, to] for trigger, source, to, _ in _MOVES],
    initial="nobody",
    auto_transitions=False,
)


class Turns:
    """The floor of one conversation."""

    def __init__(self) -> None:
        self._position = _Position()
        self._position.state = "nobody"

    @property
    def floor(self) -> Floor:
        return self._position.state

    def take(self, trigger: str, *, interruptible: bool = True) -> TurnAction:
        """What `trigger` does now. One that has no place in the table, or that may not interrupt, changes nothing."""
        source = self.floor
        action = _ACTIONS.get((trigger, source))
        if action is None or (action is TurnAction.PAUSE and not interruptible):
            return TurnAction.NONE
        position: Any = self._position
        _TABLE.events[trigger].trigger(position)
        return action
