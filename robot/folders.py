"""Where Bedside keeps things on a user's machine, by the XDG base directory rules."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """What must not be lost: records, imported knowledge."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "bedside"


def cache_folder() -> Path:
    """What can be computed again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bedside"
