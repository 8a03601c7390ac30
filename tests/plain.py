"""The default robot without its language model, which takes seconds to load: for tests of everything else."""

from __future__ import annotations

from robot.config import Config, Generation

PLAIN = Config(generator=Generation(engine="passage"))
