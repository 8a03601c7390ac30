"""YAML files into typed models; what is wrong is named on one line with file, line, key and value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from dialogs.yaml_file import ContentError, Strict, line_of, read, read_mapping, read_value


class Inner(Strict):
    size: int = Field(ge=0)
    words: list[str] = Field(default_factory=list)


class Outer(Strict):
    name: str
    inner: Inner
    several: dict[str, Inner] = Field(default_factory=dict)


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "file.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


GOOD = "name: a\ninner:\n  size: 3\n  words: [x, y]\n"


def test_a_file_becomes_its_model_and_the_model_is_frozen(tmp_path: Path) -> None:
    made = read(written(tmp_path, GOOD), Outer)
    assert made == Outer(name="a", inner=Inner(size=3, words=["x", "y"]))
    with pytest.raises(Exception, match="frozen"):
        made.name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    "content", ["- Mary has pain\n", "Mary has pain\n", b"Mary \xff\n", "Mary: 2026-99-99\n", "a: Mary\x00\n"]
)
def test_what_is_no_mapping_is_named_without_its_words(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ContentError) as raised:
        read_mapping(written(tmp_path, content))
    assert "file.yaml" in str(raised.value)
    assert not any(word in str(raised.value) for word in ("Mary", "pain", "2026", "xff"))


@pytest.mark.parametrize(
    ("content", "line", "key", "said"),
    [
        ("name: a\ninner: {size: -1}\n", 2, "inner.size", "greater than or equal to 0"),
        ("name: a\ninner:\n  size: 3\n  colour: red\n", 4, "inner.colour", "unknown key"),
        ("inner: {size: 1}\n", 1, "name", "Field required"),
        ("name: a\ninner:\n  size: 1\n  words:\n    - x\n    - [y]\n", 6, "inner.words.1", "valid string"),
        ("name: a\ninner: {size: 1}\nseveral:\n  b: {size: x}\n", 4, "several.b.size", "valid integer"),
        ("name: a\nname: b\ninner: {size: 1}\n", 2, "name", "stands twice"),
        ("name: a\ninner:\n  size: 1\n  size: 2\n", 4, "inner.size", "stands twice"),
        ("name: [a\n", 2, "", "not valid YAML"),
        ("a: b: c\n", 1, "", "not valid YAML"),
        ("- a\n- b\n", 1, "", "a mapping"),
        ("just words\n", 1, "", "a mapping"),
        ("", None, "", "Field required"),
        ("# nothing\n", None, "", "Field required"),
        ("name: 2026-99-99\n", None, "", "not valid YAML"),
        ("name: !!python/object:os.system x\n", 1, "", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "", "not valid YAML"),
        ("a: &x [*x]\n", None, "", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, line: int | None, key: str, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ContentError) as raised:
        read(path, Outer)
    error = raised.value
    if key:
        assert error.key == key
    if line is not None:
        assert error.line == line
    assert said in error.message
    assert str(error).startswith(str(path)) and "\n" not in str(error)
    assert error.code == "content_invalid"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name: \x00\n", b"\x89PNG\r\n"])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ContentError):
        read(written(tmp_path, content), Outer)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ContentError):
            read_mapping(path)


def test_words_that_older_yaml_takes_for_true_and_false_stay_words(tmp_path: Path) -> None:
    data, _ = read_mapping(written(tmp_path, "yes: no\non: off\ntrue: false\nYes: True\n"))
    assert data == {"yes": "no", "on": "off", True: False, "Yes": "True"}


def test_every_key_has_its_line(tmp_path: Path) -> None:
    _, lines = read_mapping(written(tmp_path, "a: 1\nb:\n  c:\n    - d: 2\n    - 3\n"))
    assert lines[("a",)] == 1 and lines[("b", "c")] == 3
    assert lines[("b", "c", 0, "d")] == 4 and lines[("b", "c", 1)] == 5
    assert line_of(("b", "c", 1, "deeper"), lines) == 5
    assert line_of(("unknown",), lines) == 1
    assert line_of(("unknown",), {}) is None


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), ("on", "on"), ("true", True), ("[1, a]", [1, "a"]), ("", None), ("null", None)]
)
def test_a_value_outside_a_file(text: str, value: Any) -> None:
    assert read_value(text, "$NAME") == value


@given(st.text(max_size=80))
def test_any_text_is_a_value_or_refused_by_name(text: str) -> None:
    try:
        read_value(text, "$NAME")
    except ContentError as error:
        assert str(error).startswith("$NAME")
        assert "\n" not in str(error)


@given(st.text(max_size=200))
def test_any_text_is_a_mapping_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = written(tmp_path_factory.mktemp("yaml"), text)
    try:
        data, _ = read_mapping(path)
    except ContentError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(data, dict)


def test_long_values_are_shortened(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as raised:
        read(written(tmp_path, f"name: a\ninner: {'x' * 5000}\n"), Outer)
    assert len(str(raised.value)) < 400
