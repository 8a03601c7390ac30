"""The command line: wrong usage is one line and status 2, whatever the terminal can show."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dialogs.loader import HERE
from robot.__main__ import main


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `bedside` wrote to standard error when it ended with status 2."""
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1 and told.err.startswith("bedside: ")
    return told.err


@pytest.mark.parametrize("name", ["redflags.yaml", "never.yaml", "hazards.yaml", "everywhere.yaml"])
def test_dialogs_check_reads_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    folder = tmp_path / "dialogs"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("scenarios", "__pycache__", "*.py"))
    config = tmp_path / "config.yaml"
    config.write_text(f"dialogs: {folder}\n", encoding="utf-8")
    assert main(["dialogs", "check", "--config", str(config)]) == 0
    assert "all fit together" in capsys.readouterr().out
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\nzzz: 1\n")
    told = failed(capsys, "dialogs", "check", "--config", str(config))
    assert name in told and "zzz" in told


@pytest.mark.parametrize("command", ["ask", "retrieve"])
def test_a_text_and_jsonl_do_not_go_together(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert "--jsonl" in failed(capsys, command, "--jsonl", "hello")


def test_a_text_that_is_too_long_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a" * 100_001))
    assert "100000" in failed(capsys, "ask")


@pytest.mark.parametrize("k", ["0", "-1", "x"])
def test_retrieve_wants_one_passage_or_more(capsys: pytest.CaptureFixture[str], k: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["retrieve", "salt", "--k", k])
    assert raised.value.code == 2
    assert "--k" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "  ", "\U0001f600", "…!"])
def test_what_cannot_be_pronounced_is_not_spoken(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    out = tmp_path / "spoken.wav"
    assert "nothing to speak" in failed(capsys, "speak", text, "--out", str(out))
    assert not out.exists()


def test_a_scenario_that_names_no_recording_is_not_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "visit.yaml"
    scenario.write_text("title: A visit\nsteps:\n  - {say: hello}\n", encoding="utf-8")
    assert "visit.yaml: no step names a recording" in failed(capsys, "record", str(scenario))


def test_a_terminal_without_unicode_stops_nothing() -> None:
    lines = [json.dumps({"id": "\ud800", "text": "我胸口疼"}), json.dumps({"id": 2, "text": "我每天能吃多少盐？"})]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "robot", "ask"]
    plain = subprocess.run(
        [*command, "我每天能吃多少盐？"], env=environment, capture_output=True, text=True, check=False
    )
    assert (plain.returncode, plain.stderr) == (0, "")
    ran = subprocess.run(
        [*command, "--jsonl"], input="\n".join(lines), env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    first, second = (json.loads(line) for line in ran.stdout.splitlines())
    assert (first["id"], first["red_flags"]) == ("\ud800", ["chest_pain"])
    assert second["lang"] == "zh" and "盐" in second["spoken"]
