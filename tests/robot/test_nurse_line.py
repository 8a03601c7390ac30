"""Keeping a call alive: delivery, retries, escalation, and what becomes of it when the conversation closes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hardware.clock import SimulatedClock
from hardware.ports import NurseRequest
from hardware.simulated import SimulatedNurseCall
from robot.events import (
    CallAcknowledged,
    CallDelivered,
    CallFailed,
    CallNurse,
    CallUnanswered,
    DialogEvent,
    Sensitive,
)
from robot.nurse_line import UNANSWERED_S, NurseLine

Told = list[tuple[float, DialogEvent]]


def call(identity: str = "visit-1", **changes: Any) -> CallNurse:
    return CallNurse(identity, changes.pop("urgency", "emergency"), "chest_pain", Sensitive("it hurts"), **changes)


def run(
    script: Callable[[NurseLine, SimulatedNurseCall, SimulatedClock], Awaitable[None]],
    port_type: type[SimulatedNurseCall] = SimulatedNurseCall,
    **options: Any,
) -> tuple[Told, SimulatedNurseCall]:
    clock = SimulatedClock()
    port = port_type(clock, **options)
    told: Told = []

    async def main() -> None:
        line = NurseLine(port, clock, "bed 7", lambda event: told.append((clock.now(), event)))
        await line.open()
        await script(line, port, clock)
        await line.close()

    clock.run(main())
    return told, port


def kinds(told: Told) -> list[type]:
    return [type(event) for _, event in told]


def test_a_call_is_delivered_with_bed_class_and_words_and_acknowledged() -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(60)

    told, port = run(script)
    assert kinds(told) == [CallDelivered, CallAcknowledged]
    assert port.delivered == [NurseRequest("visit-1", "bed 7", "emergency", "chest_pain", "it hurts")]


def test_calling_returns_at_once_and_nothing_is_said_before_delivery() -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(4.9)
        assert port.delivered == []

    told, _ = run(script, delivery_s=5.0)
    assert kinds(told) == [CallDelivered], "whoever closes waits for the delivery that runs"


def test_a_call_that_nobody_answers_is_told_after_thirty_seconds() -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(120)

    told, _ = run(script, acknowledge_after_s=None)
    assert kinds(told) == [CallDelivered, CallUnanswered]
    assert told[1][0] - told[0][0] == pytest.approx(UNANSWERED_S)


def test_a_dead_line_is_told_at_once_and_tried_on() -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(1.0)
        port.broken = False
        await clock.sleep(20)

    told, port = run(script, broken=True)
    assert kinds(told) == [CallFailed, CallDelivered, CallAcknowledged]
    assert told[0][0] < 0.5
    assert len(port.delivered) == 1


def test_a_driver_with_a_defect_is_a_dead_line_to_the_patient(caplog: pytest.LogCaptureFixture) -> None:
    """The patient was told that help is being called; whatever broke, they must hear that it was not."""

    class Defective(SimulatedNurseCall):
        async def deliver(self, request: NurseRequest) -> None:
            raise ZeroDivisionError

    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(20)

    with caplog.at_level(logging.CRITICAL, logger="asyncio"):
        told, _ = run(script, Defective)
    assert kinds(told) == [CallFailed]


def test_an_answer_stops_the_escalation_of_its_call_but_not_of_another() -> None:
    """A nurse who answers the routine call from before has not answered the emergency."""

    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call("visit-1", urgency="routine"))
        line.call(call("visit-10"))
        await clock.sleep(5)
        port.acknowledge("visit-1")
        await clock.sleep(60)

    told, _ = run(script, acknowledge_after_s=None)
    assert [event for _, event in told if isinstance(event, CallUnanswered)] == [CallUnanswered("visit-10")]


@pytest.mark.parametrize("answered", ["visit-1", "visit-1-charge-nurse"])
def test_an_answer_to_any_call_of_the_same_chain_stops_it(answered: str) -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call("visit-1"))
        await clock.sleep(31)
        line.call(call("visit-1-charge-nurse", escalation="charge_nurse"))
        await clock.sleep(5)
        port.acknowledge(answered)
        await clock.sleep(90)

    told, _ = run(script, acknowledge_after_s=None)
    assert kinds(told) == [CallDelivered, CallUnanswered, CallDelivered, CallAcknowledged]


def test_closing_twice_and_an_answer_after_it_are_quiet() -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(1)
        await line.close()
        port.acknowledge("visit-1")
        await clock.sleep(60)
        assert not asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    told, _ = run(script)
    assert kinds(told) == [CallDelivered]


@pytest.mark.parametrize(("urgency", "delivered"), [("emergency", 1), ("urgent", 1), ("routine", 0)])
def test_an_emergency_is_tried_until_the_line_is_back_and_a_wish_is_not(urgency: str, delivered: int) -> None:
    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call(urgency=urgency))
        await clock.sleep(60)
        port.broken = False
        await clock.sleep(5)

    told, port = run(script, broken=True, acknowledge_after_s=None)
    assert kinds(told) == [CallFailed] + [CallDelivered] * delivered
    assert len(port.delivered) == delivered


def test_a_dead_line_does_not_keep_a_conversation_from_closing() -> None:
    took: list[float] = []

    async def script(line: NurseLine, port: SimulatedNurseCall, clock: SimulatedClock) -> None:
        line.call(call())
        await clock.sleep(10)
        began = clock.now()
        await line.close()
        took.append(clock.now() - began)

    run(script, broken=True)
    assert took[0] <= 5
