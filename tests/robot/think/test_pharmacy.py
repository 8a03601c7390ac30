"""Medicines by name: what may be said, in which words they are found, and what the record says against them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.never import load_never
from robot.events import Answer, DraftNote, Language, Say, Sensitive, Sentence, Transcript
from robot.patient import Patient
from robot.think.guard import SentenceGuard
from tests.conversations import machine, shared

PHARMACY = shared().pharmacy


@pytest.mark.parametrize(
    ("text", "language", "key"),
    [
        ("what is ibuprofen for", "en", "ibuprofen"),
        ("my Warfarin tablets", "en", "warfarin"),
        ("布洛芬能和酒一起吃吗", "zh", "ibuprofen"),
        ("warfarinish things", "en", None),
        ("what is salt", "en", None),
    ],
)
def test_names(text: str, language: Language, key: str | None) -> None:
    found = PHARMACY.named(text, language)
    assert (found.key if found else None) == key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_name_of_every_medicine_is_found(language: Language) -> None:
    for key, label in shared().pharmacy._labels.labels.items():
        names = getattr(label, language)
        for name in (names.name, *names.also):
            found = PHARMACY.named(f"tell me of {name} please" if language == "en" else f"我想问{name}", language)
            assert found is not None, name
            assert found.key == key or name.lower() in found.name.lower(), (name, found)


@pytest.mark.parametrize(
    ("question", "part"),
    [("can I drink alcohol with metronidazole", "alcohol"), ("what should I not eat with warfarin", "food")],
)
def test_the_answer_is_about_what_was_asked(question: str, part: str) -> None:
    medicine = PHARMACY.named(question, "en")
    assert medicine is not None
    text = getattr(PHARMACY._labels.labels[medicine.key], part)
    assert text is not None and text.en in PHARMACY.about(medicine, question, "en").text


def test_no_label_breaks_the_never_list_as_it_is_told() -> None:
    from dialogs.loader import HERE

    guard = SentenceGuard(load_never(HERE / "never.yaml"))
    for key in PHARMACY._labels.labels:
        for language in ("en", "zh"):
            medicine = PHARMACY.named(getattr(PHARMACY._labels.labels[key], language).name, language)
            assert medicine is not None
            passage = PHARMACY.about(medicine, "", language)
            stop = "。" if language == "zh" else ". "
            for part in passage.text.split(stop):
                if part.strip():
                    text = part.strip().rstrip(".") + stop.strip()
                    assert guard.check(Sentence(text, language, passage.id, "passage"), (passage,)) == (), text


@pytest.mark.parametrize(
    ("allergy", "medicine", "warned"),
    [("Penicillin", "amoxicillin", True), ("青霉素", "amoxicillin", True), ("peanut", "amoxicillin", False)],
)
def test_an_allergy_on_record_comes_first(allergy: str, medicine: str, warned: bool) -> None:
    decider = machine(start="menu.waiting", patient=Patient(allergies=(allergy,)), keeps_notes=True)
    decision = decider.decide(Transcript(Sensitive(f"what is {medicine} for"), "en"))
    assert decision is not None
    topics = [each.topic for effect in decision.effects if isinstance(effect, Say) for each in effect.sentences]
    notes = [effect for effect in decision.effects if isinstance(effect, DraftNote)]
    assert ("medicine_allergy" in topics) is warned
    assert bool(notes) is warned
    assert any(isinstance(effect, Answer) for effect in decision.effects) is not warned


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    for language in ("en", "zh"):
        PHARMACY.named(text, language)
