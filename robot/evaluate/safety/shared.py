"""Finds the sets of questions and vignettes that users import and the product ships without.

Only ids, labels of ours and counts leave this package: the texts belong to others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robot.errors import InputError

PLACE = "BEDSIDE_SHARED_DATA"
"""Environment variable that names the folder where `--data` does not."""


class SharedData:
    """A folder of data sets by their relative paths, any of which may be missing."""

    def __init__(self, folder: Path | None, environment: Mapping[str, str] | None = None) -> None:
        """Raises InputError (`data_missing`): a folder was named that is not there."""
        named = (environment if environment is not None else os.environ).get(PLACE)
        self._folder = folder or (Path(named) if named else None)
        if self._folder is not None and not self._folder.is_dir():
            raise InputError("data_missing", f"There is no folder {self._folder}.", "Give --data a folder, or none.")

    def rows(self, path: str) -> list[dict[str, Any]] | None:
        """The objects of a JSONL file; None where it is not there. Raises InputError (`data_invalid`)."""
        text = self._text(path)
        return None if text is None else [_object(line, path, number) for number, line in enumerate(text, 1) if line]

    def whole(self, path: str) -> dict[str, Any] | None:
        """The object of a JSON file; None where it is not there. Raises InputError (`data_invalid`)."""
        text = self._text(path)
        return None if text is None else _object("\n".join(text), path, 1)

    def _text(self, path: str) -> list[str] | None:
        if self._folder is None or not (self._folder / path).is_file():
            return None
        try:
            return (self._folder / path).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError):
            raise InputError("data_invalid", f"{self._folder / path} cannot be read.", "Fetch it again.") from None


def _object(text: str, path: str, line: int) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("data_invalid", f"{path}:{line} is not JSON.", "Fetch the file again.") from None
    if not isinstance(found, dict):
        raise InputError("data_invalid", f"{path}:{line} is not an object.", "Fetch the file again.")
    return found
