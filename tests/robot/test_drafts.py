"""`bedside drafts` and `bedside dialogs try`: what a clinician and an author of flows do in a terminal."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robot.__main__ import main
from robot.events import DraftNote, Sensitive
from robot.records.draft_book import DraftBook

AT = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two drafts: 1 is routine, 2 is urgent."""
    book = DraftBook(tmp_path / "records")
    for words, urgency in (("ibuprofen [b]bold[/b]", "routine"), ("cough\nfever", "urgent")):
        note = DraftNote("symptoms", Sensitive(words), (Sensitive("my words"),), urgency)  # type: ignore[arg-type]
        book.add(note, bed="bed 4", patient="", visit="v", language="en", at=AT)
    book.close()
    return tmp_path / "records"


def drafts(folder: Path, *arguments: str) -> int:
    return main(["drafts", *arguments, "--folder", str(folder)])


def test_the_list_has_the_urgent_first_and_markup_is_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drafts(folder, "list", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == [2, 1]
    assert lines[1]["text"] == "ibuprofen [b]bold[/b]"
    assert drafts(folder, "list") == 0
    assert "[b]" in capsys.readouterr().out


def test_a_draft_is_changed_approved_and_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drafts(folder, "approve", "1", "--by", "Dr Wu", "--text", "better", "--say", "Ask your nurse.") == 0
    assert drafts(folder, "show", "1") == 0
    shown = capsys.readouterr().out
    assert "approved by Dr Wu" in shown and "Ask your nurse." in shown and "better" in shown
    assert drafts(folder, "list", "--state", "approved", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_drafts_are_exported(folder: Path, tmp_path: Path) -> None:
    assert drafts(folder, "export", "--out", str(tmp_path / "all.json")) == 0
    bundle = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]].count("Provenance") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show"], "No draft is named"),
        (["show", "77"], "no draft 77"),
        (["approve", "1"], "--by"),
        (["change", "1", "--by", "a"], "--text"),
        (["refuse", "1", "--by", " "], "--by"),
        (["approve", "1", "--by", "a", "--say", "I am a doctor and I will come."], "never.human"),
        (["approve", "1", "--by", "a", "--say", "See <b>here</b>."], "form.markup"),
        (["export"], "--out"),
        (["export", "--out", "/nowhere/x.json"], "/nowhere"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert drafts(folder, *arguments) != 0
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_no_drafts_are_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drafts(tmp_path / "new", "list") == 0
    assert "No drafts" in capsys.readouterr().out


# ---- bedside dialogs try ---------------------------------------------------------------------------------------------


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A configuration without models."""
    path = tmp_path / "quick.yaml"
    path.write_text("generator: {engine: passage}\nembedder: {engine: none}\n", encoding="utf-8")
    return path


def test_a_flow_is_talked_through(
    quick: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("two\n\nnurse\ngoodbye\nnever read\n"))
    assert main(["dialogs", "try", "diet", "--config", str(quick)]) == 0
    shown = capsys.readouterr().out
    assert "How many portions" in shown and "timed_out" in shown and "nurse: patient_asks" in shown
    assert "never read" not in shown


@pytest.mark.parametrize("arguments", [["try"], ["try", "nonsense"]])
def test_a_flow_must_be_named(quick: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["dialogs", *arguments, "--config", str(quick)]) == 2
    assert "flow" in capsys.readouterr().err
