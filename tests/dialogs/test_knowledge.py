"""Every passage of the knowledge base is well formed, speakable, consistent in both languages, and safe on a ward."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from dialogs.model import Knowledge, PassageText
from dialogs.yaml_file import read
from tests.shared_data import shared_data

FOLDER = Path(__file__).parents[2] / "dialogs" / "knowledge"
FILES = sorted(FOLDER.glob("*.yaml"))
PASSAGES: list[PassageText] = [passage for file in FILES for passage in read(file, Knowledge).passages]

HAZARDS = {
    *("nil_by_mouth", "fluid_restriction", "bed_rest", "fall_risk", "dysphagia", "post_operative", "isolation"),
    *("renal", "allergy", "warfarin", "grapefruit_interaction", "maoi", "insulin", "lines_and_drains", "refeeding"),
    *("eating_disorder", "delirium", "alcohol_dependence", "pregnancy", "child", "heart_failure", "neutropenia"),
    "diabetes",
}

WARNINGS = {
    *("diet-salt-substitute-warning", "diet-maoi", "diet-fasting-order", "diet-low-sugar-ring", "drinks-ward-limit"),
    *("drinks-warfarin-juice", "drinks-grapefruit", "drinks-cough-swallow", "exercise-call-before-up"),
}
"""Passages that only warn: they invite nobody to eat, drink or get up, and the patients at risk need them most."""

MOVING = re.compile(r"\b(walk|exercis|step|stand|train|activity|active)|走|运动|锻炼|步")
LEAVING_THE_ROOM = re.compile(r"\b(walk|steps)|走廊|散步|走路")

each = pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage.id)


def numbers(text: str) -> set[float]:
    """The numbers written with digits in `text`."""
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}


def facts_cited(file: Path) -> dict[str, list[str]]:
    """Passage id → ids of the facts that the comment above the passage names."""
    found = re.findall(r"^  # facts: (.+)\n  - id: (\S+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {passage: facts.split(", ") for facts, passage in found}


# ---- the base as a whole ---------------------------------------------------------------------------------------------


def test_there_is_one_file_for_each_topic() -> None:
    assert {file.stem for file in FILES} == {
        *("diet", "drinks", "exercise", "sleep"),
        *("weight", "alcohol", "smoking", "stress"),
        *("conditions", "medicines", "symptoms"),
    }
    for file in FILES:
        assert {passage.topic for passage in read(file, Knowledge).passages} == {file.stem}


def test_the_base_is_large_enough_in_the_three_main_topics() -> None:
    size = Counter(passage.topic for passage in PASSAGES)
    assert size.total() >= 250
    assert size["diet"] + size["drinks"] >= 15
    assert size["exercise"] >= 15
    assert size["sleep"] >= 15


def test_ids_are_unique_and_begin_with_their_topic() -> None:
    assert [id for id, count in Counter(passage.id for passage in PASSAGES).items() if count > 1] == []
    assert [passage.id for passage in PASSAGES if not passage.id.startswith(f"{passage.topic}-")] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_question_and_no_title_stands_under_two_passages(language: str) -> None:
    questions = Counter(question for passage in PASSAGES for question in getattr(passage.questions, language))
    assert [question for question, count in questions.items() if count > 1] == []
    titles = Counter(getattr(passage.title, language) for passage in PASSAGES)
    assert [title for title, count in titles.items() if count > 1] == []


def test_the_list_of_warnings_names_passages() -> None:
    assert {passage.id for passage in PASSAGES} >= WARNINGS


# ---- speakable in both languages -------------------------------------------------------------------------------------


@each
def test_it_is_short_enough_to_be_spoken(passage: PassageText) -> None:
    assert len(passage.text.en.split()) <= 60
    assert len(passage.text.zh) <= 120
    assert 1 <= len(re.findall(r"[.!?](?=\s|$)", passage.text.en)) <= 3
    assert 1 <= len(re.findall(r"[。！？]", passage.text.zh)) <= 3


@each
def test_it_is_plain_text_in_its_own_language(passage: PassageText) -> None:
    for text in (passage.text.en, passage.text.zh):
        assert not re.search(r"[*_#`\[\]()（）<>≤≥~/\n]", text)
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", passage.text.en)
    assert not re.search(r"[,;:?!]", passage.text.zh)
    assert not re.search(r"\s", passage.text.zh)


@each
def test_people_ask_for_it_in_at_least_four_ways_as_speech_recognition_writes_them(passage: PassageText) -> None:
    assert len(passage.questions.en) >= 4
    assert len(passage.questions.zh) >= 4
    assert [q for q in passage.questions.en if not re.fullmatch(r"[a-z ]+", q)] == []
    assert [q for q in passage.questions.zh if not re.fullmatch(r"[\u4e00-\u9fffa-z]+", q)] == []


# ---- figures ---------------------------------------------------------------------------------------------------------


@each
def test_every_figure_is_in_the_english_text_and_no_digit_is_in_no_figure(passage: PassageText) -> None:
    rest = passage.text.en
    for figure in sorted(passage.figures, key=len, reverse=True):
        rest, count = re.subn(rf"(?<![\d.]){re.escape(figure)}(?!\d)", "", rest)
        assert count >= 1, figure
    assert not re.search(r"\d", rest), rest


@each
def test_the_chinese_text_has_the_same_numbers(passage: PassageText) -> None:
    assert numbers(passage.text.zh) == numbers(" ".join(passage.figures))
    assert ("%" in passage.text.zh) == ("%" in passage.text.en)


def test_every_passage_cites_facts_and_its_numbers_and_status_are_theirs() -> None:
    facts = {fact["id"]: fact for fact in json.loads(shared_data("knowledge/lifestyle_facts.json").read_text("utf-8"))}
    cited = {passage: ids for file in FILES for passage, ids in facts_cited(file).items()}
    wrong = []
    for passage in PASSAGES:
        if passage.id not in cited:
            if passage.source.status != "memory":
                wrong.append(f"{passage.id}: names no fact but says {passage.source.status}")
            continue
        own = [facts[id] for id in cited[passage.id]]
        known = numbers(" ".join(f"{fact['fact']} {fact['figure']}" for fact in own))
        if passage.figures and "memory" in {fact["status"] for fact in own} and passage.source.status != "memory":
            wrong.append(f"{passage.id}: rests on a fact from memory but says {passage.source.status}")
        if not numbers(" ".join(passage.figures)) <= known:
            wrong.append(f"{passage.id}: {passage.figures} is not in {cited[passage.id]}")
    assert wrong == []


@each
def test_nobody_is_said_to_have_reviewed_it_and_its_source_is_dated(passage: PassageText) -> None:
    assert passage.review.reviewer == "none"
    assert 1980 <= passage.source.year <= passage.review.date.year


# ---- safe on a ward --------------------------------------------------------------------------------------------------


@each
def test_hazards_are_known_and_named_once(passage: PassageText) -> None:
    assert set(passage.never_if) <= HAZARDS
    assert len(passage.never_if) == len(set(passage.never_if))


@each
def test_eating_and_drinking_advice_is_withheld_from_those_who_must_fast(passage: PassageText) -> None:
    if passage.topic in {"diet", "drinks"} and passage.id not in WARNINGS:
        assert "nil_by_mouth" in passage.never_if


@each
def test_advice_to_move_is_withheld_from_those_who_may_not(passage: PassageText) -> None:
    text = f"{passage.text.en} {passage.text.zh}"
    if passage.topic in {"exercise", "stress"} and MOVING.search(text) and passage.id not in WARNINGS:
        assert {"bed_rest", "fall_risk", "post_operative"} <= set(passage.never_if)
        if LEAVING_THE_ROOM.search(text):
            assert {"isolation", "lines_and_drains"} <= set(passage.never_if)


@each
def test_advice_to_drink_water_is_withheld_from_those_with_a_limit_or_who_cannot_swallow(passage: PassageText) -> None:
    if passage.id.startswith("drinks-water") or passage.id == "drinks-sip-often":
        assert {"fluid_restriction", "dysphagia", "heart_failure", "renal"} <= set(passage.never_if)


@each
def test_potassium_is_withheld_from_weak_kidneys_and_greens_from_warfarin(passage: PassageText) -> None:
    if passage.id in WARNINGS:
        return
    if re.search(r"potassium|salt substitute", passage.text.en.lower()):
        assert "renal" in passage.never_if
    if re.search(r"g of (fruit and )?vegetables|spinach|with vegetables|Let vegetables", passage.text.en):
        assert {"warfarin", "renal"} <= set(passage.never_if)


@each
def test_figures_on_weight_are_withheld_where_they_can_harm(passage: PassageText) -> None:
    if passage.topic == "weight" and passage.figures:
        assert {"eating_disorder", "refeeding", "pregnancy", "child"} <= set(passage.never_if)


@each
def test_drinking_less_alcohol_is_not_advised_to_a_dependent_drinker(passage: PassageText) -> None:
    if passage.topic == "alcohol" and re.search(r"\bless\b|no more than|None at all", passage.text.en):
        assert "alcohol_dependence" in passage.never_if


@each
def test_getting_out_of_bed_at_night_is_never_advised_to_those_who_may_fall(passage: PassageText) -> None:
    if re.search(r"another room|get up and|leave (the|your) bed|out of bed", passage.text.en):
        assert {"fall_risk", "bed_rest"} <= set(passage.never_if)


@each
def test_it_neither_doses_nor_diagnoses_nor_starts_nor_stops_a_medicine(passage: PassageText) -> None:
    assert not re.search(
        r"\b(stop|start|skip|change|double) (taking|using|your (medicine|tablets|insulin|warfarin))|"
        r"\byou (probably |may )?have (an? )?(disease|cancer|apn|diabetes|insomnia)|\btake \d",
        passage.text.en.lower(),
    )
    assert not re.search(r"(停|换|加|减)(掉|用)?药|您(得|患)了|每次吃?\d", passage.text.zh)
