"""The corpus: the same every time, no figure from nowhere, nothing of the test in the training."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from dialogs import loader
from dialogs.never import load_never
from dialogs.training import Range, load_training
from dialogs.yaml_file import ContentError
from robot.errors import InputError
from robot.events import Passage, Sentence, Source
from robot.learn.answers import sentences
from robot.learn.corpus import MIX, conversations
from robot.learn.grammar import Grammar
from robot.learn.mutate import Mutator
from robot.learn.record import SPLITS, Record, read_records
from robot.learn.split import passage_is_held, wording_pools
from robot.think.figures import FigureReader
from robot.think.guard import SentenceGuard

DIALOGS = loader.load()
NEVER = load_never(DIALOGS.folder / "never.yaml")


@pytest.fixture(scope="module")
def corpus() -> list[Record]:
    return list(conversations(DIALOGS, count=5000, seed=5))


def test_the_same_seed_makes_the_same_corpus(corpus: list[Record]) -> None:
    again = itertools.islice(conversations(DIALOGS, count=5000, seed=5), 300)
    assert [record.to_json() for record in again] == [record.to_json() for record in corpus[:300]]
    other = next(conversations(DIALOGS, count=1, seed=6))
    assert other != corpus[0]


def test_a_fresh_process_makes_the_same_corpus(corpus: list[Record]) -> None:
    """Python shuffles the hashes of texts anew in each process; the corpus must not notice."""
    code = """
