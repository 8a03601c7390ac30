"""The states and moves of all flows as one `transitions` machine, shared by every conversation."""

from __future__ import annotations

from functools import partial
from typing import Any

from transitions import EventData, Machine

from dialogs.loader import Dialogs, states
from dialogs.model import Action, Move

TIMED_OUT = "timed_out"
RED_FLAG = "red_flag"


class Position:
    """Where one conversation stands, and the move that brought it there."""

    __slots__ = ("__dict__", "state", "taken")

    def __init__(self, state: str) -> None:
        self.state = state
        self.taken: Move | None = None


class Chart:
    """Which moves there are. `take` is pure: it changes the position, and nothing else happens.

    A state's own moves come before those of `everywhere.yaml`, which do not reach into latched flows. There are no
    automatic transitions, so that no way leads into a state that no file names.
    """

    def __init__(self, dialogs: Dialogs) -> None:
        self.start = dialogs.everywhere.start
        self.latched = frozenset(name for flow, name, _ in states(dialogs) if dialogs.flows[flow].latched)
        everywhere = dialogs.everywhere
        self._machine = Machine(
            model=None,
            states=[name for _, name, _ in states(dialogs)],
            initial=self.start,
            auto_transitions=False,
            send_event=True,
        )
        self._allowed: set[tuple[str, str]] = set()
        for _, name, state in states(dialogs):
            for move in state.moves:
                self._add(name, move)
            timeout = state.timeout
            action: Action = "escalate" if name in self.latched else "ask"
            self._add(name, Move(intent=TIMED_OUT, to=timeout.to, say=timeout.say, do=timeout.do, action=action))
            if name in self.latched:
                self._add(name, everywhere.cleared)
                self._add(name, Move(intent=RED_FLAG, do="call_nurse", action="escalate"))
            else:
                self._add(name, Move(intent=RED_FLAG, to=everywhere.red_flag, do="call_nurse", action="escalate"))
                for move in everywhere.moves:
                    self._add(name, move)

    def take(self, position: Position, intent: str) -> Move | None:
        """Make the move for `intent`, else the one for `anything`; None when the state has neither."""
        for name in (intent, "anything"):
            if (position.state, name) in self._allowed and not (name == "anything" and intent == TIMED_OUT):
                self._machine.events[name].trigger(position)
                return position.taken
        return None

    def _add(self, source: str, move: Move) -> None:
        if (source, move.intent) in self._allowed:
            return
        self._allowed.add((source, move.intent))
        self._machine.add_transition(move.intent, source, move.to, after=partial(_remember, move))


def _remember(move: Move, event: EventData) -> None:
    position: Any = event.model
    position.taken = move
