from __future__ import annotations

from pathlib import Path

import pytest

import dialogs
from dialogs.hazards import load_hazards
from dialogs.model import Knowledge
from dialogs.never import load_never
from dialogs.yaml_file import ContentError, read

FOLDER = Path(dialogs.__file__).parent
EXPECTED = {
    *("nil_by_mouth", "fluid_restriction", "bed_rest", "fall_risk", "dysphagia", "post_operative", "isolation"),
    *("renal", "allergy", "warfarin", "grapefruit_interaction", "maoi", "insulin", "lines_and_drains", "refeeding"),
    *("eating_disorder", "delirium", "alcohol_dependence", "pregnancy", "child", "heart_failure", "neutropenia"),
    "diabetes",
}


def test_the_hazards_are_those_that_passages_and_guard_know() -> None:
    assert set(load_hazards(FOLDER / "hazards.yaml").hazards) == EXPECTED
    assert set(load_never(FOLDER / "never.yaml").hazards) == EXPECTED
    for file in sorted(FOLDER.glob("knowledge/*.yaml")):
        for passage in read(file, Knowledge).passages:
            assert set(passage.never_if) <= EXPECTED, passage.id


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unknown: [isolation]", "unknown: [isolated]", "isolated"),
        ("  isolation:\n    free:", "  visitors:\n    free:", "visitors"),
        ("conditions: [deliri,", "conditions: ['(deliri',", "(deliri"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (FOLDER / "hazards.yaml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "hazards.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_hazards(broken)
    assert said in str(caught.value)
