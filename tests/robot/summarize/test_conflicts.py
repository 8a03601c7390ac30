"""What a text says both ways, and what only looks like it."""

from __future__ import annotations

import pytest

from robot.summarize.run import Given, summarize


def checks(text: str) -> list[str]:
    return [line.text for line in summarize(Given(text)).checks]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("No known drug allergies. Allergic to penicillin.", "no allergies, and an allergy"),
        ("Denies any allergies. Severe allergy to latex.", "no allergies, and an allergy"),
        ("Doctor: Any cough?\nPatient: No.\nDoctor: Okay.\nPatient: I cough.", "told both ways"),
        ("Takes metformin 500 mg twice daily. Home medicine: metformin 1000 mg.", "different doses"),
        ("A 54-year-old woman with cough. The patient is a 45-year-old female.", "different ages"),
        ("A 54-year-old woman with cough. The patient is a 54-year-old male.", "different sexes"),
        ("否认药物过敏史。对青霉素过敏。", "无过敏与有过敏并存"),
        ("Mr. Brown has a cough.\nMrs. Green has a fever.", "names another person"),
        ("Patient: John Smith\nCC: cough\nName: Peter Miller\nFever.", "names another person"),
    ],
)
def test_a_contradiction_is_told(text: str, kind: str) -> None:
    found = [each for each in summarize(Given(text)).checks if kind in each.text]
    assert found
    assert all(source.startswith("text:") for each in found for source in each.sources)


@pytest.mark.parametrize(
    "text",
    [
        "No known drug allergies. Allergic to cats.",
        "No allergies to medications. Her mother is allergic to penicillin.",
        "Metformin was increased from 500 mg to 1000 mg.",
        "Metformin 500 mg daily.\nPlan: metformin 1000 mg daily.",
        "No chest pain at rest. Chest pain on exertion.",
        "Denies right hand pain. Left hand pain.",
        "A 54-year-old woman. Her mother is 80 years old, a 80-year-old woman.",
        "Anna Mitchell is a 44-year-old female. Ms. Mitchell has gout.",
        "Ms. Mitchell has gout. Dr. Green was called. Her husband Mr. Mitchell is well.",
        "Doctor: Any cough?\nPatient: No.\nDoctor: Before?\nPatient: I had a cough last week.",
    ],
)
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert checks(text) == []
