"""How soon somebody should be seen, from findings: danger signs, what they mean together, and where the probability
lies.

Adding a danger sign never lowers the level, nor does being afraid of it. That holds by construction: rules only raise
it, and the share of dangerous conditions counts at its highest over all subsets of the danger signs and of fear beside
everything else. Age, sex and name have no say.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

from dialogs.triage import Level, Triage
from robot.think.triage.differential import LEVELS, Differential

_MOST_DANGERS = 6
"""Danger signs of which all subsets are tried (64); of more, those that come first."""
EMERGENCY = 0.2
"""Share of emergencies from which on the whole is one: missing one costs more than a look too many."""
URGENT = 0.45
"""Share of emergencies and urgent conditions together from which on somebody should look within a day."""
ROUTINE = 0.6
"""Share of all that need a clinician from which on it is no matter of self-care."""
_SEVERE = "severe_pain"
_FEAR = ("anxiety", "panic")
"""Makes an attack of fear likelier and everything else less so; a frightened patient would count as less ill."""


class UrgencyJudge:
    """Judges findings."""

    def __init__(self, triage: Triage, differential: Differential) -> None:
        self._differential = differential
        self._danger = {key: LEVELS.index(symptom.danger) for key, symptom in triage.symptoms.items() if symptom.danger}
        self._rules = [
            (frozenset(danger.all), frozenset(danger.any), LEVELS.index(danger.level)) for danger in triage.dangers
        ]
        self._in_rules = frozenset().union(*(needed | some for needed, some, _ in self._rules), self._danger)

    def level(self, present: Collection[str], absent: Collection[str] = ()) -> Level:
        """The level of these findings; `routine` without any: something made somebody ask."""
        here = frozenset(symptom for symptom in present if symptom in self._differential.places)
        if not here:
            return "routine"
        level = max((self._danger[symptom] for symptom in here if symptom in self._danger), default=0)
        for needed, some, told in self._rules:
            if told > level and needed <= here and (not some or here & some):
                level = told
        level = max(level, self._by_share(here, absent))
        if _SEVERE in here and level == LEVELS.index("urgent") and len(here) > 1 and self._likely(here, absent):
            level = LEVELS.index("emergency")
        return LEVELS[level]

    def _by_share(self, here: frozenset[str], absent: Collection[str]) -> int:
        dangers = sorted(symptom for symptom in here if symptom in self._danger or symptom in _FEAR)[:_MOST_DANGERS]
        rest = here.difference(dangers)
        return max(
            self._share_level(rest.union(chosen), absent)
            for size in range(len(dangers) + 1)
            for chosen in combinations(dangers, size)
            if chosen or rest
        )

    def _share_level(self, here: Collection[str], absent: Collection[str]) -> int:
        emergency, urgent, routine = self._shares(here, absent)
        return 3 if emergency >= EMERGENCY else 2 if urgent >= URGENT else 1 if routine >= ROUTINE else 0

    def _likely(self, here: Collection[str], absent: Collection[str]) -> bool:
        return self._shares(here, absent)[1] >= 2 * URGENT

    def _shares(self, here: Collection[str], absent: Collection[str]) -> tuple[float, float, float]:
        """The shares of emergencies, of those and urgent conditions, and of all that need a clinician."""
        shares, levels = self._differential.posterior(sorted(here), sorted(absent)), self._differential.levels
        emergency, urgent, routine = (float(shares[levels >= level].sum()) for level in (3, 2, 1))
        return emergency, urgent, routine
