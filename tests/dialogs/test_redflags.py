from __future__ import annotations

from pathlib import Path

import pytest

import dialogs
from dialogs.redflags import RedFlags, expand
from dialogs.yaml_file import ContentError, read

FILE = Path(dialogs.__file__).parent / "redflags.yaml"


def test_every_class_of_emergency_is_there() -> None:
    flags = read(FILE, RedFlags).flags
    expected = "chest_pain stroke breathlessness bleeding anaphylaxis sepsis_confusion suicide overdose hypoglycaemia "
    expected += "head_injury fall pregnancy infant_fever seizure choking cauda_equina leg_clot tearing_pain delirium "
    expected += "abuse calls_for_help collapse"
    assert list(flags) == expected.split()
    assert {key for key, flag in flags.items() if flag.urgency == "urgent"} == {"fall", "leg_clot", "delirium", "abuse"}


def test_no_example_stands_twice() -> None:
    for key, flag in read(FILE, RedFlags).flags.items():
        for signs in (flag.en, flag.zh):
            sentences = signs.examples + signs.near_misses
            assert len(sentences) == len(set(sentences)), key


def test_fragments_expand_inside_fragments() -> None:
    assert expand("my {part} {hurts}{1,2}", {"part": "{side} arm", "side": "left|right", "hurts": "aches"}) == (
        "my (?:(?:left|right) arm) (?:aches){1,2}"
    )


@pytest.mark.parametrize("fragments", [{}, {"part": "{part}"}])
def test_a_fragment_that_is_missing_or_contains_itself_is_refused(fragments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="fragment"):
        expand("{part}", fragments)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- 'chess (?:pain", "- 'chess (?:{pian}", "{pian}"),
        ("- 'chess (?:pain", "- 'chess ((?:pain", "missing )"),
        ("words: [chest,", "words: [ch,", "three letters"),
        ("not_for: [suicide, overdose, abuse]", "not_for: [suicides]", "suicides"),
        ("- I have chest pain\n", "", "at least 12"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    if said == "at least 12":
        head, tail = text.split("      examples:\n", 1)
        text = head + "      examples: [one]\n      near_misses:" + tail.split("      near_misses:", 1)[1]
    else:
        assert old in text
        text = text.replace(old, new, 1)
    broken = tmp_path / "redflags.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read(broken, RedFlags)
    assert said in str(caught.value)
    assert str(broken) in str(caught.value)
