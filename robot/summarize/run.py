"""`bedside summarize`: a bundle, a text, or a text beside a record → the lines of its summary.

What is told of both stays apart: a text that names somebody else than the record is not summarized beside it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialogs import medicines
from dialogs.summary import shipped
from robot.errors import InputError
from robot.events import Language
from robot.jsonl import answered_lines
from robot.summarize import names, parts
from robot.summarize.against import against
from robot.summarize.conflicts import conflicts
from robot.summarize.lines import CHECK, Line, Summary, joined, span
from robot.summarize.parts import Document, Part
from robot.summarize.record import Record, person_name, read_record
from robot.summarize.record_checks import record_checks, record_gaps
from robot.summarize.record_lines import record_lines
from robot.summarize.text import language_of, stated, text_lines
from robot.summarize.weigh import words

LONGEST = 100_000
"""Characters of one text. A longer one is refused, never cut: what is cut off may be what matters."""
_VISIT = 250
"""Words from which a text is a whole visit, in which allergies and medicines are expected."""
_FORM = 'Give {"id": …, "text": …} or {"id": …, "bundle": {…}}, or both.'
_SAY: dict[str, dict[Language, str]] = {
    "missing": {"en": "Missing", "zh": "缺少"},
    "machine": {
        "en": "text that speaks to a machine is left out; it was not followed",
        "zh": "对机器说的文字未列入，也未执行",
    },
    "person": {
        "en": "the text names another person; check that it belongs to this patient",
        "zh": "文中出现另一人姓名，请核对是否属于该患者",
    },
    "apart": {
        "en": "the text is not summarized beside this record",
        "zh": "该文字未与本病历合并",
    },
    "nothing": {"en": "nothing clinical was found in the text", "zh": "文中未见临床内容"},
    "allergies": {"en": "allergies are not mentioned", "zh": "未提及过敏史"},
    "medicines": {"en": "medicines are not mentioned", "zh": "未提及用药"},
}


@dataclass(frozen=True)
class Given:
    """What is to be summarized; at least one of the two."""

    text: str | None = None
    bundle: object = None

    def __post_init__(self) -> None:
        """Raises InputError (`text_empty`, `text_too_long`)."""
        if self.text is not None and not self.text.strip():
            raise InputError("text_empty", "There is no text to summarize.", "Give a note or a conversation.")
        if self.text is not None and len(self.text) > LONGEST:
            raise InputError("text_too_long", f"The text has more than {LONGEST} characters.", "Give it in parts.")


def summarize(given: Given) -> Summary:
    """The summary. Raises InputError (`bundle_unreadable`)."""
    try:
        record = None if given.bundle is None else read_record(given.bundle)
        found = _record(record) if record else Summary()
        if given.text is not None:
            found = _text(given.text, record, found)
    except RecursionError:
        raise InputError("bundle_unreadable", "The bundle is nested too deeply.", "Give a FHIR R4 bundle.") from None
    return found


def _record(record: Record) -> Summary:
    lines, checks = [], record_checks(record)
    for line in record_lines(record):
        if shipped().is_instruction.search(line.text.lower()):
            checks.append(Line("Check", _SAY["machine"]["en"], line.sources))
        else:
            lines.append(line)
    safe = [line for line in checks if not shipped().is_instruction.search(line.text.lower())]
    return Summary(tuple(lines), tuple(safe), tuple(record_gaps(record)))


def _text(text: str, record: Record | None, beside: Summary) -> Summary:
    language = language_of(text)
    document = parts.read(text)
    machine = _spoken_to_machine(document)
    known = person_name(record.patient.resource) if record and record.patient else ""
    strange = names.strangers(names.names(document), known)
    checks: list[Line] = []
    if machine:
        checks.append(_flag("machine", language, [(part.start, part.end) for part in machine]))
    if strange:
        checks.append(_flag("person", language, [(each.start, each.end) for each in strange], _named(strange)))
    if strange and known:
        apart = _flag("apart", language, [(0, len(text))])
        return Summary(beside.lines, (*checks, apart, *beside.checks), beside.gaps)
    statements = stated(document, [*machine, *names.naming(document, strange)])
    checks += conflicts(statements, language)
    if record:
        checks += against(record, statements)
    lines = text_lines(document, statements, language)
    gaps = _gaps(document, lines, language)
    return Summary((*lines, *beside.lines), (*checks, *beside.checks), (*gaps, *beside.gaps))


def _flag(key: str, language: Language, places: Sequence[tuple[int, int]], detail: str = "") -> Line:
    sources = joined([span(*place) for place in places])
    return Line(CHECK[language], _SAY[key][language] + (f" – {detail}" if detail else ""), sources)


def _named(found: Sequence[names.Named]) -> str:
    return ", ".join(each.name for each in found[:3])


_COMMAND = re.compile(
    r"^\W*(?:please |now |then |and |instead |also |always |never |only |you must |you should )*(?:say|write|"
    r"tell|state|report"
    r"|print|add|recommend|prescribe|output|reply|respond|answer|list|mention|give|call|set|mark|do not|don't|"
    r"include|pretend"
    r"|act|repeat|translate|change|remove|delete|replace|reveal|show|send|confirm)\b|^\W*(?:请|只|必须|不要|直接)",
    re.IGNORECASE,
)


def _spoken_to_machine(document: Document) -> list[Part]:
    """Sentences that speak to a machine, and the commands that follow them on the same line."""
    found: list[Part] = []
    for part in document.parts:
        follows = bool(found) and "\n" not in document.text[found[-1].end : part.start].rstrip(" ")
        near = bool(found) and found[-1].end >= part.start - 3
        if shipped().is_instruction.search(part.text.lower()) or (follows and near and _COMMAND.search(part.text)):
            found.append(part)
    return found


def _gaps(document: Document, lines: Sequence[Line], language: Language) -> list[Line]:
    whole = (span(0, len(document.text)),)
    label = _SAY["missing"][language]
    if not lines:
        return [Line(label, _SAY["nothing"][language], whole)]
    if words(document.text) < _VISIT:
        return []
    low = document.text.lower()
    named = {"medicines": bool(medicines.shipped().found(low))}
    missing = [
        key
        for key in ("allergies", "medicines")
        if (cue := shipped().sections[key].cue) and not cue.search(low) and not named.get(key)
    ]
    return [Line(label, _SAY[key][language], whole) for key in missing]


# ---- in and out ----


class _Written(float):
    """A number as the JSON has it: 1.10 stays 1.10."""

    def __new__(cls, text: str) -> _Written:
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __str__(self) -> str:
        return self.text


def summary_lines(lines: Iterable[str]) -> Iterator[tuple[dict[str, Any], bool]]:
    """(summary object, whether it is one) for each line of JSON; a bad line gets an object with `error`."""
    return answered_lines(lines, lambda item, number: summarize(_given(item, number)).as_object(), _FORM, _Written)


def _given(item: dict[str, Any], number: int) -> Given:
    text, bundle = item.get("text"), item.get("bundle")
    if text is None and bundle is None:
        raise InputError("line_invalid", f"Line {number} has neither 'text' nor 'bundle'.", _FORM)
    if not isinstance(text, str | None):
        raise InputError("line_invalid", f"Line {number}: 'text' must be a string.", _FORM)
    if not isinstance(bundle, dict | None):
        raise InputError("line_invalid", f"Line {number}: 'bundle' must be an object.", _FORM)
    return Given(text, bundle)


def read_file(path: str) -> Given:
    """What is in a file, or on standard input for `-`: a bundle where it is JSON, else a text.

    Raises InputError: `file_missing`, `file_unreadable`, `bundle_unreadable`, and those of `Given`.
    """
    if path == "-":
        text = sys.stdin.read()
    else:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise InputError("file_missing", f"There is no file {path}.", "Give a bundle or a note.") from None
        except (OSError, ValueError):
            advice = "Give a FHIR bundle (.json) or a text in UTF-8."
            raise InputError("file_unreadable", f"The file {path} cannot be read.", advice) from None
    if not path.lower().endswith(".json") and not text.lstrip().startswith("{"):
        return Given(text)
    try:
        return Given(bundle=json.loads(text, parse_float=_Written))
    except (ValueError, RecursionError):
        if not path.lower().endswith(".json"):
            return Given(text)
        advice = "Give a FHIR R4 bundle."
        raise InputError("bundle_unreadable", f"The file {path} is not JSON.", advice) from None


_SHOWN = 4


def print_summary(given: Given, show: Callable[[str], None]) -> None:
    """The summary for a reader at a terminal: a line, and behind it where it stands. Raises as `summarize`."""
    for line in summarize(given).all():
        shown = [_place(source, given.text) for source in line.sources[:_SHOWN]]
        more = " …" if len(line.sources) > _SHOWN else ""
        show(f"{line}  [{', '.join(dict.fromkeys(shown))}{more}]")


def _place(source: str, text: str | None) -> str:
    """`text:12-40` as the line of the text that it is on."""
    found = re.fullmatch(r"text:(\d+)-(\d+)", source)
    if not found or text is None:
        return source
    return f"line {text.count(chr(10), 0, int(found[1])) + 1}: {found[1]}-{found[2]}"
