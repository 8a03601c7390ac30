from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

import dialogs
from dialogs.loader import load
from dialogs.never import load_never
from robot.errors import ModelError
from robot.evaluate.mutate import CERTAIN, SHARES, Mutations, evaluate_mutation, measure
from robot.events import Answer

FOLDER = Path(dialogs.__file__).parent
NEVER = load_never(FOLDER / "never.yaml")
DIALOGS = load(FOLDER)
MUTATIONS = Mutations(DIALOGS, NEVER)


def test_the_same_seed_makes_the_same_cases() -> None:
    assert list(MUTATIONS.changed(30, 4)) == list(MUTATIONS.changed(30, 4)) != list(MUTATIONS.changed(30, 5))
    assert list(MUTATIONS.slips(30, 4)) == list(MUTATIONS.slips(30, 4)) != list(MUTATIONS.slips(30, 5))


def test_a_changed_passage_differs_in_one_figure_only() -> None:
    languages: Counter[str] = Counter()
    for case in MUTATIONS.changed(60, 1):
        old, new = (MUTATIONS.reader.read(each.text) for each in (case.old, case.new))
        assert case.before in old and case.before not in new
        assert case.now in new and case.now not in old
        assert [figure for figure in old if figure.value != case.before.value] == [
            figure for figure, was in zip(new, old, strict=True) if was.value != case.before.value
        ]
        languages[case.new.language] += 1
    assert languages == {"en": 30, "zh": 30}


def test_every_kind_of_slip_is_made_in_both_languages() -> None:
    made = Counter((slip.kind, slip.evidence.language) for slip in MUTATIONS.slips(50, 1))
    assert set(made) == {(kind, language) for kind in SHARES for language in ("en", "zh")}
    assert all(slip.text != slip.true for slip in MUTATIONS.slips(50, 1))


def test_not_one_wrong_figure_is_spoken() -> None:
    """The command itself runs 1,000 cases and takes half a minute; these are 100 of another seed."""
    result = measure(DIALOGS, NEVER, cases=100, seed=99)
    json.dumps(result)
    assert result["followed"]["copying"] == {"cases": 100, "new_figure": 100, "old_blocked": 100}
    for kind in (*CERTAIN, "medicine"):
        assert result["blocked"][kind]["blocked"] == result["blocked"][kind]["cases"] > 0
    for kind in ("comparison", "negation"):
        assert result["blocked"][kind]["blocked"] >= 0.7 * result["blocked"][kind]["cases"]
    assert result["blocked"]["true_blocked"] == 0
    assert result["passed"]


class Stubborn:
    """A model that learned one answer by heart."""

    name = "stubborn"

    def __init__(self) -> None:
        self._learned = {each.questions.en[0]: each.text.en for each in DIALOGS.passages}
        self._learned |= {each.questions.zh[0]: each.text.zh for each in DIALOGS.passages}

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        yield self._learned[str(answer.question)]


def test_a_model_that_learned_by_heart_is_found_out_and_stopped() -> None:
    result = measure(DIALOGS, NEVER, cases=5, generator=Stubborn(), model_cases=40)
    assert result["followed"]["model"]["wrong"] == 40
    assert result["followed"]["model"]["wrong_spoken"] == 0


def test_a_model_that_is_not_there_is_one_clear_error() -> None:
    told: list[object] = []
    with pytest.raises(ModelError):
        evaluate_mutation("no-model-of-that-name", None, told.append)
    assert told == []
