"""How long a start takes: the help text, and a robot that is ready to listen. Each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from rich.console import Console

from robot.evaluate.bench.figures import compare, percentiles

RUNS = 5
_READY = """
import json, os
from hardware.clock import SystemClock
from robot.app import build
from robot.config import load_config
from robot.evaluate.bench.memory import rss_kb

async def main():
    async with build(load_config((), os.environ)):
        print(json.dumps({"rss_mb": round(rss_kb() / 1024, 1)}), flush=True)

SystemClock().run(main())
"""


def bench_cold(console: Console, *, runs: int = RUNS) -> dict[str, Any]:
    """The figures of `bedside bench cold`: medians over `runs` starts, in seconds and megabytes.

    Files are in the page cache, as on a machine that has started the robot before. The devices are the simulated ones,
    the engines those of the default configuration and the `BEDSIDE__…` variables.
    """
    console.print(f"{runs} starts each …")
    help_s = percentiles([_help_s() for _ in range(runs)])["p50"]
    starts = [_ready() for _ in range(runs)]
    ready_s = percentiles([seconds for seconds, _ in starts])["p50"]
    rss_mb = max(rss for _, rss in starts)
    compare(console, "bedside --help", help_s, "s", 0.3)
    compare(console, "ready to listen", ready_s, "s", 3.0)
    console.print(f"  memory when ready: {rss_mb} MB")
    return {"help_s": help_s, "ready_s": ready_s, "rss_mb": rss_mb}


def _help_s() -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "robot", "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def _ready() -> tuple[float, float]:
    """Seconds from the start of a process until its conversation is open, and its memory then, in megabytes."""
    begun = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", _READY], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.monotonic() - begun
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, "ready")
    return seconds, float(json.loads(line)["rss_mb"])
