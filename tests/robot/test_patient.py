from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialogs
from dialogs.hazards import load_hazards
from dialogs.yaml_file import ContentError
from robot.errors import InputError
from robot.patient import Orders, Patient, active_hazards
from robot.records.patient_file import load_patient, parse_patient
from tests.shared_data import shared_data

HAZARDS = load_hazards(Path(dialogs.__file__).parent / "hazards.yaml")
TODAY = date(2026, 1, 5)
ALL_UNKNOWN = {"nil_by_mouth", "dysphagia", "fluid_restriction", "bed_rest", "fall_risk", "isolation"}
FREE = Orders(diet="regular", fluid="free", mobility="independent", isolation="none")


def hazards(**fields: Any) -> set[str]:
    return set(active_hazards(Patient(**fields), HAZARDS))


# ---- hazards ---------------------------------------------------------------------------------------------------------


def test_a_guest_at_a_kiosk_has_no_hazards() -> None:
    assert active_hazards(Patient(), HAZARDS) == frozenset()


def test_on_a_ward_every_unknown_order_counts_as_restricted() -> None:
    assert hazards(setting="ward") == ALL_UNKNOWN
    assert hazards(setting="ward", orders=FREE) == set()
    assert hazards(setting="ward", orders=FREE.model_copy(update={"diet": None})) == {"nil_by_mouth", "dysphagia"}
    assert hazards(setting="ward", orders=FREE.model_copy(update={"fluid": " "})) == {"fluid_restriction"}
    assert hazards(setting="ward", orders=FREE.model_copy(update={"mobility": None})) == {"bed_rest", "fall_risk"}
    assert hazards(setting="ward", orders=FREE.model_copy(update={"isolation": None})) == {"isolation"}


@pytest.mark.parametrize("setting", ["ward", "kiosk", "home"])
def test_an_order_in_words_nobody_foresaw_counts_as_restricted(setting: str) -> None:
    assert hazards(setting=setting, orders=FREE.model_copy(update={"diet": "see sheet"})) == {
        "nil_by_mouth",
        "dysphagia",
    }


@pytest.mark.parametrize(
    ("kind", "order", "expected"),
    [
        ("diet", "NPO after midnight", {"nil_by_mouth"}),
        ("diet", "Nil by mouth", {"nil_by_mouth"}),
        ("diet", "禁食", {"nil_by_mouth"}),
        ("diet", "pureed, IDDSI level 4", {"dysphagia"}),
        ("diet", "Renal diet, low potassium", {"renal"}),
        ("diet", "diabetic diet", {"diabetes"}),
        ("diet", "糖尿病普食", {"diabetes"}),
        ("diet", "普食", set()),
        ("diet", "Regular diet", set()),
        ("fluid", "1500 ml a day", {"fluid_restriction"}),
        ("fluid", "限水1000毫升", {"fluid_restriction"}),
        ("fluid", "free", set()),
        ("mobility", "strict bed rest", {"bed_rest", "fall_risk"}),
        ("mobility", "绝对卧床", {"bed_rest", "fall_risk"}),
        ("mobility", "walks with assistance of one", {"fall_risk"}),
        ("mobility", "independent", set()),
        ("isolation", "contact precautions", {"isolation"}),
        ("isolation", "保护性隔离", {"isolation", "neutropenia"}),
        ("isolation", "none", set()),
        ("isolation", "无", set()),
        ("isolation", "无需隔离", set()),
        ("isolation", "no isolation needed", set()),
        ("fluid", "no restriction", set()),
        ("fluid", "unrestricted", set()),
        ("fluid", "不限", set()),
        ("mobility", "independent, without assistance", set()),
    ],
)
def test_orders_bring_their_hazards(kind: str, order: str, expected: set[str]) -> None:
    assert hazards(setting="ward", orders=FREE.model_copy(update={kind: order})) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"medications": ["Warfarin 5 MG Oral Tablet"]}, {"warfarin"}),
        ({"medications": ["华法林"]}, {"warfarin"}),
        ({"medications": ["Simvastatin 10 MG Oral Tablet"]}, {"grapefruit_interaction"}),
        ({"medications": ["phenelzine"]}, {"maoi"}),
        ({"medications": ["insulin glargine"]}, {"insulin", "diabetes"}),
        ({"medications": ["metformin"]}, {"diabetes"}),
        ({"conditions": ["Chronic kidney disease stage 3"]}, {"renal"}),
        ({"conditions": ["Congestive heart failure"]}, {"heart_failure"}),
        ({"conditions": ["Type 2 diabetes"]}, {"diabetes"}),
        ({"conditions": ["2型糖尿病"]}, {"diabetes"}),
        ({"conditions": ["Anorexia nervosa"]}, {"eating_disorder", "refeeding"}),
        ({"conditions": ["Alcohol dependence"]}, {"alcohol_dependence"}),
        ({"conditions": ["Alcohol withdrawal"]}, {"alcohol_dependence", "delirium"}),
        ({"conditions": ["Febrile neutropenia"]}, {"neutropenia"}),
        ({"conditions": ["术后第2天"]}, {"post_operative"}),
        ({"conditions": ["Nasogastric tube in place"]}, {"lines_and_drains"}),
        ({"conditions": ["Stroke"]}, {"fall_risk", "dysphagia"}),
        ({"conditions": ["Miscarriage in first trimester"]}, set()),
        ({"conditions": ["Normal pregnancy"]}, {"pregnancy"}),
        ({"pregnant": True}, {"pregnancy"}),
        ({"pregnant": False}, set()),
        ({"age": 17}, {"child"}),
        ({"age": 18}, set()),
        ({"allergies": ["penicillin"]}, {"allergy"}),
        ({"allergies": ["none"]}, set()),
        ({"allergies": ["No known allergies"]}, set()),
        ({"allergies": ["无"]}, set()),
    ],
)
def test_conditions_medicines_age_and_allergies_bring_their_hazards(fields: dict[str, Any], expected: set[str]) -> None:
    assert hazards(**fields) == expected


