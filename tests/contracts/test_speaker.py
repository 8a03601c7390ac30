"""What every speaker must do, simulated or real."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from hardware.audio import Samples
from hardware.clock import SimulatedClock, SystemClock
from hardware.ports import Clock, HardwareError, Speaker
from tests.sound_card import REAL_AUDIO

RATE = 22_050


@dataclass
class Rig:
    """A speaker on its clock, with what it reported."""

    clock: Clock
    speaker: Speaker
    played: list[int] = field(default_factory=list)
    faults: list[HardwareError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.played)

    async def until_empty(self, at_most_s: float) -> None:
        waited = 0.0
        while self.speaker.queued and waited < at_most_s:
            await self.clock.sleep(0.02)
            waited += 0.02

    def run(self, test: Callable[[Rig], Awaitable[None]]) -> None:
        async def main() -> None:
            await self.speaker.open(self.played.append, self.faults.append)
            try:
                await test(self)
            finally:
                await self.speaker.close()

        self.clock.run(main())


@pytest.fixture(params=["simulated", pytest.param("portaudio", marks=REAL_AUDIO)])
def rig(request: pytest.FixtureRequest) -> Rig:
    if request.param == "simulated":
        from hardware.room import Room
        from hardware.simulated import SimulatedSpeaker

        virtual = SimulatedClock()
        return Rig(virtual, SimulatedSpeaker(Room(virtual, seed=0), rate=RATE))
    from hardware.portaudio import PortAudioSpeaker

    real = SystemClock()
    return Rig(real, PortAudioSpeaker(rate=RATE, clock=real))


def hum(seconds: float) -> Samples:
    times = np.arange(int(RATE * seconds)) / RATE
    return np.asarray(6000 * np.sin(2 * np.pi * 440 * times), dtype=np.int16)


def test_is_a_speaker(rig: Rig) -> None:
    assert isinstance(rig.speaker, Speaker)
    assert rig.speaker.rate == RATE


def test_everything_written_is_played_once_and_not_faster_than_it_sounds(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        began = rig.clock.now()
        rig.speaker.write(hum(0.25))
        rig.speaker.write(hum(0.15))
        assert rig.speaker.queued == hum(0.25).size + hum(0.15).size
        await rig.until_empty(3)
        assert rig.total == hum(0.25).size + hum(0.15).size
        assert all(count > 0 for count in rig.played)
        assert rig.clock.now() - began >= 0.36
        assert not [fault for fault in rig.faults if fault.code != "speaker_xrun"]

    rig.run(body)


def test_a_silent_speaker_reports_nothing_and_has_no_reference(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        rig.speaker.write(hum(0))
        await rig.clock.sleep(0.2)
        assert rig.played == []
        assert rig.speaker.reference.size == 0

    rig.run(body)


def test_the_reference_sounds_like_what_was_written(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        rig.speaker.write(hum(0.4))
        await rig.clock.sleep(0.25)
        reference = rig.speaker.reference
        assert 0.009 <= reference.size / RATE <= 0.021
        assert np.abs(reference).max() == pytest.approx(6000, rel=0.02)
        await rig.until_empty(3)
        await rig.clock.sleep(0.2)
        assert rig.speaker.reference.size == 0

    rig.run(body)


def test_a_pause_holds_what_is_queued_and_resume_plays_all_of_it(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        sound = hum(0.5)
        rig.speaker.write(sound)
        await rig.clock.sleep(0.2)
        rig.speaker.pause()
        await rig.clock.sleep(0.15)
        held = rig.total
        assert 0 < held < sound.size
        await rig.clock.sleep(0.3)
        assert rig.total == held
        assert rig.speaker.queued == sound.size - held
        rig.speaker.resume()
        await rig.until_empty(3)
        assert rig.total == sound.size

    rig.run(body)


def test_a_flush_drops_the_rest_and_never_reports_it(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        rig.speaker.write(hum(0.6))
        await rig.clock.sleep(0.25)
        rig.speaker.flush()
        heard = rig.total
        assert heard < hum(0.6).size
        assert rig.speaker.queued == 0
        await rig.clock.sleep(0.5)
        assert rig.total == heard

    rig.run(body)


def test_what_is_written_after_a_flush_is_played_even_from_a_pause(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        rig.speaker.write(hum(0.5))
        await rig.clock.sleep(0.1)
        rig.speaker.pause()
        rig.speaker.flush()
        before = rig.total
        rig.speaker.write(hum(0.2))
        await rig.until_empty(3)
        assert rig.total - before == hum(0.2).size

    rig.run(body)


def test_closing_twice_and_opening_again(rig: Rig) -> None:
    async def body(rig: Rig) -> None:
        await rig.speaker.close()
        await rig.speaker.close()
        await rig.speaker.open(rig.played.append, rig.faults.append)
        rig.speaker.write(hum(0.1))
        await rig.until_empty(3)
        assert rig.total == hum(0.1).size

    rig.run(body)
