"""Every kind of draft in every state is valid FHIR R4, and says who made and who reviewed it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from robot.events import NoteKind, Sensitive
from robot.records.draft import Draft, State, Step
from robot.records.draft_fhir import to_bundle

AT = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def draft(kind: NoteKind, state: State = "drafted", **changes: Any) -> Draft:
    steps = [Step(AT, "bedside", "drafted")]
    if state != "drafted":
        steps.append(Step(AT, "Dr Wu", state))
    values: dict[str, Any] = {
        "id": 3,
        "kind": kind,
        "state": state,
        "bed": "bed 4",
        "patient": Sensitive("Ann <Li>"),
        "language": "en",
        "urgency": "urgent",
        "text": Sensitive("Present: cough\nConsider: pneumonia <70 %>"),
        "evidence": (Sensitive("I cough & sweat"),),
        "codes": ("cough", "-fever", "?pneumonia"),
        "message": Sensitive(""),
        "told": None,
        "steps": tuple(steps),
    }
    return Draft(**(values | changes))


def resources(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}


MADE = {
    "symptoms": {"QuestionnaireResponse", "Composition", "Provenance"},
    "medicine": {"CommunicationRequest", "Provenance"},
    "question": {"CommunicationRequest", "Provenance"},
    "goal": {"Goal", "Provenance"},
    "summary": {"Composition", "Provenance"},
}


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("kind", get_args(NoteKind))
def test_it_is_valid_and_complete(kind: NoteKind, state: State) -> None:
    found = resources(to_bundle([draft(kind, state)], AT))
    assert set(found) == MADE[kind]
    agents = [agent["who"]["display"] for agent in found["Provenance"]["agent"]]
    assert agents == (["bedside robot", "Dr Wu"] if state in ("approved", "refused") else ["bedside robot"])
    targets = {target["reference"] for target in found["Provenance"]["target"]}
    assert targets == {f"{name}/draft-3" for name in MADE[kind] - {"Provenance"}}


def test_a_symptom_check_keeps_words_and_findings_and_leaves_the_differential_to_the_note() -> None:
    found = resources(to_bundle([draft("symptoms")], AT))
    items = {item["linkId"]: item["answer"] for item in found["QuestionnaireResponse"]["item"]}
    assert items == {
        "words": [{"valueString": "I cough & sweat"}],
        "cough": [{"valueBoolean": True}],
        "fever": [{"valueBoolean": False}],
    }
    assert "pneumonia &lt;70 %&gt;" in found["Composition"]["section"][0]["text"]["div"]


def test_nothing_that_was_not_reviewed_looks_final() -> None:
    for state in ("drafted", "changed"):
        found = resources(to_bundle([draft("symptoms", state), draft("medicine", state), draft("goal", state)], AT))
        assert found["Composition"]["status"] == "preliminary" and "attester" not in found["Composition"]
        assert found["CommunicationRequest"]["status"] == "draft"
        assert found["Goal"]["lifecycleStatus"] == "proposed"


def test_a_message_and_whether_it_was_told_are_in_it() -> None:
    found = resources(to_bundle([draft("medicine", "approved", message=Sensitive("Ask for it."), told=AT)], AT))
    assert found["CommunicationRequest"]["status"] == "completed"
    assert "Ask for it." in found["CommunicationRequest"]["note"][0]["text"]


@pytest.mark.parametrize("kind", get_args(NoteKind))
def test_an_empty_draft_of_a_guest_is_valid_too(kind: NoteKind) -> None:
    empty = draft(kind, text=Sensitive(""), evidence=(), codes=(), patient=Sensitive(""), urgency=None, language="zh")
    assert to_bundle([empty], AT)["entry"]


def test_no_drafts_are_an_empty_bundle() -> None:
    assert "entry" not in to_bundle([], AT)
