"""The states and moves of all flows as one `transitions` machine, shared by every conversation."""

from __future__ import annotations

from functools import partial
from typing import Any

from transitions import EventData, Machine

from dialogs.loader import Dialogs, states
from dialogs.model import Action, Condition, Move

TIMED_OUT = "timed_out"
RED_FLAG = "red_flag"
FILLED = "filled"
"""The slot that the state asks for was filled."""

Value = str | float | bool


class Position:
    """Where one conversation stands: its state, what it has learned, and the move that brought it there.

    slots    what was asked for and remembered
    hazards  the patient's (`robot.patient`)
    """

    __slots__ = ("__dict__", "hazards", "slots", "state", "taken")

    def __init__(self, state: str, hazards: frozenset[str] = frozenset()) -> None:
        self.state = state
        self.hazards = hazards
        self.slots: dict[str, Value] = {}
        self.taken: Move | None = None


class Chart:
    """Which moves there are. `take` is pure: it changes the position, and nothing else happens.

    A state's own moves come before those of `everywhere.yaml`, which do not reach into latched flows. Of several moves
    for one intent the first whose conditions hold is made. There are no automatic transitions, so that no way leads
    into a state that no file names.
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
        self._always: set[tuple[str, str]] = set()
        """States and intents for which a move is made whatever the conditions."""
        self._known: set[tuple[str, str]] = set()
        for _, name, state in states(dialogs):
            for move in state.moves:
                self._add(name, move)
            timeout = state.timeout
            action: Action = "escalate" if name in self.latched else "ask"
            wait = {"to": timeout.to, "say": timeout.say, "do": timeout.do, "reason": timeout.reason}
            self._add(name, Move.model_validate({"intent": TIMED_OUT, "action": action, **wait}))
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
            if (position.state, name) in self._known and not (name == "anything" and intent == TIMED_OUT):
                move = self._made(position, name)
                if move is not None:
                    return move
        return None

    def _made(self, position: Position, name: str) -> Move | None:
        position.taken = None
        self._machine.events[name].trigger(position)
        return position.taken

    def _add(self, source: str, move: Move) -> None:
        if (source, move.intent) in self._always:
            return
        self._known.add((source, move.intent))
        conditional = move.when or move.if_hazard or move.unless_hazard
        if not conditional:
            self._always.add((source, move.intent))
        self._machine.add_transition(
            move.intent,
            source,
            move.to,
            conditions=[partial(_holds, move)] if conditional else None,
            after=partial(_remember, move),
        )


def _holds(move: Move, event: EventData) -> bool:
    position: Any = event.model
    if move.if_hazard and position.hazards.isdisjoint(move.if_hazard):
        return False
    if not position.hazards.isdisjoint(move.unless_hazard):
        return False
    return all(_meets(position.slots.get(name), condition) for name, condition in move.when.items())


def _meets(value: Value | None, condition: Condition) -> bool:
    if value is None:
        return False
    if condition.equals is not None and value != condition.equals:
        return False
    if condition.below is None and condition.at_least is None:
        return True
    if isinstance(value, str):
        return False
    low = condition.at_least is None or value >= condition.at_least
    return low and (condition.below is None or value < condition.below)


def _remember(move: Move, event: EventData) -> None:
    position: Any = event.model
    position.taken = move
