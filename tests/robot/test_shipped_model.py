"""The GPT that ships: whole, small, and the one who answers."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from dialogs import loader
from dialogs.never import load_never
from robot.ask import Asked, Asker
from robot.config import Config
from robot.events import Event, Language, Sentence
from robot.simulate.run import FIRST_VISIT, Visit, play_visit
from robot.think.figures import FigureReader
from robot.think.generators.model_folder import EMBEDDED, SHIPPED, SUMS, verify

FOLDER = SHIPPED / EMBEDDED
QUESTIONS: list[tuple[str, Language]] = [
    ("How much salt can I eat in a day?", "en"),
    ("how many hours should i sleep", "en"),
    ("is walking good for me", "en"),
    ("how much water should i drink", "en"),
    ("how do i quit smoking", "en"),
    ("我每天能吃多少盐？", "zh"),
    ("每天要走多少步", "zh"),
    ("老人要睡多久", "zh"),
]


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    asker = Asker(Config())
    return [asker.answer(Asked(text, language)) for text, language in QUESTIONS]


def test_the_folder_is_whole_and_small() -> None:
    verify(FOLDER)
    listed = {line.split()[1].lstrip("*") for line in (FOLDER / SUMS).read_text().splitlines()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= listed
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 30_000_000


def test_it_has_between_eight_and_twenty_million_parameters() -> None:
    with (FOLDER / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    sizes = [shape_size(entry["shape"]) for name, entry in header.items() if name != "__metadata__"]
    assert 8e6 <= sum(sizes) <= 20e6


def shape_size(shape: list[int]) -> int:
    size = 1
    for each in shape:
        size *= each
    return size


def test_its_card_says_how_it_was_made_and_what_it_cannot_do() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for word in ("bedside train", "Apache-2.0", "seed", "figure"):
        assert word in card


def test_most_questions_are_answered_by_the_gpt(answers: list[dict[str, Any]]) -> None:
    assert [answer["action"] for answer in answers] == ["answer"] * len(answers)
    assert sum(answer["rung"] == "gpt" for answer in answers) >= 0.75 * len(answers)
    assert all(answer["sources"] for answer in answers)


def test_no_answer_has_a_figure_that_its_passage_lacks(answers: list[dict[str, Any]]) -> None:
    reader = FigureReader(load_never(loader.HERE / "never.yaml").units)
    passages = {passage.id: passage for passage in loader.load().passages}
    for answer, (_, language) in zip(answers, QUESTIONS, strict=True):
        texts = [getattr(passages[source["id"]].text, language) for source in answer["sources"]]
        known = {figure for text in texts for figure in reader.read(text)}
        assert set(reader.read(answer["spoken"])) <= known


def test_the_scripted_visit_is_answered_by_the_gpt() -> None:
    told: list[Event] = []
    quiet = Console(file=io.StringIO())
    patient = play_visit(Config(), Visit(FIRST_VISIT, fast=True, ears="text"), quiet, observers=(told.append,))
    assert patient.failures == []
    rungs = [event.rung for event in told if isinstance(event, Sentence)]
    assert rungs.count("gpt") >= 3
