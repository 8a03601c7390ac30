"""Which conditions fit what a patient has and has not: a naive Bayes over the shares of `dialogs/triage/conditions/`.

    log P(condition | findings) = log prior + T · Σ log P(finding | condition) + constant

The prior is how common a condition is (and, for the clinician's page, whether age and sex are usual for it). Symptoms
of one condition come together, so that their evidence is not independent; T < 1 makes up for that. It is a list for a
clinician and a measure of danger, never a diagnosis for the patient.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dialogs.triage import Condition, Level, Triage

Floats = npt.NDArray[np.float64]
Sex = Literal["female", "male", "other"]

LEVELS: tuple[Level, ...] = ("self_care", "routine", "urgent", "emergency")
"""Rising."""
_SHARE = {"always": 0.95, "often": 0.70, "sometimes": 0.35, "rarely": 0.10}
_PRIOR = {"common": 1.0, "uncommon": 0.2, "rare": 0.02}
_RISK = 0.35
"""Share of those with a condition who have one of its risks, where the condition does not say."""
_UNLISTED = 0.3
"""A symptom that a condition does not list is so much rarer in it than among all patients."""
_LEAST = 0.004
_TEMPER = 0.65
_OUT_OF_AGE = 0.05
_OTHER_SEX = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """A condition with its share of the probability, and the findings that speak for and against it most."""

    condition: str
    share: float
    supporting: tuple[str, ...]
    against: tuple[str, ...]


class Differential:
    """Made once for the conditions of a dialogs folder."""

    def __init__(self, triage: Triage) -> None:
        self.conditions = tuple(triage.conditions)
        self._known = [triage.conditions[key] for key in self.conditions]
        self.symptoms = tuple(triage.symptoms)
        self.places = {symptom: place for place, symptom in enumerate(self.symptoms)}
        self._prior = np.log([_PRIOR[condition.frequency] for condition in self._known])
        self.shares = self._shares()
        self._present, self._absent = np.log(self.shares), np.log1p(-self.shares)
        self.levels = np.array([LEVELS.index(condition.urgency) for condition in self._known])

    def _shares(self) -> Floats:
        """P(symptom | condition), of shape (conditions, symptoms)."""
        told = np.zeros((len(self._known), len(self.symptoms)))
        for row, condition in enumerate(self._known):
            for symptom in condition.risks:
                told[row, self.places[symptom]] = _RISK
            for symptom, often in condition.features.items():
                told[row, self.places[symptom]] = _SHARE[often]
        weights = np.exp(self._prior)[:, None]
        among_all = (told * weights).sum(axis=0) / weights.sum()
        shares: Floats = np.where(told > 0, told, np.maximum(_LEAST, _UNLISTED * among_all))
        return shares

    def posterior(
        self,
        present: Collection[str],
        absent: Collection[str] = (),
        *,
        age: float | None = None,
        sex: Sex | None = None,
    ) -> Floats:
        """The share of each of `conditions`; they sum to one. Unknown symptoms are passed over."""
        here = [self.places[symptom] for symptom in present if symptom in self.places]
        gone = [self.places[symptom] for symptom in absent if symptom in self.places]
        logs = self._prior + _TEMPER * (self._present[:, here].sum(axis=1) + self._absent[:, gone].sum(axis=1))
        if age is not None or sex in ("female", "male"):
            logs = logs + self._who(age, sex)
        likely = np.exp(logs - logs.max())
        shares: Floats = likely / likely.sum()
        return shares

    def candidates(
        self,
        present: Collection[str],
        absent: Collection[str] = (),
        *,
        age: float | None = None,
        sex: Sex | None = None,
        most: int = 5,
    ) -> list[Candidate]:
        """The likeliest conditions, best first, with what speaks for and against each."""
        shares = self.posterior(present, absent, age=age, sex=sex)
        found = []
        for row in np.argsort(-shares)[:most]:
            features: Mapping[str, object] = {**self._known[row].features, **dict.fromkeys(self._known[row].risks)}
            for_it = tuple(symptom for symptom in present if symptom in features)
            against = tuple(symptom for symptom in absent if features.get(symptom) in ("always", "often"))
            found.append(Candidate(self.conditions[row], round(float(shares[row]), 4), for_it, against))
        return found

    def _who(self, age: float | None, sex: Sex | None) -> Floats:
        usual: Floats = np.log([_usual(condition, age, sex) for condition in self._known])
        return usual


def _usual(condition: Condition, age: float | None, sex: Sex | None) -> float:
    low, high = condition.age
    factor = 1.0
    if age is not None and not low <= age <= high:
        factor *= _OUT_OF_AGE
    if sex in ("female", "male") and condition.sex not in ("any", sex):
        factor *= _OTHER_SEX
    return factor
