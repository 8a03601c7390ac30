"""The data of the symptom check is large enough, whole, in both languages, and what is wrong in it is named."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from dialogs.labels import HERE as LABELS
from dialogs.labels import load_labels
from dialogs.requests import load_requests
from dialogs.triage import HERE, load_triage
from dialogs.yaml_file import ContentError

TRIAGE = load_triage()


def test_there_are_enough_symptoms_and_conditions() -> None:
    assert len(TRIAGE.symptoms) >= 150
    assert len(TRIAGE.conditions) >= 100
    assert {condition.urgency for condition in TRIAGE.conditions.values()} == {
        *("emergency", "urgent"),
        *("routine", "self_care"),
    }


def test_every_symptom_belongs_to_a_condition_or_is_a_danger_or_a_circumstance() -> None:
    used = {symptom for each in TRIAGE.conditions.values() for symptom in (*each.features, *each.risks)}
    used |= {key for key, symptom in TRIAGE.symptoms.items() if symptom.danger or symptom.lifestyle}
    used |= {symptom for danger in TRIAGE.dangers for symptom in (*danger.all, *danger.any)}
    used |= set(TRIAGE.regions["circumstances"])
    used |= {wider for symptom in TRIAGE.symptoms.values() for wider in symptom.implies}
    assert set(TRIAGE.symptoms) - used == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_and_questions_are_there_once(language: str) -> None:
    names = Counter(getattr(symptom, language).name for symptom in TRIAGE.symptoms.values())
    assert [name for name, count in names.items() if count > 1] == []
    asks = Counter(getattr(symptom, language).ask for symptom in TRIAGE.symptoms.values())
    assert [ask for ask, count in asks.items() if count > 1] == []


def test_questions_are_questions() -> None:
    for key, symptom in TRIAGE.symptoms.items():
        assert symptom.en.ask.endswith("?"), key
        assert symptom.zh.ask.endswith("？"), key


WRONG: dict[str, tuple[str, str, str, str]] = {
    "a feature that no file has": ("conditions", "features: {", "features: {nonsense: often, ", "no such symptom"),
    "an unknown level": ("conditions", "urgency: routine", "urgency: soonish", "urgency"),
    "an unknown danger sign": ("dangers.yaml", "all: [infant, fever]", "all: [infant, nonsense]", "nonsense"),
    "an unknown key": ("dangers.yaml", "reviewer: none", "reviewer: none\nzzz: 1", "zzz"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, what: str) -> None:
    where, old, new, said = WRONG[what]
    folder = tmp_path / "triage"
    shutil.copytree(HERE, folder)
    path = folder / where if where.endswith(".yaml") else next(iter(sorted((folder / where).glob("*.yaml"))))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=said):
        load_triage(folder)


def test_a_symptom_in_two_files_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "triage"
    shutil.copytree(HERE, folder)
    first = next(iter(sorted((folder / "symptoms").glob("*.yaml"))))
    shutil.copy(first, folder / "symptoms" / "zzz.yaml")
    with pytest.raises(ContentError, match="another file"):
        load_triage(folder)


# ---- labels, requests ------------------------------------------------------------------------------------------------


def test_a_label_needs_its_allergy_group(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    shutil.copytree(LABELS, folder)
    path = folder / "heart.yaml"
    text = path.read_text(encoding="utf-8")
    key = next(iter(load_labels().labels))
    first = next(name for name in text.splitlines() if name.startswith("  ") and name.endswith(":") and name[2] != " ")
    path.write_text(text.replace(first, f"{first}\n    allergy: nonsense", 1), encoding="utf-8")
    assert key
    with pytest.raises(ContentError, match="no such group"):
        load_labels(folder)


def test_no_label_names_a_dose_or_tells_to_change_a_medicine() -> None:
    from dialogs.never import load_never
    from robot.events import Sentence
    from robot.think.guard import SentenceGuard

    guard = SentenceGuard(load_never(HERE.parent / "never.yaml"))
    for key, label in load_labels().labels.items():
        for text in (label.used_for, label.food, label.alcohol, label.activity, label.tell):
            if text is not None:
                assert guard.check(Sentence(text.en, "en", key, "passage"), ()) == (), (key, text.en)
                assert guard.check(Sentence(text.zh, "zh", key, "passage"), ()) == (), (key, text.zh)


def test_no_request_stands_on_both_sides() -> None:
    asked = load_requests(HERE.parent / "requests.yaml")
    for language in ("en", "zh"):
        declined = Counter(text.lower() for each in asked.decline.values() for text in getattr(each, language))
        harmless = {text.lower() for each in asked.harmless.values() for text in getattr(each, language)}
        assert declined.keys() & harmless == set()
        assert [text for text, count in declined.items() if count > 1] == []
