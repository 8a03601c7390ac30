"""The real drivers on a (virtual) sound card: what the speaker plays, the microphone hears."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from hardware.audio import FRAME_MS, RATE, AudioFrame, Samples, level_db
from hardware.clock import SystemClock
from hardware.ports import HardwareError
from tests import sound_card
from tests.sound_card import REAL_AUDIO

BLOCK_S = 0.01


def tone(hertz: float, seconds: float, rate: int, amplitude: int = 8000) -> Samples:
    return np.asarray(amplitude * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate), dtype=np.int16)


@dataclass
class Loop:
    """A speaker whose sound comes back into a microphone."""

    rate: int = 22_050
    frames: list[AudioFrame] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    played: list[int] = field(default_factory=list)
    faults: list[HardwareError] = field(default_factory=list)

    def run(self, body: Callable[[Loop], Awaitable[None]]) -> None:
        from hardware.portaudio import PortAudioMicrophone, PortAudioSpeaker

        async def main() -> None:
            self.clock = SystemClock()
            self.microphone = PortAudioMicrophone(clock=self.clock)
            self.speaker = PortAudioSpeaker(rate=self.rate, clock=self.clock)
            await self.microphone.open(self._hear, self.faults.append)
            await self.speaker.open(self.played.append, self.faults.append)
            try:
                await self.until(lambda: len(self.frames) > 10)
                await body(self)
            finally:
                await self.speaker.close()
                await self.microphone.close()

        asyncio.run(main())

    def _hear(self, frame: AudioFrame) -> None:
        self.frames.append(frame)
        self.arrived.append(self.clock.now())

    async def until(self, condition: Callable[[], bool], at_most_s: float = 8.0) -> None:
        end = self.clock.now() + at_most_s
        while not condition():
            assert self.clock.now() < end, "nothing happened in time"
            await self.clock.sleep(0.01)

    def heard(self) -> Samples:
        return np.concatenate([frame.samples for frame in self.frames])

    def loud(self) -> list[float]:
        """When loud frames arrived."""
        pairs = zip(self.frames, self.arrived, strict=True)
        return [at for frame, at in pairs if level_db(frame.samples) > -40]

    def fault_codes(self) -> list[str]:
        return [fault.code for fault in self.faults if not fault.code.endswith("_xrun")]


class TestOnACard:
    pytestmark = REAL_AUDIO

    @pytest.mark.parametrize(
        ("rate", "card"), [(16_000, None), (22_050, None), (48_000, None), (22_050, (2, 48_000)), (22_050, (1, 44_100))]
    )
    def test_a_tone_comes_back_with_its_pitch_and_level(
        self, rate: int, card: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also on a card that knows only its own rate and channels (the virtual one would take any)."""
        if card is not None:
            monkeypatch.setattr("hardware.portaudio.usable_settings", lambda *_: card)

        async def body(loop: Loop) -> None:
            loop.speaker.write(tone(1000, 0.6, rate))
            await loop.until(lambda: loop.speaker.queued == 0)
            assert sum(loop.played) == int(0.6 * rate)
            await loop.clock.sleep(0.2)
            heard = loop.heard()
            loudest = int(np.argmax(np.convolve(heard.astype(float) ** 2, np.ones(4000), mode="valid")))
            middle = heard[loudest : loudest + 4000]
            spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
            assert np.argmax(spectrum) * RATE / middle.size == pytest.approx(1000, abs=5)
            assert level_db(middle) == pytest.approx(level_db(tone(1000, 0.6, rate)), abs=0.5)

        Loop(rate).run(body)

    def test_a_flush_is_silent_at_once(self) -> None:
        """Two blocks of the speaker, what the card already holds, and the microphone's own frame and latency."""

        async def body(loop: Loop) -> None:
            delays = []
            for _ in range(5):
                loop.speaker.write(tone(1000, 2, loop.rate))
                await loop.until(lambda: bool(loop.loud()) and loop.loud()[-1] > loop.clock.now() - 0.05)
                await loop.clock.sleep(0.1)
                flushed = loop.clock.now()
                loop.speaker.flush()
                await loop.clock.sleep(0.3)
                delays.append(loop.loud()[-1] - flushed)
            assert loop.speaker.queued == 0
            assert sorted(delays)[2] < 0.06 + 2 * FRAME_MS / 1000, delays

        Loop().run(body)

    def test_a_pause_is_silent_and_resume_loses_no_sample(self) -> None:
        """A rising chirp has each frequency once: its parts around a pause, put together, must match it."""

        async def body(loop: Loop) -> None:
            times = np.arange(int(1.0 * loop.rate)) / loop.rate
            chirp = np.asarray(8000 * np.sin(2 * np.pi * (300 * times + 1000 * times**2)), dtype=np.int16)
            loop.speaker.write(chirp)
            await loop.clock.sleep(0.4)
            loop.speaker.pause()
            await loop.clock.sleep(0.4)
            assert level_db(loop.frames[-1].samples) < -80
            held = sum(loop.played)
            loop.speaker.resume()
            await loop.until(lambda: loop.speaker.queued == 0)
            await loop.clock.sleep(0.2)
            assert 0.2 < held / loop.rate < 0.5
            assert sum(loop.played) == chirp.size
            heard = np.abs(loop.heard().astype(int))
            sounding = np.convolve(heard > 400, np.ones(80), mode="same") > 0
            assert sounding.sum() / RATE == pytest.approx(1.0, abs=0.03)

        Loop().run(body)

    def test_played_follows_the_sound_not_the_hand_over(self) -> None:
        async def body(loop: Loop) -> None:
            began = loop.clock.now()
            loop.speaker.write(tone(1000, 0.5, loop.rate))
            await loop.until(lambda: bool(loop.played))
            assert loop.clock.now() - began >= BLOCK_S
            await loop.until(lambda: loop.speaker.queued == 0)
            reported = loop.clock.now()
            await loop.clock.sleep(0.2)
            assert abs(loop.loud()[-1] - reported) < 0.12

        Loop().run(body)

    def test_a_suspended_card_is_reported_once_as_stalled_and_comes_back(self) -> None:
        async def body(loop: Loop) -> None:
            sound_card.suspend(True)
            try:
                await loop.until(lambda: len(loop.fault_codes()) >= 2)
                await loop.clock.sleep(1.6)
            finally:
                sound_card.suspend(False)
            assert sorted(loop.fault_codes()) == ["microphone_stalled", "speaker_stalled"]
            await self._works_again(loop)

        Loop().run(body)

    def test_an_unplugged_card_is_reported_once_as_gone_and_comes_back(self) -> None:
        async def body(loop: Loop) -> None:
            sound_card.unplug()
            try:
                await loop.until(lambda: len(loop.fault_codes()) >= 2)
                await loop.clock.sleep(1.0)
            finally:
                sound_card.plug()
            assert sorted(loop.fault_codes()) == ["microphone_gone", "speaker_gone"]
            await self._works_again(loop)

        Loop().run(body)

    async def _works_again(self, loop: Loop) -> None:
        count = len(loop.frames)
        await loop.until(lambda: len(loop.frames) > count + 20, 12)
        loop.speaker.flush()
        before = len(loop.loud())
        loop.speaker.write(tone(1000, 0.5, loop.rate))
        await loop.until(lambda: len(loop.loud()) > before + 10, 12)

    def test_an_unknown_device_is_missing(self) -> None:
        from hardware.portaudio import PortAudioSpeaker

        async def main() -> None:
            speaker = PortAudioSpeaker(device="a speaker that nobody makes")
            with pytest.raises(HardwareError) as caught:
                await speaker.open(lambda _: None, lambda _: None)
            assert caught.value.code == "speaker_missing"
            await speaker.close()

        asyncio.run(main())

    def test_opening_twice_is_busy(self) -> None:
        async def body(loop: Loop) -> None:
            with pytest.raises(HardwareError) as caught:
                await loop.speaker.open(loop.played.append, loop.faults.append)
            assert caught.value.code == "speaker_busy"

        Loop().run(body)


@pytest.mark.parametrize("name", ["PortAudioMicrophone", "PortAudioSpeaker"])
def test_without_the_library_the_error_names_the_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import hardware.portaudio

    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(HardwareError) as caught:
        getattr(hardware.portaudio, name)()
    assert caught.value.code == "portaudio_missing"
    assert "apt-get install libportaudio2" in caught.value.advice
