"""The states and moves of all flows, as one machine."""

from __future__ import annotations

import pytest

from dialogs.loader import EVENT_INTENTS, states
from robot.think.chart import RED_FLAG, TIMED_OUT, Position
from tests.conversations import shared

CHART = shared().chart
STATES = [name for _, name, _ in states(shared().dialogs)]
INTENTS = sorted({*shared().dialogs.intents.intents, *EVENT_INTENTS, TIMED_OUT, RED_FLAG})
SPOKEN = sorted({*shared().dialogs.intents.intents, "question", "unclear", "not_heard"})


@pytest.mark.parametrize("state", STATES)
def test_a_red_flag_leads_from_every_state_into_the_emergency(state: str) -> None:
    position = Position(state)
    move = CHART.take(position, RED_FLAG)
    assert move is not None and move.do == "call_nurse"
    assert position.state in CHART.latched


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_time_out(state: str) -> None:
    assert CHART.take(Position(state), TIMED_OUT) is not None


@pytest.mark.parametrize("state", [state for state in STATES if state not in CHART.latched])
def test_whoever_stays_silent_gets_to_goodbye(state: str) -> None:
    position = Position(state)
    for _ in range(10):
        move = CHART.take(position, TIMED_OUT)
        assert move is not None
        if move.do == "end":
            assert position.state == "goodbye.done"
            return
    pytest.fail(f"silence from {state} leads to {position.state} and never ends")


@pytest.mark.parametrize("state", sorted(CHART.latched))
@pytest.mark.parametrize("intent", [intent for intent in INTENTS if intent != "emergency_cleared"])
def test_nothing_but_staff_leads_out_of_an_emergency(state: str, intent: str) -> None:
    position = Position(state)
    CHART.take(position, intent)
    assert position.state in CHART.latched


@pytest.mark.parametrize("state", sorted(CHART.latched))
def test_staff_lead_out_of_every_state_of_an_emergency(state: str) -> None:
    position = Position(state)
    CHART.take(position, "emergency_cleared")
    assert position.state == shared().dialogs.everywhere.cleared.to


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("intent", SPOKEN)
def test_whatever_a_patient_means_there_is_a_move(state: str, intent: str) -> None:
    """Without one the robot would stand there in silence."""
    assert CHART.take(Position(state), intent) is not None


@pytest.mark.parametrize("state", sorted(CHART.latched))
def test_an_unanswered_call_is_raised_wherever_the_emergency_stands(state: str) -> None:
    move = CHART.take(Position(state), "call_unanswered")
    assert move is not None and move.do == "call_nurse"


@pytest.mark.parametrize("state", sorted(CHART.latched))
def test_a_nurse_who_answers_is_announced_wherever_the_emergency_stands(state: str) -> None:
    position = Position(state)
    CHART.take(position, "call_acknowledged")
    assert position.state == "emergency.coming"


def test_the_states_are_shared_and_positions_are_not() -> None:
    one, other = Position(CHART.start), Position(CHART.start)
    CHART.take(one, "affirm")
    assert one.state != other.state == CHART.start


def test_there_are_no_moves_that_no_file_names() -> None:
    position = Position(CHART.start)
    assert CHART.take(position, "to_emergency.calling") is None
    assert CHART.take(position, "no_such_intent") is None
    assert position.state == CHART.start


def test_a_states_own_move_comes_before_the_common_one() -> None:
    own, common = Position("menu.quiet"), Position("menu.waiting")
    CHART.take(own, "deny")
    CHART.take(common, "deny")
    assert (own.state, common.state) == ("goodbye.done", "menu.waiting")
