"""What a clinician should check in a record: entries that contradict each other, and what is missing.

Only what the record itself shows is told; what is right, it does not know.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache

from dialogs.labels import load_labels
from robot.records.fhir import code, items, words
from robot.summarize.lines import Line, joined
from robot.summarize.record import Entry, Record, day
from robot.summarize.record_lines import active_medicines, current, dosage, medicine_name, value_of
from robot.think.pharmacy import Pharmacy

_MOST = 5
"""Contradictions of one kind that are told one by one."""
_NONE = re.compile(r"\bno (?:known )?(?:drug |food |medication )?allerg|\bnka\b|\bnkda\b|716186003|无.{0,4}过敏")


@lru_cache(maxsize=1)
def pharmacy() -> Pharmacy:
    """The medicines of the labels that ship."""
    return Pharmacy(load_labels())


def record_checks(record: Record) -> list[Line]:
    """Contradictions, and entries that belong to somebody else."""
    found = [
        *_whose(record),
        *_allergy_against_medicine(record)[:_MOST],
        *_allergy_and_none(record),
        *_active_but_ended(record)[:_MOST],
        *_two_dosages(record)[:_MOST],
        *_two_values(record)[:_MOST],
        *_life(record)[:_MOST],
    ]
    return [Line("Check", text, joined(sources)) for text, sources in found]


Found = list[tuple[str, list[str]]]


def _whose(record: Record) -> Found:
    found: Found = []
    if record.others:
        text = "the bundle holds another Patient; only the entries of the patient below are summarized"
        found.append((text, [each.ref for each in record.others]))
    if record.strangers:
        text = "entries name another patient and are left out; check whose they are"
        found.append((text, [each.ref for each in record.strangers]))
    if record.patient is None:
        found.append(("there is no Patient resource: whose record this is, is not known", ["Bundle"]))
    return found


def _allergy_against_medicine(record: Record) -> Found:
    found: Found = []
    for medicine in active_medicines(record):
        name = medicine_name(medicine, {each.ref.rpartition("/")[2]: each.name for each in record.of("Medication")})
        for allergy in current(record, "AllergyIntolerance"):
            if allergic(name, allergy.name):
                found.append((f"allergy against active medicine: {allergy.name} – {name}", [allergy.ref, medicine.ref]))
    return found


def allergic(medicine: str, allergy: str) -> bool:
    """Whether the record's `allergy` names the medicine, its group by the labels, or a word of its name."""
    if not medicine or not allergy or _NONE.search(allergy.lower()):
        return False
    named = pharmacy().named(medicine, "en")
    if named is not None and pharmacy().allergic(named, [allergy]):
        return True
    parts = [part for part in re.findall(r"[a-z]{5,}", medicine.lower()) if part not in _FORMS]
    return any(re.search(rf"\b{part}\b", allergy.lower()) for part in parts)


_FORMS = frozenset(
    "tablet tablets capsule capsules solution injection spray powder chewable release extended inhaler cream ointment"
    " patch suspension syrup drops sodium chloride potassium hydrochloride auto injector syringe topical nasal"
    " delayed action daily package product containing allergy".split()
)


def _allergy_and_none(record: Record) -> Found:
    allergies = current(record, "AllergyIntolerance")
    none = [each for each in allergies if _NONE.search(f"{each.name} {code(each.resource.get('code'))}".lower())]
    some = [each for each in allergies if each not in none and each.name]
    if not none or not some:
        return []
    return [(f"{none[0].name} beside {some[0].name}", [each.ref for each in (*none, *some)])]


def _active_but_ended(record: Record) -> Found:
    found: Found = []
    for entry in record.of("Condition"):
        ended = day(entry.resource.get("abatementDateTime") or entry.resource.get("abatementString"))
        if "active" in entry.states and ended:
            found.append((f"{entry.name or entry.kind} is active, yet ended {ended}", [entry.ref]))
    return found


def _two_dosages(record: Record) -> Found:
    doses: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in active_medicines(record):
        name, how = medicine_name(entry, {}), dosage(entry)
        if name and how:
            doses[name.lower()].setdefault(how.lower(), entry)
    return [
        (
            f"{medicine_name(entries[0], {})} is active with different dosages: {' | '.join(map(dosage, entries[:3]))}",
            [each.ref for each in entries],
        )
        for same in doses.values()
        if len(entries := [*same.values()]) > 1
    ]


