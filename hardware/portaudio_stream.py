"""One PortAudio stream kept alive: opened off the loop, watched, and opened again when its device comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Literal

from hardware.ports import Clock, HardwareError, OnFault, Timer

Kind = Literal["microphone", "speaker"]

Device = int | str | None
"""PortAudio's number or (part of a) name of a device; None: the system's default."""

STALL_S = 1.0
"""Without a callback for this long a device counts as stalled."""

FIRST_RETRY_S, LAST_RETRY_S = 0.25, 5.0
"""Waits before a lost device is tried again: doubled from the first to the last."""

_LOOKS = 4
"""Looks at the callback counter within `STALL_S`."""

_BUSY = -9985
"""paDeviceUnavailable of portaudio.h."""

_portaudio_calls = threading.Lock()
_open_streams: set[int] = set()
# PortAudio is one per process and not thread-safe but for its callbacks: hence one lock, and one account of the open
# streams, because its list of devices can only be renewed while there are none.


def load_portaudio() -> Any:
    """The module `sounddevice`. Raises HardwareError `portaudio_missing`."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise HardwareError(
            "portaudio_missing",
            "The sound library PortAudio is missing.",
            "On Debian or Ubuntu: apt-get install libportaudio2. `bedside doctor` checks the rest.",
        ) from error
    return sounddevice


def usable_settings(portaudio: Any, kind: Kind, device: Device, rate: int) -> tuple[int, int]:
    """(channels, rate) at which the device opens: mono at `rate` if it can, otherwise stereo or its own rate.

    Raises sounddevice.PortAudioError or ValueError when it opens at none.
    """
    check = portaudio.check_input_settings if kind == "microphone" else portaudio.check_output_settings
    info = portaudio.query_devices(device, "input" if kind == "microphone" else "output")
    settings = [(channels, hertz) for hertz in (rate, int(info["default_samplerate"])) for channels in (1, 2)]
    for channels, hertz in settings[:-1]:
        try:
            check(device=device, channels=channels, dtype="int16", samplerate=hertz)
        except portaudio.PortAudioError:
            continue
        return channels, hertz
    channels, hertz = settings[-1]
    check(device=device, channels=channels, dtype="int16", samplerate=hertz)
    return channels, hertz


class KeptStream:
    """Keeps one input or output stream running between `open` and `close`.

    `make(finished)` builds a stream that is not started yet; it is called in a thread, again for each attempt, and
    must hand `finished` to PortAudio. Its audio callback must call `beat`.

    Faults, each reported once until sound flows again: `<kind>_gone` (the stream ended by itself), `<kind>_stalled`
    (no callback for `STALL_S`).
    """

    def __init__(self, kind: Kind, clock: Clock, make: Callable[[Callable[[], None]], Any]) -> None:
        self._kind = kind
        self._clock = clock
        self._make = make
        self._portaudio = load_portaudio()
        self._stream: Any = None
        self._wanted = False
        self._on_fault: OnFault | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats = self._beats_seen = 0
        self._idle_looks = self._live_looks = 0
        self._reported = False
        self._watch: Timer | None = None
        self._repair: asyncio.Task[None] | None = None

    async def open(self, on_fault: OnFault) -> None:
        """Start the stream. Raises HardwareError `<kind>_missing` or `<kind>_busy`."""
        if self._wanted:
            raise HardwareError(f"{self._kind}_busy", f"This {self._kind} is already open.", "Close it first.")
        self._loop = asyncio.get_running_loop()
        self._on_fault = on_fault
        self._wanted = True
        try:
            await asyncio.to_thread(self._open_now)
        except HardwareError:
            self._wanted = False
            raise
        self._look()

    async def close(self) -> None:
        """Stop and release the device; closing twice is fine."""
        self._wanted = False
        self._on_fault = None
        if self._watch is not None:
            self._watch.cancel()
        if self._repair is not None:
            self._repair.cancel()
            self._repair = None
        await asyncio.to_thread(self._close_now)

    # ---- from PortAudio's thread ----

    def beat(self) -> None:
        """The device is alive."""
        self._beats += 1

    def post(self, call: Callable[..., None], *args: Any) -> None:
        """Call on the loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *args)

    # ---- on the loop ----

    def _look(self) -> None:
        if not self._wanted:
            return
        self._watch = self._clock.call_later(STALL_S / _LOOKS, self._look)
        if self._beats != self._beats_seen:
            self._beats_seen = self._beats
            self._idle_looks = 0
            self._live_looks += 1
            if self._live_looks >= _LOOKS:  # a dead device still takes the first blocks after it was opened
                self._reported = False
        elif not self._repairing:
            self._idle_looks += 1
            if self._idle_looks >= _LOOKS:
                self._lost("stalled", f"The {self._kind} has sent no sound for {STALL_S:g} s.")

    def _finished(self) -> None:
        if self._wanted and not self._repairing:
            self._lost("gone", f"The {self._kind} is gone.")

    @property
    def _repairing(self) -> bool:
        return self._repair is not None and not self._repair.done()

    def _lost(self, what: str, message: str) -> None:
        self._idle_looks = self._live_looks = 0
        self._repair = asyncio.get_running_loop().create_task(self._reopen())
        if not self._reported and self._on_fault is not None:
            self._reported = True
            advice = "Check its plug; it is tried again until it answers."
            self._on_fault(HardwareError(f"{self._kind}_{what}", message, advice))

    async def _reopen(self) -> None:
        await asyncio.to_thread(self._close_now)
        wait = FIRST_RETRY_S
        while True:
            await self._clock.sleep(wait)
            wait = min(2 * wait, LAST_RETRY_S)
            try:
                await asyncio.to_thread(self._open_now, renew=True)
            except HardwareError:
                continue
            return

    # ---- in a worker thread: these calls may block ----

    def _open_now(self, *, renew: bool = False) -> None:
        with _portaudio_calls:
            if not self._wanted:
                return
            stream = None
            try:
                if renew:
                    _renew_devices(self._portaudio)
                stream = self._make(lambda: self.post(self._finished))
                stream.start()
            except (self._portaudio.PortAudioError, ValueError) as error:
                if stream is not None:
                    stream.close(ignore_errors=True)
                raise self._cannot_open(error) from error
            self._stream = stream
            _open_streams.add(id(self))

    def _close_now(self) -> None:
        with _portaudio_calls:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
            _open_streams.discard(id(self))

    def _cannot_open(self, error: Exception) -> HardwareError:
        if _BUSY in error.args[1:2]:
            advice = "Close the program that uses it, or choose another device."
            return HardwareError(f"{self._kind}_busy", f"The {self._kind} is in use.", advice)
        advice = "`bedside doctor` lists the devices that are there."
        return HardwareError(f"{self._kind}_missing", f"The {self._kind} does not open: {error.args[0]}.", advice)


def _renew_devices(portaudio: Any) -> None:
    """Make PortAudio look for devices again; it has no other way, and it would end every open stream."""
    if not _open_streams:
        portaudio._terminate()
        portaudio._initialize()
