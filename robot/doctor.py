"""What is there, what is missing, what it is for, and the one command that mends it: `bedside doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TextIO

from robot.config import Config
from robot.doctor_checks import Check, all_checks


def main(config: Config, *, as_json: bool = False) -> int:
    """The command `bedside doctor`: the report on standard output; returns the exit status."""
    checks = run_doctor(config)
    if as_json:
        sys.stdout.write(to_json(checks) + "\n")
    else:
        render(checks)
    return exit_status(checks)


def run_doctor(config: Config | None = None) -> list[Check]:
    """Look at everything `config` (default: simulator, embedded engines) needs or could use.

    Nothing heavy is imported and nothing is changed; under two seconds.
    """
    return all_checks(config or Config())


def exit_status(checks: Iterable[Check]) -> int:
    """0 when the configuration can run, 1 when something it requires is missing."""
    return int(any(check.required and check.status == "missing" for check in checks))


def to_json(checks: Sequence[Check]) -> str:
    """`{"can_run": bool, "checks": [...]}`."""
    report = {"can_run": exit_status(checks) == 0, "checks": [asdict(check) for check in checks]}
    return json.dumps(report, ensure_ascii=False, indent=2)


def render(checks: Sequence[Check], stream: TextIO | None = None) -> None:
    """A table for people, then the commands that mend what is missing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream or sys.stdout)
    table = Table(title="Bedside doctor", title_justify="left", header_style="dim")
    for heading in ("", "what", "found", "for"):
        table.add_column(heading, overflow="fold")
    marks = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "missing": ("✗", "red")}
    for check in checks:
        mark, colour = marks[check.status]
        if check.status == "missing" and not check.required:
            mark, colour = "–", "dim"
        table.add_row(Text(mark, colour), check.name, Text(check.found, colour), Text(check.purpose, "dim"))
    console.print(table)
    for check in checks:
        if check.status != "ok" and check.remedy:
            console.print(f"{check.name}:", Text(check.remedy, "bold"), soft_wrap=True)
    if exit_status(checks) == 0:
        console.print(Text("This configuration can run.", "green"))
    else:
        missing = ", ".join(check.name for check in checks if check.required and check.status == "missing")
        console.print(Text(f"This configuration cannot run without: {missing}.", "red"))
