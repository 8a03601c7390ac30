"""Finds the project's test data, which stays outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("BEDSIDE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def shared_data(relative: str) -> Path:
    """The file or folder `relative` of the shared data; the test is skipped where there is none."""
    path = _ROOT / relative
    if not path.exists():
        pytest.skip(f"shared test data is absent: {relative} (set BEDSIDE_SHARED_DATA)")
    return path