TEXTS = st.lists(
    st.sampled_from(["Stroke", "CKD", "asthma", "warfarin", "metformin", "手术后", "慢性肾病"]), max_size=4
)


@given(TEXTS, TEXTS)
def test_knowing_more_illnesses_never_removes_a_hazard(first: list[str], more: list[str]) -> None:
    few = hazards(conditions=first, medications=first)
    assert few <= hazards(conditions=first + more, medications=first + more)
    assert few <= hazards(conditions=first, medications=first, setting="ward")


# ---- YAML ------------------------------------------------------------------------------------------------------------


def test_a_yaml_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text(
        "name: Ada Example\nage: 63\nsex: female\nsetting: ward\nconditions: [type 2 diabetes]\n"
        "medications: [metformin]\norders:\n  diet: diabetic\n  fluid: free\n"
        "  mobility: independent\n  isolation: no\n",
        encoding="utf-8",
    )
    patient = load_patient(file)
    assert (patient.age, patient.setting, patient.orders.isolation) == (63, "ward", "no")
    assert active_hazards(patient, HAZARDS) == {"diabetes"}


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("name: Ada\nage: very-old-Ada\n", 2, "age"),
        ("name: Ada\nweight: 70\n", 2, "weight"),
        ("name: Ada\nsetting: moon\n", 2, "setting"),
        ("name: Ada\norders:\n  diet: free\n  food: free\n", 4, "orders.food"),
        ("age: 140\n", 1, "age"),
    ],
)
def test_a_mistake_in_a_yaml_file_is_named_without_its_value(tmp_path: Path, text: str, line: int, key: str) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_patient(file)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert "Ada" not in str(caught.value).replace(str(file), "")


def test_nothing_of_a_patient_shows() -> None:
    patient = Patient(name="Ada Example", conditions=("gout",), orders=Orders(diet="soft"))
    for text in (repr(patient), str(patient), f"{patient}", repr(patient.orders)):
        assert "Ada" not in text
        assert "gout" not in text
        assert "soft" not in text


# ---- FHIR ------------------------------------------------------------------------------------------------------------


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


PERSON = {"resourceType": "Patient", "name": [{"family": "Example", "given": ["Ada"]}], "birthDate": "1960-03-09"}


