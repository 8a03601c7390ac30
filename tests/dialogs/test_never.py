from __future__ import annotations

from pathlib import Path

import pytest

import dialogs
from dialogs.never import load_never
from dialogs.yaml_file import ContentError

FILE = Path(dialogs.__file__).parent / "never.yaml"


def test_everything_that_must_never_be_said_is_there() -> None:
    never = load_never(FILE).never
    expected = "dose medicine_change diagnosis reassurance_after_flag discourage_care prognosis human calorie_deficit"
    assert {f"never.{name}" for name in expected.split()} <= set(never)
    assert never["never.reassurance_after_flag"].when == "flagged"


def test_no_hazard_has_a_say_over_fixed_phrases() -> None:
    assert all("phrase" not in ban.rungs for ban in load_never(FILE).hazards.values())


def test_no_name_of_a_unit_means_two_units() -> None:
    units = load_never(FILE).units.values()
    for names in ([name for unit in units for name in unit.en], [name for unit in units for name in unit.zh]):
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  never.dose:", "  dose:", "never.dose"),
        ("(?:{drug})[^.]{0,25}?", "(?:{drugs})[^.]{0,25}?", "{drugs}"),
        ("when: flagged", "when: sometimes", "when"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "never.yaml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_never(broken)
    assert said in str(caught.value) or "pattern" in str(caught.value)
