"""The door to threads: one call at a time, in order, inline on a virtual clock, and closed without a trace."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from hardware.clock import SimulatedClock, SystemClock
from robot.blocking import Blocking, Strand


def in_both(main_of: object) -> None:
    """Run an async function of a strand on both clocks: in a thread, and inline."""
    assert callable(main_of)
    for clock, inline in ((SystemClock(), False), (SimulatedClock(), True)):
        blocking = Blocking(inline=inline)
        try:
            clock.run(main_of(blocking.strand("test"), inline))
        finally:
            blocking.close()


def test_calls_run_off_the_loop_or_inline_and_return_their_result() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        thread = await strand.run(threading.get_ident)
        assert (thread == threading.get_ident()) == inline
        assert await strand.run(divmod, 7, 2) == (3, 1)
        assert await strand.run(lambda *, base: base, base=4) == 4

    in_both(main)


def test_an_error_of_the_call_reaches_who_awaits_it() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        with pytest.raises(ZeroDivisionError):
            await strand.run(divmod, 1, 0)
        assert await strand.run(divmod, 1, 1) == (1, 0), "the strand goes on"

    in_both(main)


def test_calls_of_one_strand_never_meet_and_keep_their_order() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        inside = 0
        order: list[int] = []

        def work(number: int) -> None:
            nonlocal inside
            inside += 1
            assert inside == 1
            order.append(number)
            inside -= 1

        await asyncio.gather(*(strand.run(work, number) for number in range(50)))
        assert order == list(range(50))

    in_both(main)


def test_a_posted_call_hands_its_result_to_the_loop() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        got: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        strand.post(threading.get_ident, lambda thread: got.set_result((thread, threading.get_ident())))
        worked, told = await got
        assert told == threading.get_ident(), "told on the loop's thread"
        assert (worked == told) == inline

    in_both(main)


def test_items_are_computed_one_by_one_and_the_iterator_is_closed() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        made: list[int] = []
        closed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()

        def items() -> Iterator[int]:
            try:
                for number in range(100):
                    made.append(number)
                    yield number
            finally:
                loop.call_soon_threadsafe(closed.set_result, True)

        iterator = strand.iterate(items)
        assert [await anext(iterator) for _ in range(3)] == [0, 1, 2]
        await iterator.aclose()
        await closed
        assert made == [0, 1, 2], "nothing is made ahead"
        assert [item async for item in strand.iterate(lambda: iter("abc"))] == ["a", "b", "c"]
        assert [item async for item in strand.iterate(lambda: iter(()))] == []

    in_both(main)


def test_an_item_may_be_none_and_an_error_in_the_middle_is_raised() -> None:
    async def main(strand: Strand, inline: bool) -> None:
        def items() -> Iterator[None]:
            yield None
            raise ValueError("in the middle")

        iterator = strand.iterate(items)
        assert await anext(iterator) is None
        with pytest.raises(ValueError, match="middle"):
            await anext(iterator)

    in_both(main)


def test_a_cancelled_wait_does_not_let_two_calls_meet() -> None:
    started, go = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert go.wait(10)
        return "slow"

    async def main() -> None:
        blocking = Blocking(inline=False)
        strand = blocking.strand("test")
        waiting = asyncio.ensure_future(strand.run(slow))
        assert await asyncio.to_thread(started.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        after = asyncio.ensure_future(strand.run(lambda: "after"))
        await asyncio.sleep(0)
        assert not after.done(), "it waits for the call that still runs"
        go.set()
        assert await after == "after"
        blocking.close()

    SystemClock().run(main())


def test_closing_ends_the_threads_and_is_fine_twice() -> None:
    async def main() -> None:
        blocking = Blocking(inline=False)
        strands = [blocking.strand(f"closing-{number}") for number in range(3)]
        await asyncio.gather(*(strand.run(threading.get_ident) for strand in strands))
        blocking.close()
        blocking.close()

    SystemClock().run(main())
    for thread in threading.enumerate():
        if thread.name.startswith("closing-"):
            thread.join(5)
            assert not thread.is_alive()


def test_a_strand_that_is_never_used_starts_no_thread() -> None:
    before = threading.active_count()
    blocking = Blocking(inline=False)
    blocking.strand("unused")
    assert threading.active_count() == before
    blocking.close()
