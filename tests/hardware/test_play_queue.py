"""The queue between loop and audio thread: nothing lost, nothing said twice, no click."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.audio import Samples
from hardware.play_queue import FADE_MS, PlayQueue

RATE = 16_000
BLOCK = 160
FADE = RATE * FADE_MS // 1000


def level(size: int, value: int = 10_000) -> Samples:
    return np.full(size, value, dtype=np.int16)


def numbered(sizes: list[int]) -> list[Samples]:
    """Pieces whose samples count 1, 2, 3 … over all of them."""
    ends = np.cumsum([0, *sizes])
    return [np.arange(a + 1, b + 1, dtype=np.int16) for a, b in pairwise(ends)]


@given(st.lists(st.integers(0, 700), max_size=20), st.integers(1, 400))
def test_samples_come_out_as_they_went_in(sizes: list[int], block: int) -> None:
    queue = PlayQueue(RATE)
    pieces = numbered(sizes)
    for piece in pieces:
        queue.write(piece)
    blocks = [queue.take(block) for _ in range(sum(sizes) // block + 2)]
    assert sum(taken.written for taken in blocks) == sum(sizes)
    assert all(taken.samples.shape == (block,) for taken in blocks)
    out = np.concatenate([taken.samples for taken in blocks])
    assert np.array_equal(out[: sum(sizes)], np.concatenate([*pieces, level(0)]))
    assert not out[sum(sizes) :].any()


@given(st.lists(st.sampled_from(["take", "pause", "resume", "write"]), max_size=60))
def test_pauses_lose_nothing_whatever_the_order(steps: list[str]) -> None:
    queue = PlayQueue(RATE)
    written = played = 0
    for step in steps:
        if step == "take":
            played += queue.take(BLOCK).written
        elif step == "write":
            queue.write(level(333))
            written += 333
        else:
            getattr(queue, step)()
    queue.resume()
    played += sum(queue.take(BLOCK).written for _ in range(written // BLOCK + 2))
    assert played == written


@given(st.lists(st.sampled_from(["take", "pause", "resume", "flush"]), max_size=40))
def test_no_step_is_larger_than_the_fade_allows(steps: list[str]) -> None:
    """A constant tone of 10,000 may move by a fade's slope per sample, at most in two fades at once: no click."""
    queue = PlayQueue(RATE)
    queue.write(level(400 * BLOCK))
    queue.take(BLOCK)
    out = [level(1)]
    for step in steps:
        if step == "take":
            out.append(queue.take(BLOCK).samples)
        else:
            getattr(queue, step)()
    assert np.abs(np.diff(np.concatenate(out).astype(int))).max(initial=0) <= 2 * (10_000 // FADE + 1)


def test_a_pause_is_silent_within_a_block_and_holds_the_rest() -> None:
    queue = PlayQueue(RATE)
    queue.write(level(1000))
    assert queue.take(BLOCK).written == BLOCK
    queue.pause()
    block = queue.take(BLOCK)
    assert block.written == 0
    assert block.samples[0] == 10_000
    assert not block.samples[FADE:].any()
    assert not queue.take(BLOCK).samples.any()
    queue.resume()
    block = queue.take(BLOCK)
    assert block.written == BLOCK
    assert block.samples[0] == 0
    assert (block.samples[FADE:] == 10_000).all()


def test_pause_and_resume_within_a_block_are_inaudible() -> None:
    queue = PlayQueue(RATE)
    queue.write(level(1000))
    queue.take(BLOCK)
    queue.pause()
    queue.resume()
    assert np.abs(queue.take(BLOCK).samples.astype(int) - 10_000).max() <= 2


def test_a_flush_drops_everything_and_begins_an_epoch() -> None:
    queue = PlayQueue(RATE)
    queue.write(level(1000))
    before = queue.take(BLOCK)
    queue.pause()
    epoch = queue.flush()
    assert epoch > before.epoch
    block = queue.take(BLOCK)
    assert (block.written, block.epoch) == (0, epoch)
    queue.write(level(10, 77))
    assert queue.take(BLOCK).written == 10


def test_what_never_began_to_sound_does_not_fade_out() -> None:
    queue = PlayQueue(RATE)
    queue.write(level(1000))
    queue.flush()
    assert not queue.take(BLOCK).samples.any()
