"""Reading FHIR R4 as it comes: a field that is missing or of an odd shape reads as nothing, never stops the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]

ENDED = frozenset(
    "inactive resolved remission stopped completed cancelled revoked refuted ended not-taken draft".split()
)
"""Statuses of what does not hold today: no longer, or not yet."""


def resources(data: object) -> Iterator[Resource]:
    """The resources of a bundle, or the one resource that stands alone."""
    for _, resource in entries(data):
        yield resource


def entries(data: object) -> Iterator[tuple[str, Resource]]:
    """(full URL, resource) of each entry of a bundle that holds one; the URL is empty where there is none."""
    if not isinstance(data, dict):
        return
    if data.get("resourceType") != "Bundle":
        if isinstance(data.get("resourceType"), str):
            yield "", data
        return
    for entry in items(data.get("entry")):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            url = entry.get("fullUrl")
            yield (url if isinstance(url, str) else ""), resource


def items(value: object) -> list[Any]:
    """A list where FHIR wants a list; a lone object counts as one item."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def words(concept: object) -> str:
    """What a CodeableConcept, Coding, reference or string says: its text, else its displays, else its codes."""
    if isinstance(concept, str):
        return concept.strip()
    if not isinstance(concept, dict):
        return ""
    if isinstance(concept.get("concept"), dict):  # R5 servers wrap it
        return words(concept["concept"])
    codings = [coding for coding in items(concept.get("coding")) if isinstance(coding, dict)]
    shown = [coding.get("display") or coding.get("code") for coding in codings]
    candidates = [concept.get("text"), *shown, concept.get("display"), concept.get("code")]
    return next((text.strip() for text in candidates if isinstance(text, str) and text.strip()), "")


def code(concept: object) -> str:
    """The first code of a CodeableConcept, else what it says."""
    if isinstance(concept, dict):
        for coding in items(concept.get("coding")):
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                return str(coding["code"])
    return words(concept)
