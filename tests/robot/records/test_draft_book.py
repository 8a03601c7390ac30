"""Drafts are kept, reviewed once, told once, encrypted; what goes wrong has a name."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import RecordsError
from robot.events import DraftNote, Sensitive
from robot.records.bed_notes import BedNotes
from robot.records.draft import Draft
from robot.records.draft_book import DraftBook

AT = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
NOTE = DraftNote("medicine", Sensitive("ibuprofen"), (Sensitive("can I take ibuprofen"),), "routine", ("pain",))


def add(book: DraftBook, note: DraftNote = NOTE, *, patient: str = "Ann Li", visit: str = "v1", bed: str = "4") -> int:
    return book.add(note, bed=bed, patient=patient, visit=visit, language="en", at=AT)


@pytest.fixture(params=["memory", "file"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DraftBook]:
    made = DraftBook(None if request.param == "memory" else tmp_path / "records")
    yield made
    made.close()


def test_a_note_becomes_a_draft_with_all_that_it_rests_on(book: DraftBook) -> None:
    draft = book.find(add(book))
    assert (draft.kind, draft.state, draft.bed, draft.patient) == ("medicine", "drafted", "4", "Ann Li")
    assert (draft.text, draft.evidence, draft.codes) == (NOTE.text, NOTE.evidence, NOTE.codes)
    assert (draft.created, draft.reviewer, draft.told) == (AT, "", None)


def test_a_review_is_kept_with_who_and_when(book: DraftBook) -> None:
    number = add(book)
    book.change(number, "ibuprofen 200", who="Dr Wu", at=AT + timedelta(minutes=1))
    draft = book.approve(number, "You may ask for it.", who="Dr Wu", at=AT + timedelta(minutes=2))
    assert (draft.state, draft.text, draft.message, draft.reviewer) == (
        *("approved", "ibuprofen 200", "You may ask for it."),
        "Dr Wu",
    )
    assert [(step.state, step.who) for step in draft.steps] == [
        ("drafted", "bedside"),
        ("changed", "Dr Wu"),
        ("approved", "Dr Wu"),
    ]


REVIEWS: dict[str, Callable[[DraftBook, int], Draft]] = {
    "change": lambda book, number: book.change(number, "x", who="a", at=AT),
    "approve": lambda book, number: book.approve(number, "", who="a", at=AT),
    "refuse": lambda book, number: book.refuse(number, "", who="a", at=AT),
}


@pytest.mark.parametrize("closing", ["approve", "refuse"])
@pytest.mark.parametrize("again", list(REVIEWS))
def test_a_draft_is_closed_once(book: DraftBook, closing: str, again: str) -> None:
    number = add(book)
    closed = REVIEWS[closing](book, number)
    with pytest.raises(RecordsError, match="already") as raised:
        REVIEWS[again](book, number)
    assert raised.value.code == "draft_closed"
    assert book.find(number) == closed


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda book, number: book.find(99), "draft_unknown"),
        (lambda book, number: book.refuse(99, "", who="a", at=AT), "draft_unknown"),
        (lambda book, number: book.change(number, "  ", who="a", at=AT), "text_empty"),
        (lambda book, number: book.approve(number, "x" * 20_001, who="a", at=AT), "text_too_long"),
        (lambda book, number: book.refuse(number, "", who=" ", at=AT), "reviewer_missing"),
    ],
)
def test_what_cannot_be_done_has_a_name_and_changes_nothing(
    book: DraftBook, attempt: Callable[[DraftBook, int], Any], code: str
) -> None:
    number = add(book)
    before = book.find(number)
    with pytest.raises(RecordsError) as raised:
        attempt(book, number)
    assert raised.value.code == code
    assert book.find(number) == before


def test_the_most_urgent_stand_first(book: DraftBook) -> None:
    for urgency in ("self_care", "routine", "emergency", None, "urgent"):
        add(book, DraftNote("symptoms", Sensitive("x"), urgency=urgency))  # type: ignore[arg-type]
    assert [draft.urgency for draft in book.all()] == ["emergency", "urgent", "routine", None, "self_care"]
    assert book.all("approved") == []


def test_a_message_reaches_its_patient_once_and_nobody_else(book: DraftBook) -> None:
    number = add(book)
    mine = BedNotes(book, "4", "Ann Li", "v2", lambda: AT)
    assert mine.waiting() is None
    book.approve(number, "You may ask for it.", who="Dr Wu", at=AT)
    for other in (
        BedNotes(book, "4", "Bo Chen", "v2", lambda: AT),
        BedNotes(book, "5", "Ann Li", "v2", lambda: AT),
        BedNotes(book, "4", "", "v2", lambda: AT),
    ):
        assert other.waiting() is None
    message = mine.waiting()
    assert message is not None and message.text == "You may ask for it."
    mine.told(message.id)
    assert mine.waiting() is None
    assert book.find(number).told == AT


def test_a_guest_gets_the_message_in_the_same_visit_only(book: DraftBook) -> None:
    book.approve(add(book, patient="", visit="v1"), "Hello.", who="a", at=AT)
    assert BedNotes(book, "4", "", "v1", lambda: AT).waiting() is not None
    assert BedNotes(book, "4", "", "v2", lambda: AT).waiting() is None


def test_a_draft_that_is_approved_without_words_says_nothing(book: DraftBook) -> None:
    book.approve(add(book), "  ", who="a", at=AT)
    assert BedNotes(book, "4", "Ann Li", "v1", lambda: AT).waiting() is None


@given(st.text(max_size=200), st.lists(st.text(max_size=50), max_size=4))
def test_any_words_come_back_as_they_were(text: str, evidence: list[str]) -> None:
    book = DraftBook(None)
    clean = [each.encode("utf-8", "replace").decode() for each in (text, *evidence)]
    number = add(book, DraftNote("question", Sensitive(clean[0]), tuple(map(Sensitive, clean[1:]))))
    draft = book.find(number)
    assert (draft.text, list(draft.evidence)) == (clean[0], clean[1:])
    book.close()


# ---- on disk ---------------------------------------------------------------------------------------------------------


def test_nothing_can_be_read_without_the_key(tmp_path: Path) -> None:
    book = DraftBook(tmp_path)
    add(book, DraftNote("question", Sensitive("my secret sorrow")))
    book.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name != "records.key")
    assert b"sorrow" not in kept and b"SQLite" not in kept
    assert stat.S_IMODE((tmp_path / "records.key").stat().st_mode) == 0o600


def test_another_process_sees_what_was_kept(tmp_path: Path) -> None:
    first, second = DraftBook(tmp_path), DraftBook(tmp_path)
    number = add(first)
    second.approve(number, "Yes.", who="a", at=AT)
    assert first.find(number).state == "approved"
    first.close()
    second.close()


@pytest.mark.parametrize("spoil", ["another key", "no key", "not a key", "no database"])
def test_a_book_that_cannot_be_opened_says_why(tmp_path: Path, spoil: str) -> None:
    book = DraftBook(tmp_path)
    add(book)
    book.close()
    key = tmp_path / "records.key"
    match spoil:
        case "another key":
            key.write_text("ab" * 32)
        case "no key":
            key.unlink()
        case "not a key":
            key.write_text("ключ")
        case "no database":
            for path in tmp_path.glob("drafts.db*"):
                path.unlink()
            (tmp_path / "drafts.db").mkdir()
    with pytest.raises(RecordsError) as raised:
        DraftBook(tmp_path)
    assert raised.value.code in ("records_unreadable", "records_unwritable")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordsError) as raised:
        DraftBook(tmp_path / "file")
    assert raised.value.code == "records_unwritable"


def test_the_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEDSIDE_RECORDS_KEY", "cd" * 32)
    tmp_path.joinpath("records").mkdir()
    book = DraftBook(tmp_path / "records")
    add(book)
    book.close()
    assert not (tmp_path / "records" / "records.key").exists()
    monkeypatch.setenv("BEDSIDE_RECORDS_KEY", "ef" * 32)
    with pytest.raises(RecordsError, match="right key"):
        DraftBook(tmp_path / "records")
