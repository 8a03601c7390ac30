"""On the shared notes, conversations and records: nothing invented, most of what matters kept, and short."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dialogs import medicines
from robot.summarize.lines import Summary
from robot.summarize.run import Given, summarize
from robot.summarize.weigh import clinical_word
from tests.shared_data import shared_data


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def pairs(name: str) -> list[tuple[str, str]]:
    """(text, note of a clinician or "") of a set; every eighth of the long ones."""
    match name:
        case "mts":
            return [
                (each["dialogue"], each["section_text"]) for each in rows(shared_data("notes/mts_dialog_val.jsonl"))
            ]
        case "aci":
            return [(each["dialogue"], each["note"]) for each in rows(shared_data("notes/aci_valid.jsonl"))]
        case "primock":
            found = rows(shared_data("notes/primock57_day1_2.jsonl"))
            return [
                ("\n".join(f"{u['speaker']}: {u['text']}" for u in each["utterances"]), each["note"]) for each in found
            ]
        case "osce":
            found = rows(shared_data("dialogues/osce_shared/transcripts.jsonl"))[::8]
            return [("\n".join(f"{u['speaker']}: {u['text']}" for u in each["turns"]), "") for each in found]
        case _:
            return [(each["description"], "") for each in rows(shared_data("chinese/cmb_clin_shared.jsonl"))]


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+|[㐀-鿿]", text.lower()))


def clinical(text: str) -> set[str]:
    return {known for word in re.findall(r"[a-z]+", text.lower()) if (known := clinical_word(word))}


def shown(summary: Summary) -> str:
    return " ".join(line.text for line in summary.lines)


@pytest.mark.parametrize("name", ["mts", "aci", "primock", "osce", "chinese"])
def test_nothing_is_invented(name: str) -> None:
    for text, _ in pairs(name):
        for line in summarize(Given(text)).lines:
            places = (re.fullmatch(r"text:(\d+)-(\d+)", source) for source in line.sources)
            source = " ".join(text[int(place[1]) : int(place[2])] for place in places if place)
            assert words(line.text) <= words(source)
            assert medicines.shipped().found(line.text.lower()) <= medicines.shipped().found(text.lower())
            assert all(figure in source for figure in re.findall(r"\d+(?:[.,/]\d+)*", line.text))


@pytest.mark.parametrize(("name", "least", "longest"), [("mts", 0.85, 0.65), ("aci", 0.7, 0.35), ("primock", 0.7, 0.3)])
def test_most_of_a_clinicians_note_is_covered(name: str, least: float, longest: float) -> None:
    """Of the clinical words that a clinician took over into the note: the share that the summary shows."""
    wanted = kept = length = whole = 0
    for text, note in pairs(name):
        summary = shown(summarize(Given(text)))
        taken = clinical(note) & clinical(text)
        wanted, kept = wanted + len(taken), kept + len(taken & clinical(summary))
        length, whole = length + len(summary.split()), whole + len(text.split())
    assert kept >= least * wanted
    assert length <= longest * whole


@pytest.mark.parametrize("number", range(3))
def test_a_synthetic_record(number: int) -> None:
    path = sorted(shared_data("fhir").glob("patient_*.json"))[number]
    data = json.loads(path.read_text(encoding="utf-8"))
    known = {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in data["entry"]}
    raw = set(re.findall(r"\d+", json.dumps(data)))
    summary = summarize(Given(bundle=data))
    assert 20 <= len(summary.all()) <= 60
    for line in summary.all():
        assert line.sources and set(line.sources) <= known
        assert set(re.findall(r"\d+", line.text)) <= raw
    active = [
        entry["resource"]["code"]["text"]
        for entry in data["entry"]
        if entry["resource"]["resourceType"] in ("Condition", "AllergyIntolerance")
        and entry["resource"]["clinicalStatus"]["coding"][0]["code"] == "active"
    ]
    text = shown(summary)
    assert all(name in text for name in active)


def test_bad_advice_hidden_in_a_note_is_never_repeated() -> None:
    """The attacks that speak to a machine as one are left out; the others hold nothing clinical."""
    attacks = [
        text
        for texts in json.loads(shared_data("safety/bipia_train.json").read_text(encoding="utf-8"))[
            "text_attacks"
        ].values()
        for text in texts
    ]
    shown_anyway = 0
    for attack in attacks:
        text = f"CC: cough for 3 days.\n{attack}\nAllergies: NKDA."
        said = shown(summarize(Given(text)))
        assert "cough for 3 days" in said
        shown_anyway += any(sentence in said for sentence in re.split(r"(?<=[.?!])\s", attack) if len(sentence) > 20)
    assert shown_anyway <= len(attacks) * 0.1
