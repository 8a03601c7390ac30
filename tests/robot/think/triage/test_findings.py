"""Symptoms are read from talk and notes, with what is denied, past, or another person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.events import Language
from tests.conversations import shared

CLINIC = shared().clinic


def read(text: str, language: Language = "en") -> dict[str, str]:
    return {finding.symptom: finding.mode for finding in CLINIC.read(text, language)}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "I have a cough and a runny nose", {"cough": "present", "runny_nose": "present"}),
        ("en", "I have a cough but no fever", {"cough": "present", "fever": "absent"}),
        ("en", "She denies fever, cough or headache.", {"fever": "absent", "cough": "absent", "headache": "absent"}),
        ("en", "no nausea, but she is vomiting", {"nausea": "absent", "vomiting": "present"}),
        ("zh", "我咳嗽，没有发烧", {"cough": "present", "fever": "absent"}),
        ("zh", "无发热、咳嗽", {"fever": "absent", "cough": "absent"}),
        ("zh", "头疼，还恶心", {"headache": "present", "nausea": "present"}),
    ],
)
def test_what_is_there_and_what_is_not(language: Language, text: str, expected: dict[str, str]) -> None:
    found = read(text, language)
    assert {symptom: found.get(symptom) for symptom in expected} == expected


@pytest.mark.parametrize(
    ("language", "text"), [("en", "my neighbour has a cough"), ("zh", "我邻居咳嗽"), ("en", "I had a cough years ago")]
)
def test_what_is_not_the_patients_or_not_now_is_not_present(language: Language, text: str) -> None:
    assert read(text, language).get("cough") != "present"


def test_findings_name_their_place() -> None:
    text = "Well, since Monday I have a bad cough."
    (finding,) = [each for each in CLINIC.read(text, "en") if each.symptom == "cough"]
    assert "cough" in text[finding.start : finding.end]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for language in ("en", "zh"):
        for finding in CLINIC.read(text, language):
            assert 0 <= finding.start < finding.end <= len(text) + 5


@pytest.mark.parametrize("text", ["", "a" * 100_000, "头" * 100_000, "pain " * 20_000, "没有" * 30_000])
def test_long_and_odd_texts_end(text: str) -> None:
    CLINIC.read(text, "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_way_to_say_a_symptom_is_read_as_it(language: Language) -> None:
    """Or as one that implies it; of phrases that mean two the longer one wins."""
    missed = []
    total = 0
    for key, symptom in CLINIC.triage.symptoms.items():
        for phrase in getattr(symptom, language).say:
            total += 1
            if key not in read(phrase.removeprefix("="), language):
                missed.append((key, phrase))
    assert len(missed) / total <= 0.03, missed[:40]
