"""`bedside dialogs learn`: computes what the robot learns from the dialogs that ship, and puts it beside its models.

Vectors of passages, questions and examples, and the weights of the two classifiers. Without these files everything
works; the first start on a machine takes a minute longer.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from robot.config import Config
from robot.content import load_content, make_embedder
from robot.think.embed import SHIPPED


def learn(config: Config, folder: Path = SHIPPED) -> tuple[int, int]:
    """Write the files anew into `folder`; how many, and their bytes. Raises ContentError, HardwareError, ModelError."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.npy"):
        old.unlink()
    with tempfile.TemporaryDirectory() as made:
        for embedder in (make_embedder(config), None):
            load_content(config.dialogs, embedder, cache=Path(made)).warm()
        for path in sorted(Path(made).glob("*.npy")):
            shutil.move(path, folder / path.name)
    files = list(folder.glob("*.npy"))
    return len(files), sum(path.stat().st_size for path in files)
