"""The shape of `hazards.yaml`: by which orders, conditions and medicines a patient has which hazard."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dialogs.model import Key
from dialogs.yaml_file import Strict, read

OrderKind = Literal["diet", "fluid", "mobility", "isolation"]


class Hazard(Strict):
    """What makes a hazard active: regular expressions over lower-case text, found anywhere in it.

    `orders` names, for each kind of order, what in its text brings the hazard.
    """

    about: str
    orders: dict[OrderKind, list[str]] = Field(default_factory=dict)
    conditions: list[str] = Field(default_factory=list)
    medicines: list[str] = Field(default_factory=list)


class Order(Strict):
    """One kind of ward order: texts that free the patient, and the hazards that hold while the order is unknown."""

    free: list[str] = Field(min_length=1)
    unknown: list[Key] = Field(min_length=1)


class Hazards(Strict):
    """`hazards.yaml`. `no_allergy` are entries that mean that there is none."""

    reviewer: str
    reviewed: date
    orders: dict[OrderKind, Order]
    no_allergy: list[str] = Field(min_length=1)
    hazards: dict[Key, Hazard]

    @model_validator(mode="after")
    def _holds_together(self) -> Hazards:
        if missing := {"diet", "fluid", "mobility", "isolation"} - self.orders.keys():
            raise ValueError(f"orders: {sorted(missing)[0]} is missing")
        for kind, order in self.orders.items():
            if strangers := set(order.unknown) - self.hazards.keys():
                raise ValueError(f"orders.{kind}.unknown: there is no hazard {sorted(strangers)[0]!r}")
        patterns = {"no_allergy": self.no_allergy}
        patterns |= {f"orders.{kind}.free": order.free for kind, order in self.orders.items()}
        for key, hazard in self.hazards.items():
            patterns[f"hazards.{key}"] = [*hazard.conditions, *hazard.medicines]
            patterns[f"hazards.{key}.orders"] = [pattern for several in hazard.orders.values() for pattern in several]
        for where, several in patterns.items():
            for pattern in several:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ValueError(f"{where}: {pattern!r}: {error}") from None
        return self


def load_hazards(path: Path) -> Hazards:
    """The hazards in `path`. Raises ContentError."""
    return read(path, Hazards)
