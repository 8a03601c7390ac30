"""The simulated devices: real drivers of the ports, coupled by a `Room`, chosen by the name `simulated`."""

from __future__ import annotations

from hardware.audio import RATE, Samples
from hardware.ports import (
    Clock,
    HardwareError,
    NurseRequest,
    OnAcknowledged,
    OnFault,
    OnFrame,
    OnPlayed,
    Screen,
    Timer,
)
from hardware.room import Room


class SimulatedMicrophone:
    """Hears the room."""

    rate = RATE

    def __init__(self, room: Room) -> None:
        self._room = room
        self._open = False

    async def open(self, on_frame: OnFrame, on_fault: OnFault) -> None:
        self._room.microphone.connect(on_frame, on_fault)
        if not self._open:
            self._open = True
            self._room.start()

    async def close(self) -> None:
        self._room.microphone.disconnect()
        if self._open:
            self._open = False
            self._room.stop()


class SimulatedSpeaker:
    """Sounds into the room. `rate` is the device's own: synthesizers speak at 22,050 samples a second."""

    def __init__(self, room: Room, rate: int = 22_050) -> None:
        self._side = room.speaker
        self._room = room
        self._rate = rate
        self._open = False

    @property
    def rate(self) -> int:
        return self._rate

    @property
    def queued(self) -> int:
        return self._side.queued

    @property
    def reference(self) -> Samples:
        return self._side.sounding

    async def open(self, on_played: OnPlayed, on_fault: OnFault) -> None:
        self._side.connect(self._rate, on_played, on_fault)
        if not self._open:
            self._open = True
            self._room.start()

    def write(self, samples: Samples) -> None:
        self._side.write(samples)

    def pause(self) -> None:
        self._side.pause(True)

    def resume(self) -> None:
        self._side.pause(False)

    def flush(self) -> None:
        self._side.flush()

    async def close(self) -> None:
        self._side.disconnect()
        if self._open:
            self._open = False
            self._room.stop()


class SimulatedDisplay:
    """Keeps every picture it was given; the last one is what a person would see."""

    def __init__(self) -> None:
        self.screens: list[Screen] = []

    def show(self, screen: Screen) -> None:
        self.screens.append(screen)

    async def close(self) -> None:
        self.screens = self.screens[-1:]


class SimulatedNurseCall:
    """A nurse-call line with a nurse at the other end.

    Delivery takes `delivery_s`; a nurse acknowledges `acknowledge_after_s` later, or never (None). With
    `broken=True` nothing is delivered.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        delivery_s: float = 0.2,
        acknowledge_after_s: float | None = 6.0,
        broken: bool = False,
    ) -> None:
        self._clock = clock
        self._delivery_s = delivery_s
        self._acknowledge_after_s = acknowledge_after_s
        self.broken = broken
        self.delivered: list[NurseRequest] = []
        self.acknowledged: list[str] = []
        self._on_acknowledged: OnAcknowledged | None = None
        self._timers: list[Timer] = []

    async def open(self, on_acknowledged: OnAcknowledged) -> None:
        self._on_acknowledged = on_acknowledged

    async def deliver(self, request: NurseRequest) -> None:
        await self._clock.sleep(self._delivery_s)
        if self.broken:
            raise HardwareError("nurse_call_undelivered", "The nurse-call line is dead.", "Check the line.")
        if any(known.id == request.id for known in self.delivered):
            return
        self.delivered.append(request)
        if self._acknowledge_after_s is not None:
            self._timers.append(self._clock.call_later(self._acknowledge_after_s, lambda: self.acknowledge(request.id)))

    def acknowledge(self, request_id: str, by: str = "nurse") -> None:
        """A person presses the button at the other end."""
        if request_id not in self.acknowledged and self._on_acknowledged is not None:
            self.acknowledged.append(request_id)
            self._on_acknowledged(request_id, by)

    async def close(self) -> None:
        self._on_acknowledged = None
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
