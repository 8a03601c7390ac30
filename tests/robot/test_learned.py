"""What the robot learns from its dialogs ships with it, and is of these very dialogs."""

from __future__ import annotations

from pathlib import Path

from robot.config import Config
from robot.content import load_content, make_embedder


def test_a_new_machine_has_nothing_to_learn(tmp_path: Path) -> None:
    for embedder in (make_embedder(Config()), None):
        load_content(None, embedder, cache=tmp_path).warm()
    assert list(tmp_path.iterdir()) == [], "run: bedside dialogs learn"
