"""The timeline of a conversation: intervals without gaps, waits that add up, moments in order."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import SimulatedClock
from hardware.ports import Floor
from robot.events import FloorChanged, Opened
from robot.simulate.timeline import Timeline
from tests.robot.simulate.toy import visit


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return visit()[1]


def test_the_opening_is_time_zero(timeline: Timeline) -> None:
    assert timeline.entries[0] == (0.0, Opened())
    assert timeline.length == timeline.entries[-1][0] > 10


def test_the_robot_has_the_floor_while_it_sounds_and_the_patient_while_they_speak(timeline: Timeline) -> None:
    floors = timeline.floors()
    for speech in timeline.speech():
        middle = (speech.start + speech.end) / 2
        (holder,) = [span.label for span in floors if span.start <= middle < span.end]
        assert holder in ("patient", "paused")
    for wait in timeline.latencies():
        (holder,) = [span.label for span in floors if span.start <= wait.first_sound + 0.1 < span.end]
        assert holder == "robot"


def test_states_follow_the_visit(timeline: Timeline) -> None:
    states = [span.label for span in timeline.states()]
    assert states[0] == "greeting.hello"
    assert states.index("question.answered") < states.index("emergency.called") < states.index("goodbye.done")


def test_speech_lasts_as_long_as_the_patient_sounded(timeline: Timeline) -> None:
    spoken = timeline.speech()
    assert [span.label for span in spoken] == ["speech"] * 5
    assert all(0.8 < span.end - span.start < 1.1 for span in spoken)


def test_a_wait_is_the_sum_of_its_stages(timeline: Timeline) -> None:
    waits = timeline.latencies()
    assert [wait.timed.turn for wait in waits] == [1, 2, 3, 4, 5]
    for wait in waits:
        assert sum(wait.timed.stages.values()) == pytest.approx(wait.timed.voice_to_voice, abs=0.1)
        assert (wait.first_sound - wait.speech_end) * 1000 == pytest.approx(wait.timed.voice_to_voice, abs=0.1)


def test_moments_tell_the_interruption_and_the_nurse_call_in_order(timeline: Timeline) -> None:
    moments = timeline.moments()
    labels = [moment.label for moment in moments]
    assert labels == ["interrupted", "nurse called", "call delivered", "nurse is coming", "cleared by nurse"]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)


def test_an_empty_timeline_has_nothing_in_it() -> None:
    timeline = Timeline(SimulatedClock())
    assert timeline.length == 0
    assert (timeline.floors(), timeline.states(), timeline.speech(), timeline.moments()) == ([], [], [], [])


@given(
    changes=st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(get_args(Floor))), max_size=30),
    after=st.integers(0, 5000),
)
def test_floors_leave_no_gap_and_never_overlap(changes: list[tuple[int, Floor]], after: int) -> None:
    timeline = Timeline(SimulatedClock())
    at = 0
    for pause, floor in changes:
        at += pause
        timeline.entries.append((at, FloorChanged(floor)))
    floors = timeline.floors(until=at + after)
    assert all(span.end > span.start for span in floors)
    assert all(one.end == two.start and one.label != two.label for one, two in pairwise(floors))
    if floors:
        assert (floors[0].start, floors[-1].end) == (0.0, at + after)
        assert not changes or after == 0 or floors[-1].label == changes[-1][1]
