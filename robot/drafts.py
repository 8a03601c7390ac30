"""`bedside drafts`: what the robot noted for the clinicians; a person approves, changes or refuses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dialogs.loader import HERE
from dialogs.never import load_never
from hardware.clock import SystemClock
from robot.errors import InputError
from robot.events import Message, Sensitive
from robot.records.draft import Draft, State
from robot.records.draft_book import DraftBook
from robot.records.draft_fhir import to_bundle
from robot.think.deeds.message import as_sentences
from robot.think.guard import SentenceGuard

_COLOURS = {"drafted": "yellow", "changed": "yellow", "approved": "green", "refused": "red"}


def list_drafts(folder: Path, state: State | None, *, as_json: bool) -> None:
    """Print the drafts, the most urgent first. Raises RecordsError."""
    drafts = _book(folder).all(state)
    if as_json:
        for draft in drafts:
            print(json.dumps(_plain(draft), ensure_ascii=False))  # noqa: T201
        return
    table = Table(box=None, pad_edge=False, title=None)
    for head in ("id", "urgency", "kind", "state", "bed", "patient", "noted", "text"):
        table.add_column(head, overflow="fold" if head == "text" else "ellipsis", no_wrap=head != "text")
    for draft in drafts:
        first = str(draft.text).splitlines()[0] if draft.text else "–"
        colour = _COLOURS[draft.state]
        table.add_row(
            *(str(draft.id), draft.urgency or "–", draft.kind, f"[{colour}]{draft.state}[/]", escape(draft.bed)),
            *(escape(draft.patient or "guest"), f"{draft.created:%m-%d %H:%M}", escape(first)),
        )
    console = Console()
    console.print(table if drafts else "No drafts. They come from conversations: `bedside talk`.")


def show_draft(folder: Path, identity: int) -> None:
    """Print all of one draft. Raises RecordsError."""
    _print(_book(folder).find(identity))


def review_draft(
    folder: Path,
    identity: int,
    what: State,
    *,
    by: str,
    text: str | None = None,
    say: str = "",
    reason: str = "",
    dialogs: Path | None = None,
) -> None:
    """Change, approve or refuse it, and print what became of it. Raises InputError, RecordsError.

    `say` is held against the never-list of the folder `dialogs` now: the patient's robot would only stay silent.
    """
    book, now = _book(folder), SystemClock().wall()
    if say.strip():
        _check_speakable(Message(str(identity), Sensitive(say), book.find(identity).language), dialogs)
    if what == "changed" and text is None:
        raise InputError("text_missing", "Nothing is given to put in its place.", "Give --text TEXT.")
    if text is not None and what != "refused":
        draft = book.change(identity, text, who=by, at=now)
    if what == "approved":
        draft = book.approve(identity, say, who=by, at=now)
    elif what == "refused":
        draft = book.refuse(identity, reason, who=by, at=now)
    _print(draft)


def export_drafts(folder: Path, out: Path, identity: int | None) -> int:
    """Write a FHIR R4 bundle of one draft, or of all; how many. Raises InputError, RecordsError."""
    book = _book(folder)
    drafts = [book.find(identity)] if identity is not None else sorted(book.all(), key=lambda draft: draft.id)
    bundle = to_bundle(drafts, SystemClock().wall())
    try:
        out.write_text(json.dumps(bundle, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise InputError("file_unwritable", f"{out}: {error.strerror}.", "Choose another file.") from None
    return len(drafts)


def _check_speakable(message: Message, dialogs: Path | None) -> None:
    guard = SentenceGuard(load_never((dialogs or HERE) / "never.yaml"))
    for sentence in as_sentences(message):
        if rules := guard.check(sentence, ()):
            raise InputError(
                "message_unspeakable", f"The robot may not say “{sentence.text}” ({', '.join(rules)}).", "Reword it."
            )


def _book(folder: Path) -> DraftBook:
    return DraftBook(folder)


def _print(draft: Draft) -> None:
    console = Console()
    console.print(f"[b]{draft.id}[/] {draft.kind}, {draft.urgency or 'no urgency'}, [b]{draft.state}[/]")
    console.print(f"{escape(draft.bed)}, {escape(draft.patient or 'guest')}, in {draft.language}")
    console.print(escape(draft.text) or "–")
    for line in draft.evidence:
        console.print(f"  [dim]rests on[/] {escape(line)}")
    for step in draft.steps:
        remark = f": {escape(step.remark)}" if step.remark else ""
        console.print(f"  [dim]{step.at:%Y-%m-%d %H:%M}[/] {step.state} by {escape(step.who)}{remark}")
    if draft.message:
        told = f"told {draft.told:%Y-%m-%d %H:%M}" if draft.told else "not told yet"
        console.print(f"  to be said: “{escape(draft.message)}” ({told})")


def _plain(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "kind": draft.kind,
        "state": draft.state,
        "urgency": draft.urgency,
        "bed": draft.bed,
        "patient": str(draft.patient),
        "language": draft.language,
        "text": str(draft.text),
        "evidence": [str(line) for line in draft.evidence],
        "codes": list(draft.codes),
        "message": str(draft.message),
        "told": draft.told.isoformat() if draft.told else None,
        "steps": [
            {"at": step.at.isoformat(), "who": step.who, "state": step.state, "remark": step.remark}
            for step in draft.steps
        ],
    }
