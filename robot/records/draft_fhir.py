"""Drafts as FHIR R4: what another system of the hospital can take over.

    symptoms            QuestionnaireResponse (what was said, found and not found) + Composition (the differential)
    medicine, question  CommunicationRequest to the clinician
    goal                Goal
    summary             Composition
    each                Provenance: the robot as author, the person who reviewed it as verifier

Every resource is checked by fhir.resources (R4B, which these resources share with R4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from robot.records.draft import Draft

Resource = dict[str, Any]

_QUESTIONNAIRE = {"drafted": "in-progress", "changed": "amended", "approved": "completed", "refused": "stopped"}
_COMPOSITION = {"drafted": "preliminary", "changed": "preliminary", "approved": "final", "refused": "entered-in-error"}
_REQUEST = {"drafted": "draft", "changed": "draft", "approved": "active", "refused": "revoked"}
_GOAL = {"drafted": "proposed", "changed": "proposed", "approved": "accepted", "refused": "rejected"}
_PRIORITY = {"emergency": "stat", "urgent": "urgent", "routine": "routine", "self_care": "routine", None: "routine"}
_ROBOT = {"display": "Bedside robot"}
_NOTE = {"coding": [{"system": "http://loinc.org", "code": "34109-9", "display": "Note"}]}
_TITLES = {"symptoms": "Symptom check, drafted by a robot", "summary": "Summary, drafted by a robot"}


def to_bundle(drafts: Sequence[Draft], at: datetime) -> Resource:
    """A bundle (`collection`) of the drafts. `at` is when it was made, with a time zone."""
    from fhir.resources.R4B import bundle, communicationrequest, composition, goal, provenance, questionnaireresponse

    types: dict[str, Any] = {
        "Bundle": bundle.Bundle,
        "CommunicationRequest": communicationrequest.CommunicationRequest,
        "Composition": composition.Composition,
        "Goal": goal.Goal,
        "Provenance": provenance.Provenance,
        "QuestionnaireResponse": questionnaireresponse.QuestionnaireResponse,
    }
    resources = [resource for draft in drafts for resource in _resources(draft)]
    for resource in resources:
        types[resource["resourceType"]].model_validate(resource)
    entries = [{"fullUrl": _url(resource), "resource": resource} for resource in resources]
    made = {"resourceType": "Bundle", "type": "collection", "timestamp": _time(at), "entry": entries}
    if not entries:
        del made["entry"]
    types["Bundle"].model_validate(made)
    return made


def _resources(draft: Draft) -> list[Resource]:
    match draft.kind:
        case "symptoms":
            answers = _questionnaire(draft)
            found = [answers, _composition(draft, answers)]
        case "goal":
            found = [_goal(draft)]
        case "summary":
            found = [_composition(draft, None)]
        case _:
            found = [_request(draft)]
    return [*found, _provenance(draft, found)]


def _questionnaire(draft: Draft) -> Resource:
    said = [{"valueString": str(words)} for words in draft.evidence if words]
    items: list[Resource] = [{"linkId": "words", "text": "What the patient said", "answer": said}] if said else []
    items += [
        {"linkId": code.removeprefix("-"), "answer": [{"valueBoolean": not code.startswith("-")}]}
        for code in draft.codes
        if not code.startswith("?")
    ]
    made = _begun(draft, "QuestionnaireResponse") | {
        "status": _QUESTIONNAIRE[draft.state],
        "subject": _subject(draft),
        "authored": _time(draft.created),
        "author": _ROBOT,
    }
    return made | ({"item": items} if items else {})


def _composition(draft: Draft, answers: Resource | None) -> Resource:
    div = "<br/>".join(escape(line) for line in draft.text.splitlines()) or "–"
    section: Resource = {
        "title": "Draft",
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{div}</div>'},
    }
    if answers is not None:
        section["entry"] = [{"reference": _url(answers)}]
    made = _begun(draft, "Composition") | {
        "status": _COMPOSITION[draft.state],
        "type": _NOTE,
        "subject": _subject(draft),
        "date": _time(draft.steps[-1].at),
        "author": [_ROBOT],
        "title": _TITLES[draft.kind],
        "section": [section],
    }
    if draft.state == "approved":
        signed = {"mode": "professional", "time": _time(draft.steps[-1].at), "party": {"display": draft.reviewer}}
        made["attester"] = [signed]
    return made


def _request(draft: Draft) -> Resource:
    made = _begun(draft, "CommunicationRequest") | {
        "status": "completed" if draft.told else _REQUEST[draft.state],
        "priority": _PRIORITY[draft.urgency],
        "subject": _subject(draft),
        "authoredOn": _time(draft.created),
        "requester": _ROBOT,
        "recipient": [{"display": "the patient's clinicians"}],
        "payload": [{"contentString": str(text)} for text in (draft.text, *draft.evidence) if text],
    }
    if not made["payload"]:
        del made["payload"]
    if draft.message:
        made["note"] = [{"authorString": draft.reviewer, "text": f"To be said to the patient: {draft.message}"}]
    return made


def _goal(draft: Draft) -> Resource:
    return _begun(draft, "Goal") | {
        "lifecycleStatus": _GOAL[draft.state],
        "description": {"text": str(draft.text) or "goal"},
        "subject": _subject(draft),
        "statusDate": f"{draft.steps[-1].at:%Y-%m-%d}",
        "expressedBy": _subject(draft),
    }


def _provenance(draft: Draft, targets: Sequence[Resource]) -> Resource:
    agents = [_agent("author", "bedside robot")]
    if draft.reviewer:
        agents.append(_agent("verifier", draft.reviewer))
    return _begun(draft, "Provenance") | {
        "target": [{"reference": _url(resource)} for resource in targets],
        "recorded": _time(draft.steps[-1].at),
        "activity": {"text": draft.state},
        "agent": agents,
    }


def _agent(role: str, who: str) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {"type": {"coding": [{"system": system, "code": role}]}, "who": {"display": who}}


def _begun(draft: Draft, kind: str) -> Resource:
    return {"resourceType": kind, "id": f"draft-{draft.id}", "language": {"en": "en", "zh": "zh-CN"}[draft.language]}


def _subject(draft: Draft) -> Resource:
    return {"display": str(draft.patient) or f"guest at {draft.bed}"}


def _url(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _time(at: datetime) -> str:
    """With a time zone, as FHIR wants it."""
    return (at if at.tzinfo else at.astimezone()).isoformat(timespec="seconds")
