"""Questions in text: what is wrong with one of them never stops the next, and nothing of a text is cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robot.ask import LONGEST, Asked, Asker, answer_lines
from robot.errors import InputError
from robot.search import search_lines
from tests.plain import PLAIN

GOOD = json.dumps({"id": "next", "text": "How much salt may I eat?"})


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(PLAIN)


@pytest.mark.parametrize(
    ("line", "identity", "code"),
    [
        ('{"id": 1, "text": "hello", "history": 5}', 1, "line_invalid"),
        ('{"id": 1, "text": "hello", "history": "hello"}', 1, "line_invalid"),
        ('{"id": 1, "text": "hello", "history": {"text": "hello"}}', 1, "line_invalid"),
        ('{"id": 1, "text": "hello", "history": [5]}', 1, "line_invalid"),
        ('{"id": 1, "text": ' + "9" * 5000 + "}", None, "line_invalid"),
        ("[" * 100_000, None, "line_invalid"),
        ("not json", None, "line_invalid"),
        ("5", None, "line_invalid"),
        ('{"id": 1, "text": 5}', 1, "line_invalid"),
        ('{"id": 1, "text": "hello", "lang": "de"}', 1, "language_unknown"),
        ('{"id": 1, "text": "hello", "patient": 5}', 1, "patient_unreadable"),
        ('{"id": 1, "text": "hello", "patient": "a\\u0000b"}', 1, "patient_unreadable"),
        (json.dumps({"id": 1, "text": "a" * (LONGEST + 1)}), 1, "text_too_long"),
        (json.dumps({"id": 1, "text": "a", "history": ["a" * (LONGEST + 1)]}), 1, "text_too_long"),
    ],
    ids=range(14),
)
def test_a_bad_line_gets_an_error_and_the_next_an_answer(asker: Asker, line: str, identity: Any, code: str) -> None:
    (bad, bad_is_answer), (good, good_is_answer) = answer_lines([line, "\n", GOOD], asker)
    assert (bad["id"], bad["error"]["code"], bad_is_answer) == (identity, code, False)
    assert (good["id"], good["intent"], good_is_answer) == ("next", "question", True)


def test_a_complaint_at_the_end_of_a_long_text_is_heard(asker: Asker) -> None:
    complaint = " I have chest pain."
    long = "Well, thank you. " * 500
    assert asker.answer(Asked(long + complaint))["red_flags"] == ["chest_pain"]
    with pytest.raises(InputError) as raised:
        Asked("a" * (LONGEST + 1 - len(complaint)) + complaint)
    assert raised.value.code == "text_too_long"


@pytest.mark.parametrize("wrong", [{"query": 5}, {}, {"query": "salt", "k": 0}, {"query": "salt", "k": "x"}])
def test_a_bad_query_keeps_its_id_and_the_next_is_searched(wrong: dict[str, Any]) -> None:
    answers: list[Any] = []
    lines = [json.dumps({"id": "bad", **wrong}), "not json", json.dumps({"id": "good", "query": "salt", "k": 2})]
    assert search_lines(PLAIN, lines, answers.append) == 1
    assert [answer["id"] for answer in answers] == ["bad", None, "good"]
    assert [answer["error"]["code"] for answer in answers[:2]] == ["line_invalid", "line_invalid"]
    assert len(answers[2]["hits"]) == 2


def test_a_patient_file_that_is_something_else_is_refused_without_its_words(asker: Asker, tmp_path: Path) -> None:
    path = tmp_path / "patient.yaml"
    path.write_text("Mary has chest pain\n", encoding="utf-8")
    ((answer, is_answer),) = answer_lines([json.dumps({"id": 1, "text": "hello", "patient": str(path)})], asker)
    assert not is_answer and answer["error"]["code"] == "content_invalid"
    assert "Mary" not in json.dumps(answer)
