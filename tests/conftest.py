"""Settings of the whole suite: property tests try the same examples every time and have no deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("bedside", deadline=None, derandomize=True)
settings.load_profile("bedside")
