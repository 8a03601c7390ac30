"""Where a model lies, and whether it is whole: looked at before anything is loaded."""

from __future__ import annotations

import hashlib
from pathlib import Path

from robot.errors import ModelError

SHIPPED = Path(__file__).resolve().parents[2] / "models"
"""The folder of the models that ship with the robot, each in a folder of its name."""
EMBEDDED = "bedside-gpt"
"""The model that ships: made by `bedside train` from `configs/train.yaml`."""
SUMS = "SHA256SUMS"


def find_model(name: str, shipped: Path = SHIPPED) -> str:
    """The folder that `name` means: a folder, a model that ships; else `name` itself, for the hub (`owner/model`).

    Raises ModelError (`model_missing`) for every other name, so that a slip of the pen asks no network.
    """
    if name and Path(name).is_dir():
        return name
    if name and Path(name).name == name and (shipped / name).is_dir():
        return str(shipped / name)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or "\\" in name:
        raise ModelError(
            "model_missing",
            f"There is no model folder '{name}'.",
            "Give the folder of a saved causal model, the name of one that ships, or owner/model of a hub.",
        )
    return name


def verify(folder: Path) -> None:
    """Compare the files with the folder's SHA256SUMS (lines as `sha256sum` writes them), if it has one.

    Raises ModelError (`model_broken`) naming the file that is missing or differs.
    """
    sums = folder / SUMS
    if not sums.is_file():
        return
    for number, line in enumerate(sums.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        digest, _, name = line.strip().partition(" ")
        name = name.lstrip(" *")
        if not line.strip():
            continue
        if len(digest) != 64 or not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise broken(folder, f"line {number} of {SUMS} is no checksum")
        if not (folder / name).is_file():
            raise broken(folder, f"{name} is missing")
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest.lower():
                raise broken(folder, f"{name} is not the file that {SUMS} describes")


def broken(model: str | Path, what: str) -> ModelError:
    """The error for a model that is there and cannot be used."""
    return ModelError(
        "model_broken", f"The language model '{model}' cannot be used: {what}.", "Copy or train the model again."
    )
