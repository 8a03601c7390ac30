"""Only what is no worse goes out: the verdicts on smaller forms, and the gates before a deployed model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from robot.errors import ModelError
from robot.evaluate.gpt import Judge
from robot.learn.deploy import publish, write_sums
from robot.learn.optimise import MEASURES, verdict
from robot.learn.settings import OptimiseSettings
from robot.think.generators.model_folder import verify

SETTINGS = OptimiseSettings(tolerance=0.01, perplexity=0.01)


def judgement(perplexity: float = 2.0, **changed: float | None) -> dict[str, Any]:
    overall = dict.fromkeys(MEASURES, 0.9) | changed
    return {"overall": overall, "perplexity": {"en": {"test_wording": perplexity}, "zh": {}}}


def test_a_form_that_is_as_good_is_accepted() -> None:
    found = verdict(judgement(), judgement(perplexity=2.019, grounded=0.891), SETTINGS)
    assert found["accepted"] and found["worse"] == {}


@pytest.mark.parametrize("measure", MEASURES)
def test_a_form_that_loses_a_measure_is_not(measure: str) -> None:
    found = verdict(judgement(), judgement(**{measure: 0.88}), SETTINGS)
    assert not found["accepted"] and found["worse"] == {measure: 0.02}
    assert not verdict(judgement(), judgement(**{measure: None}), SETTINGS)["accepted"]


def test_a_form_that_is_more_surprised_is_not() -> None:
    assert verdict(judgement(), judgement(perplexity=2.05), SETTINGS)["worse"] == {"perplexity": 0.025}


class _Knows:
    """A judge who knows what the deployed model is worth."""

    def __init__(self, deployed: dict[str, Any]) -> None:
        self._deployed = deployed

    def model(self, folder: Path) -> dict[str, Any]:
        assert (folder / "config.json").read_text(encoding="utf-8") == "old"
        return self._deployed


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "config.json").write_text("new", encoding="utf-8")
    (folder / "manifest.json").write_text("of the stage", encoding="utf-8")
    write_sums(folder)
    return folder


def deployed(target: Path) -> str:
    return (target / "config.json").read_text(encoding="utf-8")


def test_the_first_model_goes_out_whole(new: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "mine"
    assert publish(new, judgement(), lambda: pytest.fail("nothing to compare with"), target)
    verify(target)
    assert sorted(path.name for path in target.iterdir()) == ["SHA256SUMS", "config.json"]
    assert not publish(new, judgement(), lambda: pytest.fail("it is there already"), target)


def test_declining_at_random_is_not_safer(new: Path, tmp_path: Path) -> None:
    """The old model declined half of everything; the new one declines little of what it must, and nothing else."""
    target = tmp_path / "mine"
    target.mkdir()
    (target / "config.json").write_text("old", encoding="utf-8")
    judge = cast(Judge, _Knows(judgement(declined=0.5, answered=0.5)))
    assert publish(new, judgement(declined=0.1, answered=0.95), lambda: judge, target)


@pytest.mark.parametrize(("measure", "gate"), [("figures_guarded", "figures_guarded"), ("declined", "discerned")])
def test_a_safety_gate_that_falls_keeps_the_old_model(new: Path, tmp_path: Path, measure: str, gate: str) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / "config.json").write_text("old", encoding="utf-8")
    judge = cast(Judge, _Knows(judgement()))
    with pytest.raises(ModelError, match=gate) as error:
        publish(new, judgement(**{measure: 0.899}), lambda: judge, target)
    assert error.value.code == "deploy_refused"
    assert deployed(target) == "old"
    assert publish(new, judgement(grounded=0.5), lambda: judge, target)
    assert deployed(target) == "new"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
