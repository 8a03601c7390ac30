"""Settings of the whole suite: property tests try the same examples every time and have no deadline.

Commands answer with the reviewed passage unless a test asks for the language model, which takes seconds to load.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("bedside", deadline=None, derandomize=True)
settings.load_profile("bedside")

os.environ.setdefault("BEDSIDE__GENERATOR__ENGINE", "passage")
