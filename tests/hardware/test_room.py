"""The acoustics between the simulated devices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hardware.acoustics import FRAME, SPEECH_DB
from hardware.audio import RATE, SILENCE_DB, AudioFrame, Samples, frame_samples, level_db
from hardware.clock import SimulatedClock, SystemClock
from hardware.ports import HardwareError
from hardware.room import Room
from hardware.simulated import SimulatedMicrophone, SimulatedSpeaker
from tests.conversations import voice


def ticked(room: Room, frames: int, each: Callable[[int], None] = lambda _: None) -> list[AudioFrame]:
    """What the microphone heard in so many frames, without a clock."""
    heard: list[AudioFrame] = []
    room.microphone.connect(heard.append, lambda _: None)
    for number in range(frames):
        each(number)
        room.tick()
    return heard


def sound(heard: list[AudioFrame]) -> Samples:
    return np.concatenate([frame.samples for frame in heard])


def click(size: int = FRAME) -> Samples:
    samples = np.zeros(size, dtype=np.int16)
    samples[0] = 20_000
    return samples


def test_a_silent_room_is_silent() -> None:
    heard = ticked(Room(SimulatedClock()), 50)
    assert level_db(sound(heard)) == SILENCE_DB
    assert [frame.sequence for frame in heard] == list(range(50))


def test_a_talker_is_heard_sample_for_sample() -> None:
    room = Room(SimulatedClock(), record=True)
    spoken = np.arange(1, 1001, dtype=np.int16)
    assert room.speak(spoken) == pytest.approx(1000 / RATE)
    assert room.talking
    heard = sound(ticked(room, 10))
    assert np.array_equal(heard[:1000], spoken)
    assert not heard[1000:].any() and not room.talking
    assert room.recording is not None
    assert np.array_equal(room.recording.channels()[0], heard)


def test_two_talkers_add_up_and_gain_is_in_decibels() -> None:
    room = Room(SimulatedClock())
    room.speak(voice(0.1, 1000))
    room.speak(voice(0.1, 1000), gain_db=-6.02)
    assert sound(ticked(room, 5)).max() == pytest.approx(1500, abs=2)


def test_loud_sounds_are_clipped_and_do_not_wrap() -> None:
    room = Room(SimulatedClock())
    for _ in range(3):
        room.speak(voice(0.1, 30_000))
    heard = sound(ticked(room, 5))
    assert (heard.max(), heard.min()) == (32767, -32768)


@pytest.mark.parametrize("delay_ms", [0.0, 12.5, 40.0, 200.0])
@pytest.mark.parametrize("gain_db", [-10.0, -30.0])
def test_the_echo_comes_after_its_delay_with_its_gain(delay_ms: float, gain_db: float) -> None:
    room = Room(SimulatedClock(), echo_gain_db=gain_db, echo_delay_ms=delay_ms)
    room.speaker.connect(RATE, lambda _: None, lambda _: None)
    room.speaker.write(click())
    heard = sound(ticked(room, 20))
    (at,) = np.flatnonzero(heard)
    assert at == round(delay_ms * RATE / 1000)
    assert heard[at] == pytest.approx(20_000 * 10 ** (gain_db / 20), abs=1)


def test_without_echo_the_microphone_hears_nothing_of_the_speaker() -> None:
    room = Room(SimulatedClock(), echo_gain_db=None)
    room.speaker.connect(RATE, lambda _: None, lambda _: None)
    room.speaker.write(voice(0.5))
    assert level_db(sound(ticked(room, 50))) == SILENCE_DB


def test_an_impulse_response_spreads_the_echo() -> None:
    response = np.zeros(500, dtype=np.float32)
    response[[0, 499]] = (1.0, 0.5)
    room = Room(SimulatedClock(), echo_gain_db=0.0, echo_delay_ms=20.0, impulse_response=response)
    room.speaker.connect(RATE, lambda _: None, lambda _: None)
    room.speaker.write(click())
    heard = sound(ticked(room, 10))
    assert list(np.flatnonzero(heard)) == [320, 819]
    assert heard[819] == pytest.approx(10_000, abs=1)


@pytest.mark.parametrize("snr_db", [40.0, 20.0, 0.0])
def test_noise_has_the_level_that_was_asked_for(snr_db: float) -> None:
    heard = sound(ticked(Room(SimulatedClock(), noise_snr_db=snr_db), 450))
    assert level_db(heard) == pytest.approx(SPEECH_DB - snr_db, abs=0.7)


def test_the_same_seed_makes_the_same_room_and_another_does_not() -> None:
    one, same, other = (sound(ticked(Room(SimulatedClock(), seed=s, noise_snr_db=20.0), 100)) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_noise_can_be_changed_and_lasts_longer_than_its_loop() -> None:
    room = Room(SimulatedClock(), noise_snr_db=20.0)

    def switch(number: int) -> None:
        if number == 600:
            room.set_noise(None)

    heard = ticked(room, 1200, switch)
    assert all(frame.samples.size == FRAME and frame.samples.any() for frame in heard[:600])
    assert not sound(heard[600:]).any()


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_a_drifting_speaker_clock_moves_the_echo_by_a_sample_at_a_time(ppm: float) -> None:
    """After 50 s at 200 ppm the clocks are 10 ms apart; frames stay whole."""
    room = Room(SimulatedClock(), echo_gain_db=0.0, echo_delay_ms=0.0, clock_drift_ppm=ppm)
    room.speaker.connect(RATE, lambda _: None, lambda _: None)

    def feed(_: int) -> None:
        room.speaker.write(voice(0.02))

    heard = ticked(room, 500, feed)
    assert {frame.samples.size for frame in heard} == {FRAME}
    assert level_db(sound(heard)) > -30


def test_an_unplugged_microphone_is_told_once_and_comes_back() -> None:
    room = Room(SimulatedClock())
    faults: list[HardwareError] = []
    heard: list[AudioFrame] = []
    room.microphone.connect(heard.append, faults.append)
    for number in range(30):
        if number == 10:
            room.microphone.unplug()
            room.microphone.unplug()
        if number == 20:
            room.microphone.plug()
        room.tick()
    assert [fault.code for fault in faults] == ["microphone_gone"]
    assert [frame.sequence for frame in heard] == [*range(10), *range(20, 30)]


def test_lost_frames_show_as_a_gap() -> None:
    room = Room(SimulatedClock())
    heard = ticked(room, 20, lambda number: room.microphone.overrun(3) if number == 5 else None)
    assert [frame.sequence for frame in heard] == [*range(5), *range(8, 20)]


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_what_is_played_is_reported_and_recorded_at_the_rooms_rate(rate: int) -> None:
    room = Room(SimulatedClock(), echo_gain_db=None, record=True)
    played: list[int] = []
    room.speaker.connect(rate, played.append, lambda _: None)
    room.speaker.write(np.full(rate, 1000, dtype=np.int16))
    ticked(room, 60)
    assert sum(played) == rate and room.speaker.queued == 0
    assert room.recording is not None
    robot = room.recording.channels()[1]
    assert np.count_nonzero(robot > 500) == pytest.approx(RATE, abs=RATE // 50)
    assert all(block.size == FRAME for block in room.recording.robot)


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_nothing_of_a_flushed_sound_comes_back_before_the_next(rate: int) -> None:
    room = Room(SimulatedClock(), echo_gain_db=None, record=True)
    room.speaker.connect(rate, lambda _: None, lambda _: None)
    room.speaker.write(np.full(rate, 1000, dtype=np.int16))
    ticked(room, 5)
    room.speaker.flush()
    ticked(room, 5)
    room.speaker.write(np.full(rate, -1000, dtype=np.int16))
    ticked(room, 10)
    assert room.recording is not None
    robot = room.recording.robot
    assert not np.concatenate(robot[5:10]).any(), "silent at once"
    assert np.concatenate(robot[5:]).max() < 200, "only the next sound"


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_a_resampled_sound_has_no_holes(rate: int) -> None:
    room = Room(SimulatedClock(), echo_gain_db=None, record=True)
    room.speaker.connect(rate, lambda _: None, lambda _: None)
    room.speaker.write(np.full(4 * rate, 1000, dtype=np.int16))
    ticked(room, 150)
    assert room.recording is not None
    robot = room.recording.channels()[1]
    first = int(np.argmax(robot > 500))
    assert first < 2 * FRAME
    assert robot[first + 100 :].min() > 900


def test_pausing_stalling_and_flushing_the_speaker() -> None:
    room = Room(SimulatedClock(), echo_gain_db=None)
    played: list[int] = []
    faults: list[HardwareError] = []
    side = room.speaker
    side.connect(RATE, played.append, faults.append)
    side.write(voice(1.0))
    ticked(room, 5)
    side.pause(True)
    ticked(room, 5)
    assert (sum(played), side.queued, side.sounding.size) == (5 * FRAME, RATE - 5 * FRAME, 0)
    side.pause(False)
    side.stall(4)
    ticked(room, 5)
    assert sum(played) == 6 * FRAME
    assert [fault.code for fault in faults] == ["speaker_stalled"]
    side.flush()
    ticked(room, 5)
    assert (sum(played), side.queued) == (6 * FRAME, 0)


def test_frames_keep_the_pace_of_the_clock() -> None:
    clock = SimulatedClock()
    room = Room(clock)
    heard: list[AudioFrame] = []

    async def main() -> None:
        microphone = SimulatedMicrophone(room)
        await microphone.open(heard.append, lambda _: None)
        await clock.sleep(1.01)
        await microphone.close()
        await clock.sleep(1)

    clock.run(main())
    assert len(heard) == 50


def test_a_loop_that_was_late_catches_up_and_loses_what_is_too_old() -> None:
    """A blocked loop of one second: at most half a second is delivered at once, the rest is lost."""
    now = [0.0]

    class Stopped(SystemClock):
        def now(self) -> float:
            return now[0]

        def call_later(self, seconds: float, callback: Callable[[], None]) -> object:  # type: ignore[override]
            pending.append(callback)
            return type("Timer", (), {"cancel": lambda self: None})()

    pending: list[Callable[[], None]] = []
    room = Room(Stopped())
    heard: list[AudioFrame] = []
    room.microphone.connect(heard.append, lambda _: None)
    room.start()
    for at, expected in [(0.02, 1), (0.04, 2), (0.10, 5), (1.10, 30), (1.12, 31)]:
        now[0] = at
        pending.pop()()
        assert len(heard) == pytest.approx(expected, abs=2), at


def test_devices_share_one_room_and_either_may_close_first() -> None:
    clock = SimulatedClock()

    async def main() -> None:
        for first_is_microphone in (True, False):
            room = Room(clock)
            microphone, speaker = SimulatedMicrophone(room), SimulatedSpeaker(room)
            heard: list[AudioFrame] = []
            await microphone.open(heard.append, lambda _: None)
            await speaker.open(lambda _: None, lambda _: None)
            first, second = (microphone, speaker) if first_is_microphone else (speaker, microphone)
            await first.close()
            before = room.frame
            await clock.sleep(0.2)
            assert room.frame - before == 10
            await second.close()
            after = room.frame
            await clock.sleep(0.2)
            assert room.frame == after

    clock.run(main())
    assert frame_samples(RATE) == FRAME
