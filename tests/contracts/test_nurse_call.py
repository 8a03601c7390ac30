"""What every nurse-call line must do, simulated or real."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hardware.clock import SimulatedClock, SystemClock
from hardware.nurse_call import WebhookNurseCall
from hardware.ports import Clock, HardwareError, NurseCall, NurseRequest
from tests.nurse_service import NurseService

WORDS = "I cannot breathe well"


@dataclass
class Rig:
    """A line, a dead line of the same kind, what arrived at the other end, and the nurse there."""

    clock: Clock
    line: NurseCall
    dead: NurseCall
    arrived: Callable[[], int]
    acknowledge: Callable[[str], None] | None
    acknowledged: list[tuple[str, str]] = field(default_factory=list)

    def run(self, test: Callable[[Rig], Awaitable[None]]) -> None:
        async def main() -> None:
            for line in (self.line, self.dead):
                await line.open(lambda request_id, by: self.acknowledged.append((request_id, by)))
            try:
                await test(self)
            finally:
                for line in (self.line, self.dead):
                    await line.close()

        self.clock.run(main())


@pytest.fixture(params=["simulated", "webhook"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "simulated":
        from hardware.simulated import SimulatedNurseCall

        virtual = SimulatedClock()
        line = SimulatedNurseCall(virtual, acknowledge_after_s=None)
        dead = SimulatedNurseCall(virtual, broken=True)
        yield Rig(virtual, line, dead, lambda: len(line.delivered), line.acknowledge)
    else:
        with NurseService() as service, NurseService(always="fails") as failing:
            yield Rig(
                SystemClock(),
                WebhookNurseCall(service.url, acknowledge_poll_s=0.02),
                WebhookNurseCall(failing.url, give_up_s=0.3),
                lambda: len(service.known),
                service.acknowledge,
            )


def call(request_id: str = "one") -> NurseRequest:
    return NurseRequest(request_id, "4", "urgent", "breathlessness", WORDS)


def test_is_a_nurse_call(rig: Rig) -> None:
    assert isinstance(rig.line, NurseCall)


def test_delivered_means_that_the_other_side_has_it(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert rig.arrived() == 0
        await rig.line.deliver(call())
        assert rig.arrived() == 1

    rig.run(body)


def test_the_same_request_is_delivered_once(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        await rig.line.deliver(call())
        await rig.line.deliver(call())
        assert rig.arrived() == 1
        await rig.line.deliver(call("two"))
        assert rig.arrived() == 2

    rig.run(body)


def test_a_dead_line_says_so_without_the_patients_words(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        with pytest.raises(HardwareError) as caught:
            await rig.dead.deliver(call())
        assert caught.value.code == "nurse_call_undelivered"
        assert caught.value.advice
        assert WORDS not in str(caught.value) + repr(caught.value)

    rig.run(body)


def test_an_acknowledgement_comes_from_a_person_or_not_at_all(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        await rig.line.deliver(call())
        await rig.clock.sleep(0.1)
        assert rig.acknowledged == []
        if rig.acknowledge is not None:
            rig.acknowledge("one")
            for _ in range(200):
                if rig.acknowledged:
                    break
                await rig.clock.sleep(0.02)
            assert rig.acknowledged == [("one", "nurse")]

    rig.run(body)


def test_nothing_is_acknowledged_after_close(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        await rig.line.deliver(call())
        await rig.line.close()
        await rig.line.close()
        if rig.acknowledge is not None:
            rig.acknowledge("one")
        await rig.clock.sleep(0.1)
        assert rig.acknowledged == []

    rig.run(body)
