"""Where drafts are kept: a SQLite file that is encrypted as a whole (SQLCipher), or memory.

Several processes may use one file: the robot adds, the nurse's command or page reviews.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from robot.errors import RecordsError
from robot.events import DraftNote, Language, Message, Sensitive
from robot.records.draft import OPEN, Draft, State, Step
from robot.records.key import read_key

_TABLES = """
CREATE TABLE IF NOT EXISTS drafts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, state TEXT NOT NULL, bed TEXT NOT NULL,
    patient TEXT NOT NULL, visit TEXT NOT NULL, language TEXT NOT NULL, urgency TEXT, text TEXT NOT NULL,
    evidence TEXT NOT NULL, codes TEXT NOT NULL, message TEXT NOT NULL DEFAULT '', told TEXT);
CREATE TABLE IF NOT EXISTS steps (
    draft INTEGER NOT NULL REFERENCES drafts (id), at TEXT NOT NULL, who TEXT NOT NULL, state TEXT NOT NULL,
    remark TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_bed ON drafts (bed, state);
CREATE INDEX IF NOT EXISTS by_draft ON steps (draft);
"""
_BUSY_MS = 250
"""How long a write waits for another process; the robot's loop stands still for so long at most."""
LONGEST = 20_000
"""Characters of one text."""


class DraftBook:
    """The drafts of one robot or ward. `folder` None keeps them in memory, for as long as the book lives.

    Raises RecordsError: `records_unreadable` (another key, or no such book), `records_unwritable` (disk, rights).
    """

    def __init__(self, folder: Path | None) -> None:
        import sqlcipher3.dbapi2 as sqlcipher

        self._error: type[Exception] = sqlcipher.Error
        if folder is None:
            self._db: Any = sqlcipher.connect(":memory:", check_same_thread=False)
        else:
            key = read_key(folder)
            try:
                self._db = sqlcipher.connect(
                    str(folder / "drafts.db"), timeout=_BUSY_MS / 1000, check_same_thread=False
                )
            except self._error as error:
                raise RecordsError("records_unreadable", f"{folder}: {error}.", "Check the folder's rights.") from None
            self._db.execute("PRAGMA cipher_log_level = NONE")
            self._db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        try:
            # WAL without a flush for every note: a power cut may cost the last one, a note takes 0.1 ms instead of 10.
            self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_TABLES}")
        except self._error as error:
            self._db.close()
            raise RecordsError(
                "records_unreadable", f"The drafts in {folder} do not open ({error}).", "Is it the right key?"
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---- the robot's side ----

    def add(self, note: DraftNote, *, bed: str, patient: str, visit: str, language: Language, at: datetime) -> int:
        """Keep a note; the id of its draft. Raises RecordsError (`records_unwritable`)."""
        with self._writing():
            row = self._db.execute(
                "INSERT INTO drafts (kind, state, bed, patient, visit, language, urgency, text, evidence, codes)"
                " VALUES (?, 'drafted', ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(note.kind, bed, patient, visit, language, note.urgency, str(note.text)),
                    *(json.dumps([str(each) for each in note.evidence]), json.dumps(note.codes)),
                ),
            )
            self._step(row.lastrowid, at, "bedside", "drafted", "")
            return int(row.lastrowid)

    def waiting(self, *, bed: str, patient: str, visit: str) -> Message | None:
        """The oldest approved message that its patient has not heard; a guest's only during the same visit."""
        rows = self._rows(
            "SELECT id, message, language FROM drafts WHERE state = 'approved' AND message != '' AND told IS NULL"
            " AND bed = ? AND (visit = ? OR (patient = ? AND patient != '')) ORDER BY id LIMIT 1",
            (bed, visit, patient),
        )
        return Message(str(rows[0][0]), Sensitive(rows[0][1]), rows[0][2]) if rows else None

    def tell(self, identity: int, at: datetime) -> None:
        """The patient has heard the message. Raises RecordsError."""
        with self._writing():
            self._db.execute("UPDATE drafts SET told = ? WHERE id = ?", (at.isoformat(), identity))

    # ---- the clinician's side ----

    def find(self, identity: int) -> Draft:
        """The draft. Raises RecordsError (`draft_unknown`)."""
        found = self._drafts("WHERE id = ?", (identity,))
        if not found:
            raise RecordsError("draft_unknown", f"There is no draft {identity}.", "See `bedside drafts list`.")
        return found[0]

    def all(self, state: State | None = None) -> list[Draft]:
        """All drafts, or those in one state, the most urgent and oldest first."""
        rank = {"emergency": 0, "urgent": 1, "routine": 2, "self_care": 3, None: 2}
        found = self._drafts("WHERE state = ?", (state,)) if state else self._drafts("", ())
        return sorted(found, key=lambda draft: (rank[draft.urgency], draft.id))

    def change(self, identity: int, text: str, *, who: str, at: datetime) -> Draft:
        """Put other words in its place. Raises RecordsError (`draft_closed`, `draft_unknown`, `text_empty`)."""
        return self._review(identity, "changed", who, at, text=_checked(text))

    def approve(self, identity: int, message: str, *, who: str, at: datetime) -> Draft:
        """Sign it; `message` is what the robot says to the patient at the next contact, empty: nothing. Raises as
        `change` does."""
        return self._review(identity, "approved", who, at, message=message.strip() and _checked(message))

    def refuse(self, identity: int, reason: str, *, who: str, at: datetime) -> Draft:
        """Nothing comes of it. Raises as `change` does."""
        return self._review(identity, "refused", who, at, remark=reason)

    def _review(
        self,
        identity: int,
        state: State,
        who: str,
        at: datetime,
        *,
        remark: str = "",
        text: str | None = None,
        message: str = "",
    ) -> Draft:
        if not who.strip():
            raise RecordsError("reviewer_missing", "Nobody is named who reviews the draft.", "Give --by NAME.")
        with self._writing():
            draft = self.find(identity)
            if draft.state not in OPEN:
                raise RecordsError(
                    "draft_closed", f"Draft {identity} was {draft.state} by {draft.reviewer} already.", ""
                )
            self._db.execute(
                "UPDATE drafts SET state = ?, text = ?, message = ? WHERE id = ?",
                (state, draft.text if text is None else text, message, identity),
            )
            self._step(identity, at, who.strip(), state, remark)
        return self.find(identity)

    # ---- rows ----

    def _step(self, draft: int, at: datetime, who: str, state: State, remark: str) -> None:
        self._db.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", (draft, at.isoformat(), who, state, remark))

    def _drafts(self, where: str, values: tuple[object, ...]) -> list[Draft]:
        rows = self._rows(
            "SELECT id, kind, state, bed, patient, language, urgency, text, evidence, codes, message, told"
            f" FROM drafts {where} ORDER BY id",
            values,
        )
        return [self._draft(row) for row in rows]

    def _draft(self, row: tuple[Any, ...]) -> Draft:
        identity, kind, state, bed, patient, language, urgency, text, evidence, codes, message, told = row
        steps = self._rows("SELECT at, who, state, remark FROM steps WHERE draft = ? ORDER BY rowid", (identity,))
        return Draft(
            identity,
            kind,
            state,
            bed,
            Sensitive(patient),
            language,
            urgency,
            Sensitive(text),
            tuple(map(Sensitive, json.loads(evidence))),
            tuple(json.loads(codes)),
            Sensitive(message),
            datetime.fromisoformat(told) if told else None,
            tuple(Step(datetime.fromisoformat(at), who, then, remark) for at, who, then, remark in steps),
        )

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return list(self._db.execute(query, values))
        except self._error as error:
            raise RecordsError("records_unreadable", f"The drafts cannot be read ({error}).", "Try again.") from None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it, or nothing."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
        except self._error as error:
            raise RecordsError(
                "records_unwritable", f"The draft could not be written ({error}).", "Check the disk, and try again."
            ) from None


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise RecordsError("text_empty", "The text is empty.", "Say what shall stand there.")
    if len(text) > LONGEST:
        raise RecordsError("text_too_long", f"The text has more than {LONGEST} characters.", "Use fewer words.")
    return text
