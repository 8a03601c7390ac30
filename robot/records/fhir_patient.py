"""A patient out of a FHIR R4 bundle, as far as advice depends on it.

Records come incomplete: a resource that lacks a field, or has it in an odd shape, is read as far as it goes and never
stops the rest. Only active entries count. What the bundle does not say stays unknown.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from robot.patient import Orders, Patient, unreadable
from robot.records.fhir import ENDED, Resource, code, items, words
from robot.records.fhir import resources as resources_of

_OVER = ENDED | {"entered-in-error", "on-hold"}
_SEX = {"female": "female", "male": "male", "other": "other"}
_SETTINGS = {"AMB": "kiosk", "VR": "home", "HH": "home"}

_ORDER_WORDS = {
    "isolation": r"isolat|precaution|contact|droplet|airborne|隔离",
    "fluid": r"fluid|限水|限液|饮水|液体入量",
    "mobility": r"bed ?rest|mobil|ambulat|fall|weight[- ]bearing|activity|out of bed|卧床|活动|跌倒|下床",
    "diet": r"diet|nil by mouth|\bnpo\b|\bnbm\b|nothing by mouth|fasting|feed|nutrition|swallow"
    r"|禁食|饮食|普食|流质|吞咽",
}


def read_bundle(path: Path, today: date) -> Patient:
    """The patient of the bundle in `path`, in setting `ward` unless an open encounter says otherwise.

    Raises InputError `patient_unreadable`: no file, not JSON, no patient in it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise unreadable(path.name, "there is no such file") from None
    except (OSError, ValueError, RecursionError):
        raise unreadable(path.name, "it is not JSON in UTF-8") from None
    return parse_bundle(data, path.name, today)


def parse_bundle(data: object, source: str, today: date) -> Patient:
    """The patient of a bundle that was read already; `source` names it in errors. Raises as `read_bundle` does."""
    resources = list(resources_of(data))
    people = [resource for resource in resources if resource["resourceType"] == "Patient"]
    if len(people) != 1:
        raise unreadable(source, "one Patient resource is expected" if people else "there is no Patient resource")
    age = _age(people[0], today)
    return Patient(
        name=_name(people[0]),
        age=age,
        sex=_SEX.get(str(people[0].get("gender", "")).lower()),  # type: ignore[arg-type]
        pregnant=_pregnant(resources),
        setting=_setting(resources),  # type: ignore[arg-type]
        conditions=_texts(resources, ("Condition",), "code"),
        allergies=_texts(resources, ("AllergyIntolerance",), "code"),
        medications=_texts(resources, ("MedicationStatement", "MedicationRequest"), "medicationCodeableConcept"),
        orders=_orders(resources),
    )


def _active(resource: Resource) -> bool:
    states = [resource.get("status"), resource.get("clinicalStatus"), resource.get("verificationStatus")]
    codes = {code(state).lower() for state in states}
    return not codes & _OVER and not resource.get("abatementDateTime")


def _texts(resources: list[Resource], types: tuple[str, ...], field: str) -> tuple[str, ...]:
    """What the active resources of `types` are called, each once, in their order."""
    names: dict[str, None] = {}
    medicines = {
        str(resource.get("id")): resource for resource in resources if resource["resourceType"] == "Medication"
    }
    for resource in resources:
        if resource["resourceType"] not in types or not _active(resource):
            continue
        text = words(resource.get(field)) or words(resource.get("medication"))
        if not text and isinstance(resource.get("medicationReference"), dict):
            reference = resource["medicationReference"]
            target = re.split(r"[/:#]", str(reference.get("reference", "")))[-1]
            text = words(medicines.get(target, {}).get("code")) or words(reference)
        if text:
            names[text] = None
    return tuple(names)


def _name(person: Resource) -> str:
    names = [name for name in items(person.get("name")) if isinstance(name, dict)]
    if not names:
        return ""
    best = next((name for name in names if name.get("use") == "official"), names[0])
    if isinstance(best.get("text"), str):
        return str(best["text"])
    parts = [*items(best.get("given")), best.get("family")]
    return " ".join(part for part in parts if isinstance(part, str))


def _age(person: Resource, today: date) -> int | None:
    found = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", str(person.get("birthDate", "")))
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    age = today.year - year - ((today.month, today.day) < (month, day))
    return age if 0 <= age <= 130 else None


def _pregnant(resources: list[Resource]) -> bool | None:
    """True by an active pregnancy among the conditions, or by an observation of pregnancy status (LOINC 82810-3)."""
    for resource in resources:
        if resource["resourceType"] == "Condition" and _active(resource):
            if re.search(r"\bpregnan|妊娠|怀孕", words(resource.get("code")).lower()):
                return True
        elif resource["resourceType"] == "Observation" and code(resource.get("code")) == "82810-3":
            return bool(re.match(r"pregnant|77386006", words(resource.get("valueCodeableConcept")).lower()))
    return None


def _setting(resources: list[Resource]) -> str:
    for resource in resources:
        if resource["resourceType"] == "Encounter" and resource.get("status") in ("in-progress", "arrived", "triaged"):
            return _SETTINGS.get(_encounter_class(resource), "ward")
    return "ward"


def _encounter_class(encounter: Resource) -> str:
    found = encounter.get("class")
    return str(found["code"]) if isinstance(found, dict) and isinstance(found.get("code"), str) else words(found)


def _orders(resources: list[Resource]) -> Orders:
    """Active nutrition orders, service requests and flags, by what their words are about."""
    said: dict[str, list[str]] = {kind: [] for kind in _ORDER_WORDS}
    for resource in resources:
        if not _active(resource):
            continue
        if resource["resourceType"] == "NutritionOrder":
            diet, fluid = nutrition(resource)
            said["diet"] += diet
            said["fluid"] += fluid
        elif resource["resourceType"] in ("ServiceRequest", "Flag"):
            text = words(resource.get("code"))
            for kind, about in _ORDER_WORDS.items():
                if re.search(about, text.lower()):
                    said[kind].append(text)
                    break
    return Orders(**{kind: "; ".join(texts) if texts else None for kind, texts in said.items()})


def nutrition(order: Resource) -> tuple[list[str], list[str]]:
    """What a NutritionOrder says about food and about fluid."""
    oral = order.get("oralDiet") if isinstance(order.get("oralDiet"), dict) else {}
    texts = [words(kind) for kind in items(oral.get("type"))] if isinstance(oral, dict) else []
    if isinstance(oral, dict):
        texts += [words(oral.get("instruction"))]
        texts += [words(part.get("modifier")) for part in items(oral.get("texture")) if isinstance(part, dict)]
        texts += [f"thickened fluid: {words(kind)}" for kind in items(oral.get("fluidConsistencyType"))]
    if order.get("enteralFormula") and not any(texts):
        texts.append("enteral feeding")
    texts = [text for text in texts if text]
    fluid = [text for text in texts if re.search(_ORDER_WORDS["fluid"], text.lower())]
    return [text for text in texts if text not in fluid or "thick" in text.lower()], fluid
