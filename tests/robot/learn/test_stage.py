"""Stages: run when they must, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robot.learn.stage import MANIFEST, Run, read_manifest, replace_file

Stage = Callable[..., bool]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Runs a stage that copies its input; whether it was run."""
    source = tmp_path / "source.txt"
    source.write_text("one", encoding="utf-8")
    heard: list[str] = []

    def once(*, seed: int = 1, **config: int) -> bool:
        ran = []

        def work(folder: Path) -> dict[str, int]:
            ran.append(sorted(path.name for path in folder.iterdir()))
            (folder / "copy.txt").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
            return {"count": 1}

        Run(tmp_path, seed, heard.append).stage("copy", config, {"source": source}, work)
        return bool(ran)

    return once


def test_a_finished_stage_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    assert stage()
    assert not stage()
    assert read_manifest(tmp_path / "copy")["report"] == {"count": 1}


def test_other_settings_another_seed_or_another_input_run_it_again(stage: Stage, tmp_path: Path) -> None:
    assert stage()
    assert stage(size=2)
    assert stage(size=2, seed=2)
    (tmp_path / "source.txt").write_text("two", encoding="utf-8")
    assert stage(size=2, seed=2)
    assert (tmp_path / "copy" / "copy.txt").read_text(encoding="utf-8") == "two"


def test_what_it_left_must_still_be_there(stage: Stage, tmp_path: Path) -> None:
    assert stage()
    (tmp_path / "copy" / "copy.txt").write_text("touched", encoding="utf-8")
    assert stage()
    (tmp_path / "copy" / MANIFEST).write_text("{half", encoding="utf-8")
    assert stage()


def test_an_unfinished_stage_keeps_its_folder_only_for_the_same_settings(tmp_path: Path) -> None:
    def fails(folder: Path) -> dict[str, int]:
        (folder / "checkpoint.pt").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    found: list[bool] = []

    def looks(folder: Path) -> dict[str, int]:
        found.append((folder / "checkpoint.pt").exists())
        return {}

    for name, size in (("same", 1), ("other", 2)):
        run = Run(tmp_path / name, 1, lambda line: None)
        with pytest.raises(KeyboardInterrupt):
            run.stage("fit", {"size": 1}, {}, fails)
        run.stage("fit", {"size": size}, {}, looks)
        assert not (tmp_path / name / "fit" / "checkpoint.pt").exists()
    assert found == [True, False]


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("whole", encoding="utf-8")

    def breaks(part: Path) -> None:
        part.write_text("ha", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, breaks)
    assert path.read_text(encoding="utf-8") == "whole"