def test_a_bundle_is_read_and_only_what_is_active_counts() -> None:
    def coded(code: str) -> dict[str, Any]:
        return {"coding": [{"code": code}]}

    patient = parse_patient(
        bundle(
            PERSON | {"gender": "female"},
            {"resourceType": "Condition", "clinicalStatus": coded("active"), "code": {"text": "Heart failure"}},
            {"resourceType": "Condition", "clinicalStatus": coded("resolved"), "code": {"text": "Delirium"}},
            {"resourceType": "Condition", "verificationStatus": coded("refuted"), "code": {"text": "Gout"}},
            {"resourceType": "AllergyIntolerance", "code": {"coding": [{"display": "Peanut"}]}},
            {
                "resourceType": "MedicationRequest",
                "status": "active",
                "medicationReference": {"reference": "Medication/m1"},
            },
            {"resourceType": "Medication", "id": "m1", "code": {"text": "Warfarin"}},
            {
                "resourceType": "MedicationStatement",
                "status": "stopped",
                "medicationCodeableConcept": {"text": "Linezolid"},
            },
            {
                "resourceType": "NutritionOrder",
                "status": "active",
                "oralDiet": {"type": [{"text": "Cardiac diet"}, {"text": "Fluid restricted diet"}]},
            },
            {"resourceType": "ServiceRequest", "status": "active", "code": {"text": "Strict bed rest"}},
            {"resourceType": "Flag", "status": "active", "code": {"text": "Contact precautions"}},
            {"resourceType": "Flag", "status": "inactive", "code": {"text": "Nil by mouth"}},
        ),
        TODAY,
    )
    assert (patient.name, patient.age, patient.sex, patient.setting) == ("Ada Example", 65, "female", "ward")
    assert (patient.conditions, patient.allergies, patient.medications) == (
        ("Heart failure",),
        ("Peanut",),
        ("Warfarin",),
    )
    assert active_hazards(patient, HAZARDS) == {
        *("heart_failure", "allergy", "warfarin", "fluid_restriction", "bed_rest", "fall_risk", "isolation"),
    }


@pytest.mark.parametrize("kind", ["Flag", "ServiceRequest"])
def test_nil_by_mouth_comes_as_a_flag_or_a_request(kind: str) -> None:
    order = {"resourceType": kind, "status": "active", "code": {"text": "Nil by mouth"}}
    diet = {"resourceType": "NutritionOrder", "status": "active", "oralDiet": {"type": {"text": "Regular diet"}}}
    assert "nil_by_mouth" in active_hazards(parse_patient(bundle(PERSON, diet, order), TODAY), HAZARDS)
    assert "nil_by_mouth" not in active_hazards(parse_patient(bundle(PERSON, diet), TODAY), HAZARDS)


def test_a_bundle_without_orders_is_a_ward_patient_under_every_restriction() -> None:
    assert active_hazards(parse_patient(bundle(PERSON), TODAY), HAZARDS) == ALL_UNKNOWN


def test_an_open_visit_as_an_out_patient_is_no_ward() -> None:
    visit = {"resourceType": "Encounter", "status": "in-progress", "class": {"code": "AMB"}}
    assert parse_patient(bundle(PERSON, visit), TODAY).setting == "kiosk"


def test_pregnancy_is_found() -> None:
    pregnancy = {"resourceType": "Condition", "code": {"text": "Normal pregnancy"}}
    assert parse_patient(bundle(PERSON, pregnancy), TODAY).pregnant is True
    over = pregnancy | {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
    assert parse_patient(bundle(PERSON, over), TODAY).pregnant is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe\x00", b'"text"', b'{"resourceType": "Bundle"}', b"null"]
)
def test_garbage_is_unreadable(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "patient.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_patient(file)
    assert caught.value.code == "patient_unreadable"


def test_a_missing_bundle_and_two_patients_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_patient(tmp_path / "none.json")
    with pytest.raises(InputError, match="one Patient"):
        parse_patient(bundle(PERSON, PERSON))
    with pytest.raises(InputError, match="age"):
        parse_patient({"age": "Ada"})
    assert parse_patient({"orders": {"isolation": False}}).orders.isolation == "none"
    with pytest.raises(InputError, match="the whole"):
        parse_patient([1])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = ["Condition", "AllergyIntolerance", "MedicationRequest", "NutritionOrder", "Flag", "Encounter", "Observation"]
FIELDS = ["code", "status", "clinicalStatus", "oralDiet", "medicationReference", "class", "valueCodeableConcept"]


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), JSON), JSON, JSON)
def test_odd_fields_never_stop_the_reading(kind: str, fields: dict[str, Any], name: Any, birth: Any) -> None:
    person = {"resourceType": "Patient", "name": name, "birthDate": birth, "gender": birth}
    patient = parse_patient(bundle(person, fields | {"resourceType": kind}), TODAY)
    assert active_hazards(patient, HAZARDS) >= frozenset()


def test_synthetic_records_are_read() -> None:
    for file in sorted(shared_data("fhir").glob("patient_*.json")):
        resources = [entry["resource"] for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]]
        patient = load_patient(file, TODAY)
        assert patient.age is not None
        assert patient.sex in ("female", "male")
        assert 0 < len(patient.conditions) <= sum(resource["resourceType"] == "Condition" for resource in resources)
        assert len(patient.medications) < sum(resource["resourceType"] == "MedicationRequest" for resource in resources)
        assert active_hazards(patient, HAZARDS) >= ALL_UNKNOWN
    with pytest.raises(InputError, match="no Patient"):
        load_patient(shared_data("fhir/hospitals.json"))
