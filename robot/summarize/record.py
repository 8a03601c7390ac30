"""A bundle as the record of one patient: whose it is, what belongs to it, and what does not.

Entries that name another patient are kept apart, and so are those that were entered in error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from robot.errors import InputError
from robot.records.fhir import Resource, code, entries, items, words

_LONGEST = 240
"""Characters of one text of a record; what is longer is cut at a word, and says so."""
_DATES: dict[str, tuple[str, ...]] = {
    "Condition": ("onsetDateTime", "onsetPeriod", "onsetString", "recordedDate", "assertedDate"),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate", "assertedDate"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod", "dateAsserted"),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod"),
    "Observation": ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod", "issued"),
    "Procedure": ("performedDateTime", "performedPeriod", "performedString"),
    "Encounter": ("period",),
    "Immunization": ("occurrenceDateTime", "occurrenceString", "recorded"),
    "CarePlan": ("period", "created"),
    "Goal": ("startDate", "statusDate"),
    "Flag": ("period",),
    "NutritionOrder": ("dateTime",),
    "ServiceRequest": ("occurrenceDateTime", "authoredOn"),
    "FamilyMemberHistory": ("date",),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource with the reference by which lines name it: `Type/id`, else its URL, else `entry[N]`."""

    ref: str
    resource: Resource

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def name(self) -> str:
        """What the resource is about: its code, vaccine, type or description."""
        resource = self.resource
        for field in ("code", "vaccineCode", "type", "description", "title"):
            for each in items(resource.get(field)):
                if text := cut(words(each)):
                    return text
        return ""

    @property
    def when(self) -> str:
        """The day of it as the record writes it, or ""."""
        for field in _DATES.get(self.kind, ()):
            value = self.resource.get(field)
            if isinstance(value, dict):
                value = value.get("start") or value.get("end")
            if found := day(value):
                return found
        return ""

    @property
    def states(self) -> frozenset[str]:
        """The codes of all its states, in lower case."""
        fields = ("status", "clinicalStatus", "verificationStatus", "lifecycleStatus")
        return frozenset(code(self.resource.get(field)).lower() for field in fields) - {""}


@dataclass(frozen=True)
class Record:
    """One patient's part of a bundle.

    `patient` is None where the bundle has no such resource; `others` are further patients, `strangers` the entries
    that name one; `void` were entered in error.
    """

    patient: Entry | None
    entries: tuple[Entry, ...]
    others: tuple[Entry, ...] = ()
    strangers: tuple[Entry, ...] = ()
    void: tuple[Entry, ...] = ()

    def of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, newest first; what has no date comes last."""
        found = [entry for entry in self.entries if entry.kind in kinds]
        return sorted(found, key=lambda entry: entry.when, reverse=True)

    @property
    def source(self) -> str:
        """The reference that stands for the whole record."""
        return self.patient.ref if self.patient else "Bundle"


def read_record(bundle: object) -> Record:
    """The record in a bundle, or in a resource that stands alone. Raises InputError (`bundle_unreadable`)."""
    found = [
        (url, Entry(_reference(url, resource, number), resource))
        for number, (url, resource) in enumerate(entries(bundle))
    ]
    if not found:
        raise InputError("bundle_unreadable", "There is no FHIR resource in the bundle.", "Give a FHIR R4 bundle.")
    void = tuple(entry for _, entry in found if "entered-in-error" in entry.states)
    sound = [(url, entry) for url, entry in found if "entered-in-error" not in entry.states]
    people = [(url, entry) for url, entry in sound if entry.kind == "Patient"]
    named = Counter(key for _, entry in sound if (key := _whose(entry)))
    keys = {entry.ref: {_last(entry.ref), _last(url)} - {""} for url, entry in people}
    patient = max(
        (entry for _, entry in people), key=lambda each: sum(named[key] for key in keys[each.ref]), default=None
    )
    if patient is not None:
        own = keys[patient.ref]
        if "id" not in patient.resource and named and not own & named.keys():
            own = own | {named.most_common(1)[0][0]}
    else:
        own = {named.most_common(1)[0][0]} if named else set()
    mine: list[Entry] = []
    strange: list[Entry] = []
    for _, entry in sound:
        if entry.kind == "Patient":
            continue
        whose = _whose(entry)
        (strange if whose and own and whose not in own else mine).append(entry)
    others = tuple(entry for _, entry in people if entry is not patient)
    return Record(patient, tuple(mine), others, tuple(strange), void)


def _reference(url: str, resource: Resource, number: int) -> str:
    identity = resource.get("id")
    if isinstance(identity, str) and identity.strip():
        return f"{resource['resourceType']}/{identity.strip()}"
    return url or f"entry[{number}]"


def _whose(entry: Entry) -> str:
    """The key of the patient that an entry names, or ""."""
    for field in ("subject", "patient", "for", "individual", "beneficiary"):
        reference = entry.resource.get(field)
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            text = reference["reference"].split("/_history")[0]
            kind = text.rpartition("/")[0].rpartition("/")[2]
            if kind in ("", "Patient") and not text.startswith("#"):
                return _last(text)
    return ""


def _last(reference: str) -> str:
    return re.split(r"[/:#]", reference)[-1]


def cut(text: str) -> str:
    """`text` on one line; where it is too long, its beginning."""
    plain = " ".join(text.split())
    if len(plain) <= _LONGEST:
        return plain
    return f"{plain[:_LONGEST].rpartition(' ')[0] or plain[:_LONGEST]} …"


def day(value: object) -> str:
    """The day, month or year of a FHIR date as it is written; other text as it is; else ""."""
    if not isinstance(value, str):
        return ""
    found = re.match(r"\d{4}(?:-\d{2}){0,2}", value)
    return found[0] if found else cut(value)


def quantity(value: object) -> str:
    """A Quantity, Range, Ratio or number, with the figures and units of the record."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float | str):
        return cut(str(value))
    if not isinstance(value, dict):
        return ""
    if "low" in value or "high" in value:
        low, high = quantity(value.get("low")), quantity(value.get("high"))
        return f"{low}–{high}" if low and high else f"from {low}" if low else f"up to {high}" if high else ""
    if "numerator" in value:
        return " / ".join(filter(None, (quantity(value.get("numerator")), quantity(value.get("denominator")))))
    number = quantity(value.get("value")) if not isinstance(value.get("value"), dict | list) else ""
    unit = next((unit for unit in (value.get("unit"), value.get("code")) if isinstance(unit, str)), "")
    sign = value.get("comparator")
    return f"{sign if isinstance(sign, str) else ''}{number} {cut(unit)}".strip() if number else ""


def person_name(patient: Resource) -> str:
    """The name in a Patient resource, or ""."""
    names = [name for name in items(patient.get("name")) if isinstance(name, dict)]
    best = next((name for name in names if name.get("use") == "official"), names[0] if names else {})
    if isinstance(best.get("text"), str):
        return cut(best["text"])
    parts = [*items(best.get("given")), best.get("family")]
    return cut(" ".join(part for part in parts if isinstance(part, str)))


def texts(value: object) -> Iterator[str]:
    """What each concept in a list says."""
    for each in items(value):
        if text := cut(words(each)):
            yield text


def number(value: Any) -> float | None:
    """The figure of a Quantity, where it is one."""
    found = value.get("value") if isinstance(value, dict) else value
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
