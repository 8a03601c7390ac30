"""The journal keeps what happened, and no word of the patient unless it is told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import SimulatedClock
from robot.errors import InputError
from robot.events import (
    Answer,
    Blocked,
    CallAcknowledged,
    CallNurse,
    Decision,
    End,
    Event,
    Fault,
    FloorChanged,
    Interrupted,
    Opened,
    Say,
    Sensitive,
    Sentence,
    SpeechEnded,
    Spoken,
    Transcript,
    TurnTimed,
    Word,
)
from robot.records.journal import FORMAT, Journal, describe, read_journal
from tests.conversations import Visit, passage, play, visit

SENTENCE = Sentence("Keep it low.", "en", "salt", "gpt")


def events_with(words: str) -> list[Event]:
    """One of each event that could carry what the patient said."""
    said = Sensitive(words)
    repeated = Sentence(f"You said {words}.", "en", "salt", "gpt")
    parts = (Word(words, 0.0, 0.5, 0.9),)
    effects = (
        Say((repeated,)),
        Answer(said, (passage("diet-salt-who"),), "en", (("patient", words),)),
        CallNurse("visit-1", "routine", "patient_asks", said),
        End(),
    )
    return [
        Transcript(said, words=parts, alternatives=(said, said)),
        Transcript(said, final=False),
        Decision("question", "menu.waiting", "answer", effects),
        repeated,
        Spoken(repeated, repeated.text, True),
        Interrupted((Spoken(repeated, words, True),)),
        Blocked(("rule",), "salt", "gpt"),
        Fault("generator_late", "trouble_thinking"),
        CallAcknowledged("visit-1", "nurse"),
        TurnTimed(1, 900.0, {"play": 900.0}),
        FloorChanged("robot"),
        SpeechEnded(2.0, 1.2),
        Opened(),
        End(),
    ]


def write(path: Path, events: list[Event], *, reveal: bool = False, about: dict[str, Any] | None = None) -> str:
    async def main() -> None:
        journal = Journal(path, SimulatedClock(), reveal=reveal, about=about or {"title": "test"})
        for event in events:
            journal(event)
        journal.close()

    SimulatedClock().run(main())
    return path.read_text(encoding="utf-8")


WORDS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=12, max_size=40)


@given(words=WORDS)
def test_no_word_of_the_patient_is_written(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    text = write(path, events_with(words))
    for line in text.splitlines():
        assert words not in json.dumps(json.loads(line), ensure_ascii=False)
    assert words not in text


@given(words=WORDS.map(lambda words: words + "\u2028\x85\u2029end"))
def test_revealed_words_are_written_and_read_back_whole(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    """Also with the line separators of Unicode in them, which are no ends of lines to JSON."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    write(path, events_with(words), reveal=True)
    lines = list(read_journal(path))
    assert lines[1]["text"] == words
    assert len(lines) == len(events_with(words)) + 1


def test_a_visit_leaves_none_of_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    said = ["yes but my neighbour Waldemar says otherwise", "my telephone number is four eight one five"]

    async def script(made: Visit) -> None:
        journal = Journal(path, made.clock, reveal=False, about={})
        made.conversation.observe(journal)
        await made.settled()
        for words in said:
            made.conversation.hear_text(words)
            await made.settled()
        await made.say(2.0)
        journal.close()

    play(visit("my chest hurts says Waldemar", partial_s=0.3), script)
    text = path.read_text(encoding="utf-8").lower()
    for word in ("waldemar", "neighbour", "telephone", "otherwise", "hurts"):
        assert word not in text
    kinds = {entry["kind"] for entry in read_journal(path)}
    assert {"journal", "Transcript", "Decision", "Sentence", "Spoken", "FloorChanged", "TurnTimed"} <= kinds


def test_every_event_has_a_line_with_its_kind_and_both_times(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "journal.jsonl"
    events = events_with("hello")
    write(path, events, about={"seed": 7})
    head, *lines = read_journal(path)
    assert (head["kind"], head["format"], head["seed"], head["reveal"]) == ("journal", FORMAT, 7, False)
    assert [line["kind"] for line in lines] == [type(event).__name__ for event in events]
    assert all(line["at"] >= 0 and line["wall"].startswith("2026-01-05T09:00:00") for line in lines)


def test_equal_sentences_have_equal_digests_and_others_do_not() -> None:
    one = describe(SENTENCE, reveal=False)
    other = describe(Sentence("Keep it high.", "en", "salt", "gpt"), reveal=False)
    assert one["digest"] == describe(SENTENCE, reveal=False)["digest"] != other["digest"]
    assert "text" not in one


def test_what_is_decided_is_kept_by_name() -> None:
    kept = describe(events_with("hello")[2], reveal=False)
    assert kept["effects"] == [
        {"say": ["salt"]},
        {"answer": ["diet-salt-who"]},
        {"call_nurse": "patient_asks", "urgency": "routine", "to": "nurse"},
        {"end": True},
    ]
    assert kept["nurse_call"] is True


@pytest.mark.parametrize("cut", range(1, 200, 13))
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    """Also when the cut falls into the middle of a character."""
    path = tmp_path / "journal.jsonl"
    write(path, [Transcript(Sensitive("盐" * 30)), Transcript(Sensitive("盐" * 30))], reveal=True)
    path.write_bytes(path.read_bytes()[:-cut])
    lines = list(read_journal(path))
    assert len(lines) == (3 if cut == 1 else 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{",
        b"[]\n",
        b'"text"\n',
        b'{"kind": "journal", "format": 99}\n',
        b'{"a": 1}\n',
        b"\xff\xfe\n",
        b"RIFF\x00",
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        list(read_journal(path))
    assert raised.value.code == "journal_unreadable"
    assert str(path) in str(raised.value)


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = write(path, events_with("hello")).splitlines()
    path.write_text("\n".join([*lines[:3], "{broken", *lines[3:]]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=":4: not JSON"):
        list(read_journal(path))


def test_a_journal_that_is_missing_or_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(read_journal(tmp_path / "none.jsonl"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as raised:
        Journal(tmp_path / "file" / "journal.jsonl", SimulatedClock(), reveal=False, about={})
    assert raised.value.code == "journal_unwritable"
