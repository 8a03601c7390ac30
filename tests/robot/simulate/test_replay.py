"""Journals of scripted visits: where their scenario is found again, and what a damaged one is told."""

from __future__ import annotations

import gc
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from robot.errors import InputError
from robot.records.journal import read_journal
from robot.simulate import run
from robot.simulate.replay import replay
from robot.simulate.run import SHIPPED, Visit, play_visit, scenario_name, scenario_path
from tests.plain import PLAIN

QUIET = Console(file=io.StringIO())
VISIT = "title: A visit\nsteps:\n  - {say: How much salt may I eat?}\n"


def entry(**fields: Any) -> str:
    return json.dumps({"kind": "journal", "at": 0.0, "format": 1} | fields)


NAMED = {"scenario": "visit.yaml", "scenario_digest": "0", "seed": 0, "ears": "text"}


@pytest.mark.parametrize(
    "lines",
    [
        ['{"format": 1}'],
        [entry(config=5)],
        [entry(config={"zzz": 1})],
        [entry(config={"language": "de"})],
        *(
            [entry(**{key: value for key, value in NAMED.items() if key != gone})]
            for gone in NAMED
            if gone != "scenario"
        ),
        [entry(**NAMED | {"seed": "x"})],
        [entry(**NAMED | {"seed": -1})],
        [entry(**NAMED | {"ears": "nose"})],
        [entry(**NAMED | {"scenario": 5})],
        [entry(), "5", entry()],
        [entry(), "[]"],
        [entry(), '{"kind": "Decision"}'],
        [entry(), '{"at": 1.0}'],
        [entry(), '{"kind": 1, "at": 1.0}'],
        [entry(), '{"kind": "Decision", "at": 1.0}'],
        [entry(), '{"kind": "Sentence", "at": 1.0}'],
        [entry(), '{"kind": "Transcript", "at": 1.0}'],
        [entry(), "9" * 5000, entry()],
        [""],
    ],
    ids=range(21),
)
def test_a_damaged_journal_is_told_on_one_line(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        replay(path, PLAIN)
    assert raised.value.code == "journal_unreadable"
    assert "journal.jsonl" in str(raised.value) and "\n" not in str(raised.value)


def test_a_scenario_is_named_without_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    below = tmp_path / "visits" / "one.yaml"
    assert scenario_name(below) == scenario_name(Path("visits/one.yaml")) == str(Path("visits/one.yaml"))
    assert scenario_name(Path("../one.yaml")) == str(Path("../one.yaml"))
    assert scenario_name(SHIPPED / "first_visit.yaml") == "shipped:first_visit.yaml"
    assert scenario_path("shipped:first_visit.yaml") == SHIPPED / "first_visit.yaml"
    assert scenario_path("shipped:../../first_visit.yaml").parent == SHIPPED


def test_the_shipped_visit_replays_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = Visit(SHIPPED / "not_understood.yaml", fast=True, ears="text", out=tmp_path / "out")
    play_visit(PLAIN, visit, QUIET)
    journal = tmp_path / "out" / "journal.jsonl"
    assert str(SHIPPED.parent) not in journal.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert replay(journal, PLAIN) == []


def test_the_journal_is_closed_when_the_visit_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Exception):
        pass

    def broken(*_: object, **__: object) -> None:
        raise Broken

    scenario = tmp_path / "visit.yaml"
    scenario.write_text(VISIT, encoding="utf-8")
    monkeypatch.setattr(run, "ScriptedPatient", broken)
    with pytest.raises(Broken):
        play_visit(PLAIN, Visit(scenario, fast=True, ears="text", out=tmp_path / "out"), QUIET)
    gc.collect()  # a file left open would warn here, and a warning fails
    assert [line["kind"] for line in read_journal(tmp_path / "out" / "journal.jsonl")] == ["journal"]
