"""Which symptom to ask for next: the one whose answer is expected to tell most about how soon somebody should be seen.

The gain is the expected fall of entropy over the levels of urgency (self-care … emergency), after D. Lindley, "On a
measure of the information provided by an experiment" (1956). Danger signs count more, because missing one costs more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from dialogs.triage import Symptom
from robot.think.triage.differential import LEVELS, Differential, Floats

_LEAST = 0.004
"""Gain in nats below which a question is not worth asking."""
_DANGER = 2.0
"""Weight of the gain of a danger sign."""
_LIKELY = 40
"""Conditions whose symptoms are asked for."""


class QuestionChooser:
    """Made once; `never` are symptoms that are not asked for (circumstances that are in the record, delicate ones)."""

    def __init__(
        self, symptoms: Mapping[str, Symptom], differential: Differential, never: Collection[str] = ()
    ) -> None:
        self._differential = differential
        self._danger = np.array([_DANGER if symptoms[key].danger else 1.0 for key in differential.symptoms])
        self._askable = np.array([key not in never for key in differential.symptoms])
        self._by_level = np.array([differential.levels == level for level in range(len(LEVELS))], dtype=np.float64)

    def next(self, present: Collection[str], absent: Collection[str], asked: Collection[str]) -> str | None:
        """The symptom to ask for; None when nothing is worth asking."""
        differential = self._differential
        shares = differential.posterior(present, absent)
        known = {*present, *absent, *asked}
        open_ = np.array([key not in known for key in differential.symptoms]) & self._askable
        likely = np.argsort(-shares)[:_LIKELY]
        open_ &= (differential.shares[likely] >= 0.3).any(axis=0)
        places = np.flatnonzero(open_)
        if not len(places):
            return None
        gains = self._gains(shares, places) * self._danger[places]
        best = int(np.argmax(gains))
        return differential.symptoms[places[best]] if gains[best] >= _LEAST else None

    def _gains(self, shares: Floats, places: np.ndarray) -> Floats:
        """For each of `places` the expected fall of entropy over the levels."""
        yes = shares[:, None] * self._differential.shares[:, places]
        chance = yes.sum(axis=0)
        no = shares[:, None] - yes
        now = _entropy(self._by_level @ shares[:, None])
        after_yes = _entropy(self._by_level @ (yes / np.maximum(chance, 1e-12)))
        after_no = _entropy(self._by_level @ (no / np.maximum(1 - chance, 1e-12)))
        gains: Floats = now - chance * after_yes - (1 - chance) * after_no
        return gains


def _entropy(levels: Floats) -> Floats:
    """Of distributions in columns, in nats."""
    kept = np.maximum(levels, 1e-12)
    found: Floats = -(levels * np.log(kept)).sum(axis=0)
    return found
