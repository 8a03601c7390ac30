"""The command: lines of JSON in and out, files of both kinds, and no traceback for anything that comes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from robot.__main__ import main
from robot.summarize.run import LONGEST, summary_lines


def one(line: str) -> dict[str, Any]:
    (item, _), *_ = summary_lines([line])
    return item


def test_jsonl_answers_line_by_line_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [{"id": "a", "text": "Cough for 3 days."}, {"id": 7, "bundle": {"resourceType": "Patient", "id": "p"}}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(json.dumps, given)) + "\n\n"))
    assert main(["summarize", "--jsonl"]) == 0
    items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["id"] for item in items] == ["a", 7]
    assert all(set(item) == {"id", "summary", "lines"} for item in items)
    assert items[0]["lines"] == [{"text": "History and symptoms: Cough for 3 days.", "sources": ["text:0-17"]}]
    assert items[0]["summary"] == "History and symptoms: Cough for 3 days."


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("x", "line_invalid"),
        ("[]", "line_invalid"),
        ("null", "line_invalid"),
        ('{"id": 1}', "line_invalid"),
        ('{"id": 1, "text": 5}', "line_invalid"),
        ('{"id": 1, "bundle": "x"}', "line_invalid"),
        ('{"id": 1, "text": ""}', "text_empty"),
        ('{"id": 1, "text": " \\n "}', "text_empty"),
        ('{"id": 1, "bundle": {}}', "bundle_unreadable"),
        ('{"id": 1, "bundle": {"resourceType": "Bundle", "entry": 5}}', "bundle_unreadable"),
        (json.dumps({"id": 1, "text": "x" * (LONGEST + 1)}), "text_too_long"),
        ('{"id": 1, "text": ' + "9" * 5000 + "}", "line_invalid"),
        ("[" * 100_000, "line_invalid"),
    ],
)
def test_a_bad_line_gets_an_error_and_the_rest_goes_on(line: str, code: str) -> None:
    found = list(summary_lines([line, '{"id": 2, "text": "Cough."}']))
    assert found[0][0]["error"]["code"] == code
    assert found[0][0]["error"]["message"]
    assert [fine for _, fine in found] == [False, True]
    assert "lines" in found[1][0]


def test_a_bad_line_makes_status_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("nonsense\n"))
    assert main(["summarize", "--jsonl"]) == 1
    assert json.loads(capsys.readouterr().out)["id"] is None


def test_files_of_both_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note, record = tmp_path / "note.txt", tmp_path / "record.json"
    note.write_text("CC: cough\nAllergies: NKDA\n", encoding="utf-8")
    record.write_text('\ufeff{"resourceType": "Patient", "id": "p", "gender": "male"}', encoding="utf-8")
    assert main(["summarize", str(note)]) == 0
    assert "Complaint: cough  [line 1: 0-9]" in capsys.readouterr().out
    assert main(["summarize", str(record)]) == 0
    assert "Patient: male  [Patient/p]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.txt", None),
        ("empty.txt", b""),
        ("bytes.txt", b"\xff\xfe\x00"),
        ("no.json", b"cough"),
        ("list.json", b"[]"),
    ],
)
def test_a_bad_file_is_one_line_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["summarize", str(tmp_path / name)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and told.err.startswith("bedside: ")


def test_a_file_and_jsonl_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summarize", "x.txt", "--jsonl"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_nothing_clinical_is_said_politely() -> None:
    assert one('{"id": 1, "text": "hello there"}')["summary"] == "Missing: nothing clinical was found in the text"