from dialogs import loader
from robot.learn.corpus import conversations
import hashlib
text = "".join(record.to_json() for record in conversations(loader.load(), count=600, seed=5))
print(hashlib.sha256(text.encode()).hexdigest())
"""
    text = "".join(record.to_json() for record in corpus[:600])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def test_records_are_whole(corpus: list[Record]) -> None:
    assert len({record.id for record in corpus}) == len(corpus)
    for record in corpus:
        assert record.question and record.answer and 1 <= len(record.evidence) <= 3
        assert not re.search(r"[{}\n]", "".join((record.question, record.answer, *record.evidence)))
        assert {role for role, _ in record.history} <= {"patient", "robot"}
        assert record.licence == "own"
        assert Record.from_json(record.to_json()) == record


def test_no_two_records_are_alike(corpus: list[Record]) -> None:
    plain = [dataclasses.replace(record, id="", split="train") for record in corpus]
    assert len(set(plain)) == len(plain)


def test_the_mix_is_as_promised(corpus: list[Record]) -> None:
    learned = [record for record in corpus if record.split == "train"]
    kinds = Counter(record.kind for record in learned)
    for kind, share in MIX.items():
        assert kinds[kind] / len(learned) == pytest.approx(share, rel=0.25, abs=0.005), kind
    assert 0.48 < sum(record.language == "en" for record in corpus) / len(corpus) < 0.58
    changed = [record.source == "passages, changed" for record in learned if record.kind == "passage"]
    assert 0.25 < sum(changed) / len(changed) < 0.75
    assert {record.split for record in corpus} == set(SPLITS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_of_an_answer_stands_in_its_evidence(corpus: list[Record], language: str) -> None:
    reader = FigureReader(NEVER.units)
    mine = [record for record in corpus if record.language == language]
    assert len(mine) >= 2000
    with_figures = 0
    for record in mine:
        known = {figure for text in record.evidence for figure in reader.read(text)}
        values = {figure.value for figure in known}
        figures = reader.read(record.answer)
        with_figures += bool(figures)
        assert all(figure in known if figure.unit else figure.value in values for figure in figures), record
    assert with_figures > len(mine) / 3


def test_the_guard_lets_answers_pass(corpus: list[Record]) -> None:
    """What is learned is what may be said: the model must not be taught sentences that are never spoken."""
    guard = SentenceGuard(NEVER)
    stopped, said = [], 0
    for record in (record for record in corpus[:2000] if record.kind != "nonsense"):
        source = Source("x", "x", "x", 2020)
        evidence = [Passage("x", "x", "", text, record.language, source) for text in record.evidence]
        for text in sentences(record.answer, record.language):
            said += 1
            rules = guard.check(Sentence(text, record.language, "x", "embedded"), evidence)
            stopped += [(text, rules)] if rules else []
    assert not [each for each in stopped if any(rule.startswith(("never.", "figure.", "form.")) for rule in each[1])]
    assert len(stopped) < 0.01 * said, stopped


def test_answers_copy(corpus: list[Record]) -> None:
    """Of the words of an answer from evidence nearly all stand in it; the rest frames them."""
    shares: dict[str, list[float]] = {"en": [], "zh": []}
    for record in corpus:
        if record.kind in ("passage", "invented"):
            answer = record.answer.lower()
            words = re.findall(r"[\w.%]+", answer) if record.language == "en" else list(answer)
            there = " ".join(record.evidence).lower()
            shares[record.language].append(sum(word.strip(".") in there for word in words) / len(words))
    for found in shares.values():
        assert sum(found) / len(found) > 0.9
        assert sum(share == 1 for share in found) / len(found) > 0.45


def test_held_back_passages_stand_in_no_other_split(corpus: list[Record]) -> None:
    held = [passage for passage in DIALOGS.passages if passage_is_held(passage.id)]
    assert 0.05 < len(held) / len(DIALOGS.passages) < 0.18
    for record in corpus:
        if record.split != "test_passage":
            assert record.passage not in {passage.id for passage in held}
            text = " ".join((record.question, *record.evidence, *(said for _, said in record.history)))
            assert not any(passage.text.en in text or passage.text.zh in text for passage in held)
        elif record.passage:
            assert passage_is_held(record.passage)


def test_held_back_questions_are_not_in_training(corpus: list[Record]) -> None:
    for language in ("en", "zh"):
        asked = [
            question
            for passage in DIALOGS.passages
            for question in (passage.questions.en if language == "en" else passage.questions.zh)
        ]
        pools = wording_pools(asked)
        held = {question for question in asked if pools[question] == "test_wording"}
        assert 0.05 < len(held) / len(asked) < 0.2
        for record in corpus:
            if record.split == "train" and record.language == language and record.kind != "invented":
                said = " ".join((record.question.lower(), *(text for _, text in record.history)))
                assert not any(question in said for question in held), record


def test_held_back_words_are_not_in_invented_training(corpus: list[Record]) -> None:
    forms = load_training()
    held = {"en": Grammar(forms["en"].guidelines, "en").held_back("food")}
    held["zh"] = Grammar(forms["zh"].guidelines, "zh").held_back("place")
    assert held["en"] and held["zh"]
    tested = 0
    for record in corpus:
        if record.kind != "invented":
            continue
        whole = " ".join(record.evidence)
        found = any(re.search(rf"\b{word}\b" if word.isascii() else word, whole) for word in held[record.language])
        assert not (found and record.split == "train"), record
        tested += found
    assert tested > 5


def test_invented_guidelines_hardly_repeat(corpus: list[Record]) -> None:
    texts = [record.evidence[0] for record in corpus if record.kind == "invented"]
    assert len(set(texts)) > 0.99 * len(texts)


def test_changed_figures_keep_their_order() -> None:
    forms = load_training()["en"]
    mutator = Mutator(forms.swaps, Grammar(forms.guidelines, "en"), "en")
    text = "Eat 50 to 100 g a day, below 10% and at most 1.5 litres, or 1000 steps."
    for seed in range(200):
        change = mutator.figures(text, random.Random(seed))
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", change(text))]
        assert numbers[0] < numbers[1] < numbers[4], change(text)
        assert numbers[3] < numbers[2] < numbers[0]
        assert change("100 g and 50 g").split()[0] == change(text).split()[3]
        assert change("B12, 7 days") == "B12, 7 days"


def test_a_change_holds_for_names_and_words() -> None:
    forms = load_training()["en"]
    mutator = Mutator(forms.swaps, Grammar(forms.guidelines, "en"), "en")
    text = "The World Health Organization advises adults to eat fish. So World Health Organization experts say."
    change = mutator.organisation(text, "how much fish", text, random.Random(1), held=False)
    assert "World Health" not in change(text) and change(text).startswith("The ")
    kept = mutator.organisation(text, "what does the who say", text, random.Random(1), held=False)
    assert kept(text) == text
    words = mutator.words("Fish and coffee", random.Random(3))
    assert words("Fish. fishing. COFFEE") != "Fish. fishing. COFFEE"
    assert "fishing" in words("Fish. fishing.")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "questions.yaml"),
        ("en: {frames: [{say: no question}]}", "frames"),
        ("en: 1\nxx: 2", "xx"),
    ],
)
def test_wrong_forms_are_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "questions.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match=problem):
        load_training(tmp_path)


def test_a_range_has_room() -> None:
    with pytest.raises(ValueError, match="one step above"):
        Range(unit="g", low=5, high=5, step=1)


def test_a_wrong_line_of_a_corpus_is_named(tmp_path: Path, corpus: list[Record]) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(corpus[0].to_json() + "\n" + corpus[1].to_json() + "\n", encoding="utf-8")
    assert list(read_records(path)) == corpus[:2]
    for wrong in ("{", "[]", "{}", corpus[0].to_json().replace('"train"', '"trian"').replace('"own"', "1")):
        path.write_text(f"{corpus[0].to_json()}\n{wrong}\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"corpus\.jsonl:2: "):
            list(read_records(path))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_records(tmp_path / "absent.jsonl"))