def _two_values(record: Record) -> Found:
    """The same thing measured at the same moment with different results."""
    seen: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in record.of("Observation"):
        moment = entry.resource.get("effectiveDateTime")
        if isinstance(moment, str) and entry.name and value_of(entry.resource):
            seen[code(entry.resource.get("code")) or entry.name, moment].append(entry)
    found: Found = []
    for same in seen.values():
        values = {value_of(each.resource): each for each in same}
        if len(values) > 1:
            text = f"{same[0].name} of {same[0].when} has different values: {' | '.join([*values][:3])}"
            found.append((text, [each.ref for each in same]))
    return found


def _life(record: Record) -> Found:
    """Sex, birth and death against what is recorded."""
    if record.patient is None:
        return []
    person, ref = record.patient.resource, record.patient.ref
    found: Found = []
    pregnant = [each for each in current(record, "Condition") if re.search(r"\bpregnan|妊娠|怀孕", each.name.lower())]
    if person.get("gender") == "male" and pregnant:
        found.append((f"male, yet {pregnant[0].name} is active", [ref, *(each.ref for each in pregnant)]))
    born, died = day(person.get("birthDate")), day(person.get("deceasedDateTime"))
    dated = [each for each in record.entries if re.match(r"\d{4}", each.when)]
    early = [each for each in dated if born[:4].isdigit() and each.when[:4] < born[:4]]
    if early:
        found.append((f"entries are dated before birth ({born})", [ref, *(each.ref for each in early)]))
    late = [each for each in dated if each.kind == "Encounter" and len(died) == 10 and each.when[:10] > died]
    if late:
        found.append((f"encounters are dated after death ({died})", [ref, *(each.ref for each in late)]))
    if died or person.get("deceasedBoolean") is True:
        active = [each for each in record.of("Encounter") if "in-progress" in each.states]
        if active:
            found.append(("deceased, yet an encounter is in progress", [ref, *(each.ref for each in active)]))
    return found


def record_gaps(record: Record) -> list[Line]:
    """What a clinician would look for and does not find. Silence of a record never means "none"."""
    missing: list[str] = []
    if not current(record, "AllergyIntolerance"):
        missing.append("no active allergy is recorded (which does not mean that there is none)")
    if not active_medicines(record):
        missing.append("no active medicine is recorded")
    if not current(record, "Condition"):
        missing.append("no active problem is recorded")
    if not any(value_of(each.resource) for each in record.of("Observation")):
        missing.append("no vital sign and no result is recorded")
    if record.patient is not None:
        person = record.patient.resource
        missing += [f"the patient's {what} is not recorded" for what, known in _known(person) if not known]
    if any("in-progress" in each.states for each in record.of("Encounter")):
        missing += [
            f"no order for {what} is recorded, so it counts as restricted"
            for what, pattern in (
                ("diet", r"diet|npo|nil by mouth|feed"),
                ("mobility", r"bed ?rest|mobil|ambulat|fall|activity"),
            )
            if not _ordered(record, what, pattern)
        ]
    odd = [each for each in record.entries if each.kind in _NAMED and not each.name and not _medicine(each)]
    gaps = [Line("Missing", text, (record.source,)) for text in missing]
    if odd:
        gaps.append(Line("Missing", "entries do not say what they are about", joined([each.ref for each in odd])))
    return gaps


_NAMED = ("Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Observation", "Procedure")


def _medicine(entry: Entry) -> str:
    return medicine_name(entry, {}) if entry.kind.startswith("Medication") else ""


def _known(person: dict[str, object]) -> list[tuple[str, bool]]:
    return [
        ("date of birth", bool(re.match(r"\d{4}", day(person.get("birthDate"))))),
        ("sex", person.get("gender") in ("female", "male", "other")),
    ]


def _ordered(record: Record, what: str, pattern: str) -> bool:
    if what == "diet" and current(record, "NutritionOrder"):
        return True
    orders = [*current(record, "ServiceRequest"), *current(record, "Flag")]
    said = " ".join(words(each) for order in orders for each in items(order.resource.get("code")))
    return bool(re.search(pattern, said.lower()))
