"""`bedside simulate` with a terminal: a room, a robot, a patient whose words are typed, and a view of them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from hardware.clock import SystemClock
from hardware.ports import Clock
from hardware.room import Room
from robot.app import build
from robot.blocking import Blocking
from robot.config import Config, RoomConfig, by_text
from robot.conversation import Observer
from robot.records.journal import Journal
from robot.simulate.leave import leave
from robot.simulate.timeline import Timeline
from robot.simulate.typed_patient import TypedPatient, patient_voice
from robot.simulate.view import Live, LiveView
from robot.simulate.watch import Watch


def run_live(config: Config, *, ears: str, seed: int, out: Path | None, reveal: bool) -> int:
    """Open the simulator on this terminal until the user leaves it; returns the exit status.

    out      folder for conversation.wav, journal.jsonl and report.html
    reveal   write the typed words into the journal, so that it can be replayed
    Raises HardwareError, ModelError, ContentError, InputError before the screen opens.
    """
    clock = SystemClock()
    return clock.run(_live(config, clock, ears, seed, (out, reveal)))


async def _live(config: Config, clock: Clock, ears: str, seed: int, keep: tuple[Path | None, bool]) -> int:
    out, reveal = keep
    if ears == "text":
        config = by_text(config)
    room = Room(clock, seed=seed, record=out is not None, **config.room.model_dump())
    watch, timeline = Watch(clock), Timeline(clock)
    render, note = patient_voice(ears)
    with ExitStack() as stack:
        observers: list[Observer] = [watch, timeline]
        if out is not None:
            about = {"title": "Live", "seed": seed, "ears": ears}
            about["config"] = config.model_dump(mode="json", exclude_defaults=True)
            journal = Journal(out / "journal.jsonl", clock, reveal=reveal, about=about)
            stack.callback(journal.close)
            observers.append(journal)
        blocking = Blocking(inline=clock.virtual)
        stack.callback(blocking.close)
        conversation = build(config, observers=tuple(observers), clock=clock, room=room)
        patient = TypedPatient(conversation, room, watch, render, blocking.strand("patient-voice"))
        engines = {"hears": config.recognizer.engine, "answers": config.generator.engine}
        engines["speaks"] = config.synthesizer.engine
        named = " · ".join(f"{does} {engine}" for does, engine in engines.items())
        title = f"Bedside simulator · {config.bed} · {config.language} · {named}"
        live = Live(conversation, room, watch, patient, title, config.room.noise_snr_db, note)
        async with conversation:
            view = LiveView(live)
            await view.run_async()
    if out is not None and room.recording is not None:
        facts = {**engines, "ears": ears, "seed": str(seed), "clock": "real time", "room": room_in_words(config.room)}
        leave(
            out,
            room.recording,
            timeline,
            title="Live conversation",
            turns=watch.turns[1:],
            opening=watch.turns[0],
            about=facts,
            checked=False,
        )
    return view.return_code or 0


def room_in_words(room: RoomConfig) -> str:
    """The acoustics in one line."""
    noise = "no noise" if room.noise_snr_db is None else f"noise {room.noise_snr_db:g} dB below speech"
    echo = "no echo" if room.echo_gain_db is None else f"echo {room.echo_gain_db:g} dB after {room.echo_delay_ms:g} ms"
    return f"{noise}, {echo}"
