"""What every clock must do, simulated or real."""

from __future__ import annotations

import time

import pytest

from hardware.clock import SimulatedClock, SystemClock
from hardware.ports import Clock, HardwareError


@pytest.fixture(params=[SystemClock, SimulatedClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    assert isinstance(made, Clock)
    return made


def test_sleeping_moves_both_clocks_by_as_much(clock: Clock) -> None:
    async def main() -> tuple[float, float]:
        began, wall = clock.now(), clock.wall()
        await clock.sleep(0.05)
        return clock.now() - began, (clock.wall() - wall).total_seconds()

    monotonic, wall = clock.run(main())
    assert 0.05 <= monotonic + 1e-6 < 2
    assert wall == pytest.approx(monotonic, abs=0.05)


def test_wall_time_has_a_zone(clock: Clock) -> None:
    async def main() -> bool:
        return clock.wall().tzinfo is not None

    assert clock.run(main())


def test_timers_fire_in_the_order_of_their_time(clock: Clock) -> None:
    async def main() -> list[str]:
        fired: list[str] = []
        clock.call_later(0.04, lambda: fired.append("later"))
        clock.call_later(0.01, lambda: fired.append("sooner"))
        await clock.sleep(0.08)
        return fired

    assert clock.run(main()) == ["sooner", "later"]


def test_a_cancelled_timer_never_fires(clock: Clock) -> None:
    async def main() -> list[str]:
        fired: list[str] = []
        clock.call_later(0.01, lambda: fired.append("cancelled")).cancel()
        await clock.sleep(0.05)
        return fired

    assert clock.run(main()) == []


def test_run_hands_back_the_result_and_the_error(clock: Clock) -> None:
    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise LookupError

    assert clock.run(answer()) == 42
    with pytest.raises(LookupError):
        clock.run(fail())


def test_simulated_time_is_free_and_repeats() -> None:
    async def main(clock: Clock) -> list[float]:
        instants = []
        for _ in range(1000):
            await clock.sleep(3.6)
            instants.append(clock.now())
        return instants

    began = time.perf_counter()
    first, second = (SimulatedClock().run(main(SimulatedClock())) for _ in range(2))
    assert first == second
    assert first[-1] == pytest.approx(3600)
    assert time.perf_counter() - began < 5


def test_simulated_time_that_cannot_go_on_is_an_error_not_a_hang() -> None:
    import asyncio

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(HardwareError) as caught:
        SimulatedClock().run(main())
    assert caught.value.code == "simulation_stalled"
