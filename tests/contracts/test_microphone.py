"""What every microphone must do, simulated or real."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from hardware.audio import FRAME_MS, AudioFrame, frame_samples
from hardware.clock import SimulatedClock, SystemClock
from hardware.ports import Clock, HardwareError, Microphone
from tests import sound_card
from tests.sound_card import REAL_AUDIO


@dataclass
class Rig:
    """A microphone on its clock, its plug, and what it reported."""

    clock: Clock
    microphone: Microphone
    absent: Microphone
    unplug: Callable[[], None]
    plug: Callable[[], None]
    frames: list[AudioFrame] = field(default_factory=list)
    faults: list[HardwareError] = field(default_factory=list)

    @property
    def fault_codes(self) -> list[str]:
        return [fault.code for fault in self.faults if fault.code != "microphone_xrun"]

    async def until(self, condition: Callable[[], bool], at_most_s: float) -> bool:
        waited = 0.0
        while not condition() and waited < at_most_s:
            await self.clock.sleep(0.02)
            waited += 0.02
        return condition()

    def run(self, test: Callable[[Rig], Awaitable[None]]) -> None:
        async def main() -> None:
            await self.microphone.open(self.frames.append, self.faults.append)
            try:
                await test(self)
            finally:
                await self.microphone.close()

        self.clock.run(main())


@pytest.fixture(params=["simulated", pytest.param("portaudio", marks=REAL_AUDIO)])
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "simulated":
        from hardware.room import Room
        from hardware.simulated import SimulatedMicrophone

        virtual = SimulatedClock()
        room, empty = Room(virtual, seed=0), Room(virtual, seed=0)
        empty.microphone.unplug()
        return Rig(
            virtual,
            SimulatedMicrophone(room),
            SimulatedMicrophone(empty),
            room.microphone.unplug,
            room.microphone.plug,
        )
    from hardware.portaudio import PortAudioMicrophone

    real = SystemClock()
    return Rig(
        real,
        PortAudioMicrophone(clock=real),
        PortAudioMicrophone(device="a microphone that nobody makes", clock=real),
        sound_card.unplug,
        sound_card.plug,
    )


def test_is_a_microphone(rig: Rig) -> None:
    assert isinstance(rig.microphone, Microphone)


def test_frames_have_the_right_shape_and_pace(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert await rig.until(lambda: len(rig.frames) > 5, 3)
        began, before = rig.clock.now(), len(rig.frames)
        await rig.clock.sleep(1)
        expected = (rig.clock.now() - began) * 1000 / FRAME_MS
        assert len(rig.frames) - before == pytest.approx(expected, abs=6)
        for frame in rig.frames:
            assert frame.rate == rig.microphone.rate
            assert frame.samples.shape == (frame_samples(frame.rate),)
            assert frame.samples.dtype == np.int16

    rig.run(body)


def test_the_sequence_counts_from_nought_and_only_upward(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert await rig.until(lambda: len(rig.frames) >= 20, 3)
        numbers = [frame.sequence for frame in rig.frames]
        assert numbers[0] == 0
        assert all(later > earlier for earlier, later in pairwise(numbers))
        if not rig.faults:
            assert numbers == list(range(len(numbers)))

    rig.run(body)


def test_a_frame_may_be_kept(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert await rig.until(lambda: bool(rig.frames), 3)
        first = rig.frames[0].samples
        copy = first.copy()
        await rig.clock.sleep(0.2)
        assert np.array_equal(first, copy)

    rig.run(body)


def test_no_frame_after_close_and_frames_again_after_open(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert await rig.until(lambda: bool(rig.frames), 3)
        await rig.microphone.close()
        await rig.microphone.close()
        count = len(rig.frames)
        await rig.clock.sleep(0.2)
        assert len(rig.frames) == count
        await rig.microphone.open(rig.frames.append, rig.faults.append)
        assert await rig.until(lambda: len(rig.frames) > count, 3)

    rig.run(body)


def test_a_microphone_that_is_not_there_is_an_error_with_advice(rig: Rig) -> None:
    async def main() -> None:
        with pytest.raises(HardwareError) as caught:
            await rig.absent.open(rig.frames.append, rig.faults.append)
        assert caught.value.code == "microphone_missing"
        assert caught.value.advice

    rig.clock.run(main())


def test_pulling_the_plug_is_reported_once_and_frames_return_with_it(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        assert await rig.until(lambda: len(rig.frames) > 2, 3)
        rig.unplug()
        assert await rig.until(lambda: bool(rig.fault_codes), 3)
        try:
            await rig.clock.sleep(0.6)
            count = len(rig.frames)
        finally:
            rig.plug()
        assert await rig.until(lambda: len(rig.frames) > count + 5, 8)
        assert rig.fault_codes == ["microphone_gone"]
        gap = rig.frames[count].sequence - rig.frames[count - 1].sequence
        assert gap * FRAME_MS >= 500

    rig.run(body)
