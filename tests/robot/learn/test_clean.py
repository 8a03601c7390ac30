"""What imported text is learned from: licences, names and numbers of people, repetitions, and wrong files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialogs import loader
from robot.errors import InputError
from robot.learn.clean import SourceText, clean, identifying
from robot.learn.corpus import CorpusMaker, conversations
from robot.learn.imports import ImportedFile, read_file, read_imports
from tests.shared_data import shared_data

ANSWER = "A nosebleed is loss of blood from the inside of the nose. Most nosebleeds stop by themselves. Lean forward."


def text(
    answer: str = ANSWER, *, question: str = "What is (are) Nosebleed ?", licence: str = "CC BY 4.0"
) -> SourceText:
    return SourceText("1", question, answer, "Nosebleed", "somewhere", licence)


def write(path: Path, *lines: object) -> ImportedFile:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return ImportedFile(path, "CC BY 4.0")


def test_the_beginning_of_an_answer_is_kept() -> None:
    cleaned = clean([text()])
    assert cleaned.kept[0].question == "what is Nosebleed"
    assert cleaned.kept[0].sentences == (
        "A nosebleed is loss of blood from the inside of the nose.",
        "Most nosebleeds stop by themselves.",
    )
    assert cleaned.counts() == {"kept": 1}


def test_only_allowed_licences() -> None:
    texts = [text(), text(licence="unknown"), text(licence="CC BY-NC 4.0")]
    assert clean(texts).counts() == {"kept": 1, "dropped.licence": 2}
    assert clean(texts, ["unknown"]).counts() == {"kept": 1, "dropped.licence": 2}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("write to jane@example.org", "email"),
        ("call 555-123-4567 today", "telephone"),
        ("record 12345678", "long_number"),
        ("seen on 03/04/2019", "date"),
        ("the patient Mr. Miller", "name"),
        ("said John Q. Public", "name"),
        ("Drink 1500 ml a day, or 7 to 8 cups, in 2019.", None),
    ],
)
def test_who_somebody_is(words: str, kind: str | None) -> None:
    assert identifying(words) == kind
    answer = f"A nosebleed is loss of blood from the nose. It says that {words} because it may."
    assert (f"dropped.identifying_{kind}" in clean([text(answer)]).counts()) == (kind is not None)


def test_repetitions_are_dropped() -> None:
    near = ANSWER.replace("Lean forward", "Lean a little forward")
    other = "Hiccups come from a muscle under the lungs. They go away by themselves after a short time."
    counts = clean([text(), text(ANSWER.upper().capitalize()), text(near), text(other)]).counts()
    assert counts["kept"] == 2
    assert counts.get("dropped.duplicate", 0) + counts.get("dropped.near_duplicate", 0) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        ("Key Points\n- one\n- two\n", "nothing_speakable"),
        ("See the page https://example.org for more of it.", "nothing_speakable"),
        ("The pseudohypoaldosteronism of the body is a thing that is rare.", "hard_to_say"),
    ],
)
def test_what_cannot_be_said_is_dropped(answer: str, reason: str) -> None:
    assert clean([text(answer)]).counts() == {"kept": 0, f"dropped.{reason}": 1}


def test_long_answers_are_cut_after_sixty_words() -> None:
    sentence = "This is a sentence of twelve words that one may well say. "
    kept = clean([text(sentence * 9)]).kept[0].sentences
    assert len(kept) == 3


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ('{"id": "1", "question": "q"}', "answer: a text is expected"),
        ('{"id": 1, "question": "q", "answer": "a"}', "id: a text is expected"),
        ("[" * 5000, "not JSON"),
    ],
)
def test_a_wrong_line_is_named_and_not_quoted(tmp_path: Path, line: str, problem: str) -> None:
    file = write(tmp_path / "a.jsonl", {"id": "1", "question": "q", "answer": "a"}, "", line)
    with pytest.raises(InputError, match=rf"a\.jsonl:3: {problem}") as caught:
        read_imports([file])
    assert '"q"' not in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_imports([ImportedFile(tmp_path / "absent.jsonl", "own")])
    with pytest.raises(InputError, match="nothing in it"):
        list(read_file(write(tmp_path / "empty.jsonl")))
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="UTF-8"):
        read_imports([ImportedFile(tmp_path / "latin.jsonl", "own")])
    with pytest.raises(InputError, match="cannot be read"):
        read_imports([ImportedFile(tmp_path, "own")])


def test_imported_text_comes_into_the_corpus(tmp_path: Path) -> None:
    things = ("nose", "knee", "ear", "hand", "foot", "back", "neck", "hip", "eye", "arm", "leg", "skin")
    lines = [
        {
            "id": str(number),
            "question": f"What is a sore {thing} ?",
            "answer": f"A sore {thing} is a {thing} that hurts after work. Rest is good for a {thing}.",
            "focus": thing,
            "source": "Example",
        }
        for number, thing in enumerate(things)
    ]
    file = write(tmp_path / "things.jsonl", *lines)
    assert read_imports([file]).counts()["kept"] >= 10
    records = list(conversations(loader.load(), count=200, seed=1, imports=[file]))
    mine = [record for record in records if record.kind == "imported"]
    assert 0.05 < len(mine) / len(records) < 0.25
    assert all(record.licence == "CC BY 4.0" and record.source.startswith("Example ") for record in mine)
    assert all(any(part in record.answer for part in ("A sore", "Rest is")) for record in mine)
    learned = {record.source for record in mine if record.split == "train"}
    assert not learned & {record.source for record in mine if record.split != "train"}


def test_medquad_is_a_file_to_import() -> None:
    """A part of the real thing, read and turned into records."""
    file = ImportedFile(shared_data("knowledge/medquad.jsonl"), "CC BY 4.0")
    texts = [text for number, text in enumerate(read_file(file)) if number % 20 == 0]
    cleaned = clean(texts)
    assert 0.3 < len(cleaned.kept) / len(texts) < 0.8
    assert sum(cleaned.dropped.values()) + len(cleaned.kept) == len(texts)
    records = list(CorpusMaker(loader.load(), cleaned.kept).records(300, 1))
    assert {record.kind for record in records} >= {"imported", "passage", "invented"}
