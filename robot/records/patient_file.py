"""Reads a patient: our own YAML, or a FHIR R4 bundle."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialogs.yaml_file import ContentError, line_of, read_mapping
from robot.patient import Patient, unreadable
from robot.records.fhir_patient import parse_bundle, read_bundle


def load_patient(path: Path, today: date | None = None) -> Patient:
    """The patient in a YAML file or in a FHIR R4 bundle (`.json`); `today` decides the age in a bundle.

    Raises ContentError (YAML; names file, line and key, never a value) or InputError `patient_unreadable` (bundle).
    """
    if path.suffix.lower() == ".json":
        return read_bundle(path, today or date.today())
    data, lines = read_mapping(path)
    return _validated(data, path, lines)


def parse_patient(data: object, today: date | None = None) -> Patient:
    """The patient in a mapping that was read already: our own keys, or a FHIR R4 bundle.

    Raises InputError `patient_unreadable`; its text names the key, never a value.
    """
    if isinstance(data, dict) and "resourceType" in data:
        return parse_bundle(data, "that was given", today or date.today())
    try:
        return Patient.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        raise unreadable("that was given", f"{key}: {_problem(first)}") from None


def _problem(found: Any) -> str:
    return "unknown key" if found["type"] == "extra_forbidden" else str(found["msg"])


def _validated(data: dict[str, Any], path: Path, lines: Any) -> Patient:
    try:
        return Patient.model_validate(data)
    except ValidationError as error:
        problems = [(line_of(problem["loc"], lines) or 0, problem) for problem in error.errors(include_url=False)]
        line, first = min(problems, key=lambda pair: pair[0])
        raise ContentError(path, line or None, ".".join(map(str, first["loc"])), _problem(first)) from None
