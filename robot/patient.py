"""Who the robot talks to, as far as advice depends on it, and the hazards that follow from it.

An order that is not known counts as restricted: on a ward, silence of the record never means "may eat".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, field_validator

from dialogs.hazards import Hazard, Hazards, OrderKind
from dialogs.yaml_file import Strict
from robot.errors import InputError

ORDERS: tuple[OrderKind, ...] = ("diet", "fluid", "mobility", "isolation")
ADULT = 18


class _Masked(Strict):
    """Never shows what it holds, so that a patient cannot reach a log by accident."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} masked>"

    __str__ = __repr__


class Orders(_Masked):
    """The ward's orders in their own words; None is unknown."""

    diet: str | None = None
    fluid: str | None = None
    mobility: str | None = None
    isolation: str | None = None

    @field_validator("diet", "fluid", "mobility", "isolation", mode="before")
    @classmethod
    def _written_as_yes_or_no(cls, value: object) -> object:
        """In JSON an order may come as true or false."""
        return {True: "yes", False: "none"}[value] if isinstance(value, bool) else value


class Patient(_Masked):
    """A patient. Without a file: a guest at a kiosk, of whom nothing is known and to whom no order applies.

    `age` is in years; `pregnant` None is unknown. Conditions, allergies and medications are names as the record has
    them, active ones only.
    """

    name: str = ""
    age: int | None = Field(default=None, ge=0, le=130)
    sex: Literal["female", "male", "other"] | None = None
    pregnant: bool | None = None
    setting: Literal["ward", "kiosk", "home"] = "kiosk"
    conditions: tuple[str, ...] = ()
    allergies: tuple[str, ...] = ()
    medications: tuple[str, ...] = ()
    orders: Orders = Orders()


def unreadable(source: str, problem: str) -> InputError:
    """The error for a patient file that cannot be used."""
    return InputError(
        "patient_unreadable",
        f"The patient file {source} cannot be read: {problem}.",
        "Give a FHIR R4 bundle (.json) or a YAML patient file.",
    )


def active_hazards(patient: Patient, hazards: Hazards) -> frozenset[str]:
    """Ids of the hazards that hold for `patient`: by order, condition, medicine, allergy, age and pregnancy.

    In setting `ward` every order that is absent brings the hazards of an unknown order; so does, in any setting, an
    order whose words nobody foresaw.
    """
    active = {
        key
        for key, hazard in hazards.hazards.items()
        if _found(hazard.conditions, patient.conditions) or _found(hazard.medicines, patient.medications)
    }
    for kind in ORDERS:
        active |= _ordered(kind, getattr(patient.orders, kind), patient.setting, hazards)
    if any(not _found(hazards.no_allergy, (allergy,)) for allergy in patient.allergies if allergy.strip()):
        active.add("allergy")
    if patient.pregnant:
        active.add("pregnancy")
    if patient.age is not None and patient.age < ADULT:
        active.add("child")
    return frozenset(active)


def _ordered(kind: OrderKind, order: str | None, setting: str, hazards: Hazards) -> set[str]:
    unknown = set(hazards.orders[kind].unknown)
    if order is None or not order.strip():
        return unknown if setting == "ward" else set()
    restricted = {key for key, hazard in hazards.hazards.items() if _found(_by_order(hazard, kind), (order,))}
    if restricted or _found(hazards.orders[kind].free, (order,)):
        return restricted
    return unknown


def _by_order(hazard: Hazard, kind: OrderKind) -> Sequence[str]:
    return hazard.orders.get(kind, ())


def _found(patterns: Sequence[str], texts: Sequence[str]) -> bool:
    return any(re.search(pattern, text.strip().lower()) for text in texts for pattern in patterns)
