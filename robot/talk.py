"""`bedside talk`: a conversation through the real microphone and speaker."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from hardware.clock import SystemClock
from robot.app import build
from robot.config import Config
from robot.records.journal import Journal

_REAL = {
    "microphone": {"driver": "portaudio"},
    "speaker": {"driver": "portaudio"},
    "display": {"driver": "terminal"},
    "nurse_call": {"driver": "log"},
}


def talk(config: Config, *, out: Path | None, reveal: bool) -> int:
    """Talk until goodbye. Devices that the configuration leaves at `simulated` become the real ones."""
    changes = {
        name: getattr(config, name).model_copy(update=real)
        for name, real in _REAL.items()
        if getattr(config, name).driver == "simulated"
    }
    config = config.model_copy(update=changes)
    if config.drafts.keep is None:
        config = config.model_copy(update={"drafts": config.drafts.model_copy(update={"keep": "file"})})
    if reveal and config.display.driver == "terminal":
        options = {**config.display.options, "reveal": True}
        config = config.model_copy(update={"display": config.display.model_copy(update={"options": options})})
    if config.nurse_call.driver == "log":
        sys.stderr.write("bedside: no nurse-call line is configured; nobody will be called (nurse_call.driver).\n")
    clock = SystemClock()
    return clock.run(_talk(config, clock, out, reveal))


async def _talk(config: Config, clock: SystemClock, out: Path | None, reveal: bool) -> int:
    about = {"title": "Talk", "config": config.model_dump(mode="json", exclude_defaults=True)}
    journal = Journal(out / "journal.jsonl", clock, reveal=reveal, about=about) if out else None
    conversation = build(config, observers=(journal,) if journal else (), clock=clock)
    gc.freeze()  # models and dialogs stay: a full collection over them would hold the loop for 50 ms
    try:
        async with conversation:
            await conversation.ended()
    finally:
        if journal is not None:
            journal.close()
    return 0
