"""The simulated display and nurse-call line; the microphone and the speaker are tested with the room."""

from __future__ import annotations

import pytest

from hardware.clock import SimulatedClock
from hardware.ports import HardwareError, NurseRequest, Screen
from hardware.simulated import SimulatedDisplay, SimulatedNurseCall

REQUEST = NurseRequest("visit-1", "bed 1", "urgent", "breathless", "I cannot breathe")


def test_the_display_keeps_every_picture_until_it_is_closed() -> None:
    async def main() -> None:
        display = SimulatedDisplay()
        await display.close()
        for state in ("a", "b"):
            display.show(Screen(state=state))
        assert [screen.state for screen in display.screens] == ["a", "b"]
        await display.close()
        assert [screen.state for screen in display.screens] == ["b"]

    SimulatedClock().run(main())


def test_the_line_takes_its_time_and_a_nurse_answers() -> None:
    clock = SimulatedClock()
    answered: list[tuple[float, str, str]] = []

    async def main() -> None:
        line = SimulatedNurseCall(clock, delivery_s=0.5, acknowledge_after_s=3.0)
        await line.open(lambda identity, by: answered.append((clock.now(), identity, by)))
        await line.deliver(REQUEST)
        assert clock.now() == pytest.approx(0.5)
        await line.deliver(REQUEST)
        assert line.delivered == [REQUEST], "a repeated delivery is the same request"
        await clock.sleep(10)
        line.acknowledge("visit-1")
        await line.close()

    clock.run(main())
    assert answered == [(pytest.approx(3.5), "visit-1", "nurse")]


def test_a_broken_line_delivers_nothing_and_a_mended_one_does() -> None:
    clock = SimulatedClock()

    async def main() -> None:
        line = SimulatedNurseCall(clock, broken=True)
        await line.open(lambda *_: None)
        with pytest.raises(HardwareError) as raised:
            await line.deliver(REQUEST)
        assert raised.value.code == "nurse_call_undelivered"
        line.broken = False
        await line.deliver(REQUEST)
        assert line.delivered == [REQUEST]
        await line.close()

    clock.run(main())


def test_after_closing_nobody_is_told() -> None:
    clock = SimulatedClock()
    answered: list[str] = []

    async def main() -> None:
        line = SimulatedNurseCall(clock, acknowledge_after_s=1.0)
        await line.open(lambda identity, by: answered.append(identity))
        await line.deliver(REQUEST)
        await line.close()
        line.acknowledge("visit-1")
        await clock.sleep(10)

    clock.run(main())
    assert answered == []


def test_a_request_does_not_show_the_patients_words() -> None:
    assert "breathe" not in repr(REQUEST)
