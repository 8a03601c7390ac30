"""Who has the floor: laws of the table under any sequence of triggers."""

from __future__ import annotations

from collections import deque
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import Floor
from robot import turns as module
from robot.turns import TurnAction, Turns

FLOORS: tuple[Floor, ...] = get_args(Floor)
TRIGGERS = (
    "speech_started",
    "speech_confirmed",
    "speech_dismissed",
    "speech_ended",
    "reply_sounds",
    "reply_done",
    "reply_done_while_speaking",
)
steps = st.lists(st.tuples(st.sampled_from(TRIGGERS), st.booleans()), max_size=60)


def at(floor: Floor) -> Turns:
    """Turns that stand on `floor`, reached by the shortest sequence of triggers."""
    paths: dict[str, tuple[str, ...]] = {"nobody": ()}
    frontier = deque(["nobody"])
    while frontier:
        here = frontier.popleft()
        for trigger in TRIGGERS:
            there = walk(*paths[here], trigger)
            if there.floor not in paths:
                paths[there.floor] = (*paths[here], trigger)
                frontier.append(there.floor)
    return walk(*paths[floor])


def walk(*triggers: str) -> Turns:
    turns = Turns()
    for trigger in triggers:
        turns.take(trigger)
    return turns


@given(steps)
def test_the_floor_is_always_one_of_five(sequence: list[tuple[str, bool]]) -> None:
    turns = Turns()
    for trigger, interruptible in sequence:
        turns.take(trigger, interruptible=interruptible)
        assert turns.floor in FLOORS


@given(steps)
def test_what_may_not_be_interrupted_is_never_paused(sequence: list[tuple[str, bool]]) -> None:
    turns = Turns()
    for trigger, interruptible in sequence:
        before = turns.floor
        action = turns.take(trigger, interruptible=interruptible)
        if not interruptible:
            assert action is not TurnAction.PAUSE
            if before in ("robot", "thinking"):
                assert turns.floor != "paused"


@given(st.lists(st.sampled_from(TRIGGERS), max_size=60))
def test_a_reply_that_may_not_be_interrupted_from_the_start_is_never_given_up(sequence: list[str]) -> None:
    turns = at("robot")
    for trigger in sequence:
        action = turns.take(trigger, interruptible=False)
        assert action in (TurnAction.NONE, TurnAction.RESUME)


@given(steps)
def test_every_pause_ends_in_going_on_giving_way_or_nothing_left(sequence: list[tuple[str, bool]]) -> None:
    """The speaker may not stay paused on a floor where nobody would wake it."""
    turns = Turns()
    paused = False
    for trigger, interruptible in sequence:
        action = turns.take(trigger, interruptible=interruptible)
        if action is TurnAction.PAUSE:
            paused = True
        elif action in (TurnAction.RESUME, TurnAction.YIELD):
            paused = False
        assert paused == (turns.floor == "paused")


@pytest.mark.parametrize("floor", FLOORS)
def test_every_floor_is_reached_and_leads_back_to_nobody(floor: Floor) -> None:
    turns = at(floor)
    assert turns.floor == floor
    seen: set[str] = set()
    frontier = [floor]
    while frontier:
        here = frontier.pop()
        for trigger in TRIGGERS:
            turns = at(here)
            turns.take(trigger)
            if turns.floor not in seen:
                seen.add(turns.floor)
                frontier.append(turns.floor)
    assert "nobody" in seen


def test_the_table_has_no_moves_that_nobody_wrote() -> None:
    assert set(module._TABLE.events) == set(TRIGGERS)
    assert not any(name.startswith("to_") for name in module._TABLE.events)


def test_a_trigger_without_a_place_changes_nothing() -> None:
    turns = Turns()
    assert turns.take("reply_done") is TurnAction.NONE
    assert turns.take("no_such_trigger") is TurnAction.NONE
    assert turns.floor == "nobody"


def test_conversations_do_not_share_a_floor() -> None:
    one, other = Turns(), Turns()
    one.take("speech_started")
    assert (one.floor, other.floor) == ("patient", "nobody")


@pytest.mark.parametrize(
    ("triggers", "action", "floor"),
    [
        (("speech_started",), TurnAction.PAUSE, "paused"),
        (("speech_started", "speech_dismissed"), TurnAction.RESUME, "robot"),
        (("speech_started", "speech_confirmed"), TurnAction.YIELD, "patient"),
        (("speech_started", "speech_ended"), TurnAction.YIELD, "thinking"),
        (("reply_done",), TurnAction.NONE, "nobody"),
    ],
)
def test_barge_in_pauses_first_and_decides_later(triggers: Any, action: TurnAction, floor: Floor) -> None:
    turns = at("robot")
    actions = [turns.take(trigger) for trigger in triggers]
    assert (actions[-1], turns.floor) == (action, floor)
