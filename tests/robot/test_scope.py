"""Nothing of a conversation outlives it, and no defect in it stays unheard."""

from __future__ import annotations

import asyncio

from hardware.clock import SimulatedClock
from robot.scope import Scope


def test_a_timer_rings_once_and_a_new_one_takes_its_place() -> None:
    clock = SimulatedClock()
    rang: list[tuple[str, float]] = []

    async def main() -> None:
        scope = Scope(clock, raise_)
        scope.after("silence", 1.0, lambda: rang.append(("first", clock.now())))
        scope.after("silence", 2.0, lambda: rang.append(("second", clock.now())))
        scope.after("dead_air", 3.0, lambda: rang.append(("never", clock.now())))
        await clock.sleep(2.5)
        scope.stop("dead_air")
        scope.stop("dead_air")
        scope.stop("unknown")
        await clock.sleep(2.0)
        await scope.close()

    clock.run(main())
    assert rang == [("second", 2.0)]


def test_closing_ends_tasks_and_timers_and_waits_for_them() -> None:
    clock = SimulatedClock()
    seen: list[str] = []

    async def work() -> None:
        try:
            await clock.sleep(100)
        finally:
            await clock.sleep(1)
            seen.append("cleaned up")

    async def main() -> None:
        scope = Scope(clock, raise_)
        scope.spawn(work())
        scope.after("silence", 5.0, lambda: seen.append("rang"))
        await asyncio.sleep(0)
        await scope.close()
        assert seen == ["cleaned up"]
        await clock.sleep(10)

    clock.run(main())
    assert seen == ["cleaned up"]


def test_a_defect_in_a_task_is_told() -> None:
    clock = SimulatedClock()
    defects: list[BaseException] = []

    async def work() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        scope = Scope(clock, defects.append)
        scope.spawn(work())
        await clock.sleep(1)
        await scope.close()

    clock.run(main())
    assert [type(defect) for defect in defects] == [ZeroDivisionError]


def raise_(defect: BaseException) -> None:
    raise defect
