"""The doctor: what it finds, what it asks for, and when it says that the robot can run."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from robot import doctor, doctor_checks
from robot.config import Config
from robot.doctor import exit_status, render, run_doctor, to_json
from robot.doctor_checks import Check


def found(checks: list[Check], name: str) -> Check:
    (check,) = (check for check in checks if check.name == name)
    return check


def config(**sections: object) -> Config:
    return Config.model_validate(sections)


def hide(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = doctor_checks.find_spec

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == module else real(name)

    monkeypatch.setattr(doctor_checks, "find_spec", find_spec)


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    """The report on the default configuration."""
    return run_doctor()


def test_the_default_configuration_can_run_where_these_tests_run(checks: list[Check]) -> None:
    assert exit_status(checks) == 0, [check for check in checks if check.required and check.status != "ok"]


def test_each_check_is_told_apart_and_each_trouble_has_its_remedy(checks: list[Check]) -> None:
    assert len({check.name for check in checks}) == len(checks)
    assert all(check.purpose and check.found for check in checks)
    assert all(check.remedy for check in checks if check.status != "ok")


def test_a_library_is_required_only_by_those_who_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hide("pocketsphinx", monkeypatch)
    checks = run_doctor()
    assert found(checks, "pocketsphinx").status == "missing"
    assert found(checks, "pocketsphinx").remedy == "make venv"
    assert exit_status(checks) == 1
    other = run_doctor(config(recognizer={"engine": "whisper"}))
    assert not found(other, "pocketsphinx").required
    assert found(other, "openai-whisper").required


def test_without_portaudio_only_real_devices_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    simulator = run_doctor()
    assert found(simulator, "PortAudio library").remedy == "apt-get install libportaudio2"
    assert exit_status(simulator) == 0
    real = run_doctor(config(microphone={"driver": "portaudio"}))
    assert exit_status(real) == 1


def test_a_whisper_model_is_found_in_the_cache_or_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wanted = config(recognizer={"engine": "whisper"})
    assert exit_status(run_doctor(wanted)) == 1
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "base.en.pt").touch()
    assert found(run_doctor(wanted), "Whisper model").found == "base.en"
    by_path = config(recognizer={"engine": "whisper", "options": {"model": str(tmp_path / "none.pt")}})
    assert found(run_doctor(by_path), "Whisper model").status == "missing"


def test_a_language_model_is_a_folder_with_a_configuration(tmp_path: Path) -> None:
    wanted = config(generator={"engine": "transformers", "options": {"model": str(tmp_path)}})
    assert found(run_doctor(wanted), "language model").status == "missing"
    assert exit_status(run_doctor(wanted)) == 1
    (tmp_path / "config.json").write_text("{}")
    assert found(run_doctor(wanted), "language model").status == "ok"


def test_a_model_of_the_hub_is_looked_for_in_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    wanted = config(generator={"engine": "transformers", "options": {"model": "someone/small"}})
    assert found(run_doctor(wanted), "language model").status == "warn"
    snapshot = tmp_path / "hub" / "models--someone--small" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    assert found(run_doctor(wanted), "language model").status == "ok"


def test_dialogs_that_do_not_load_are_named(tmp_path: Path) -> None:
    checks = run_doctor(config(dialogs=str(tmp_path)))
    assert found(checks, "dialogs").status == "missing"
    assert str(tmp_path) in found(checks, "dialogs").found
    assert exit_status(checks) == 1


def test_a_line_that_calls_nobody_is_a_warning(checks: list[Check]) -> None:
    assert found(checks, "nurse call").status == "warn"
    webhook = config(nurse_call={"driver": "webhook", "options": {"url": "https://nurse.example/"}})
    assert found(run_doctor(webhook), "nurse call").status == "ok"


def test_the_machine_has_memory_and_disk(checks: list[Check]) -> None:
    for name in ("memory", "disk"):
        assert float(found(checks, name).found.split()[0]) >= 0


def test_the_table_ends_with_the_commands_and_the_verdict() -> None:
    checks = [
        Check("sound", "missing", "not found", "hearing", "apt-get install [sound]", required=True),
        Check("extra", "missing", "none", "comfort", "apt-get install extra"),
        Check("disk", "ok", "9 GB free", "journals"),
    ]
    stream = io.StringIO()
    render(checks, stream)
    text = stream.getvalue()
    assert "sound: apt-get install [sound]" in text
    assert "extra: apt-get install extra" in text
    assert "cannot run without: sound." in text
    stream = io.StringIO()
    render(checks[1:], stream)
    assert "can run" in stream.getvalue()


def test_json_says_the_same(checks: list[Check]) -> None:
    report = json.loads(to_json(checks))
    assert report["can_run"] is True
    assert [check["name"] for check in report["checks"]] == [check.name for check in checks]
    assert set(report["checks"][0]) == {"name", "status", "found", "purpose", "remedy", "required"}


def test_the_command_prints_and_returns_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(Config(), as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["can_run"] is True
    assert doctor.main(Config()) == 0
    assert "can run" in capsys.readouterr().out


def test_looking_loads_no_model_library() -> None:
    code = "import sys; from robot.doctor import run_doctor; run_doctor(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "whisper", "onnxruntime"} & set(loaded)


def test_a_language_model_that_was_changed_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  config.json\n")
    wanted = config(generator={"engine": "transformers", "options": {"model": str(tmp_path)}})
    check = found(run_doctor(wanted), "language model")
    assert check.status == "missing"
    assert "config.json" in check.found
