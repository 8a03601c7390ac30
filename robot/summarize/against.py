"""What a text says against the record: allergies, medicines and problems that only one of them has, sex, names.

What the text says stays the text's; the record is not corrected by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogs import medicines
from robot.summarize.conflicts import AN_ALLERGY, SEX, an_allergy, no_allergies
from robot.summarize.lines import Line, joined, span
from robot.summarize.record import Entry, Record
from robot.summarize.record_checks import allergic
from robot.summarize.record_lines import active_medicines, current, medicine_name
from robot.summarize.statement import Statement

_MOST = 4
_SEXES = {"female": "female", "woman": "female", "lady": "female", "girl": "female", "女": "female"}


def against(record: Record, statements: Sequence[Statement]) -> list[Line]:
    """Lines that name both sides, each with its sources in the text and in the record."""
    return [
        *_allergies(record, statements),
        *_medicines(record, statements)[:_MOST],
        *_problems(record, statements)[:_MOST],
        *_sex(record, statements),
    ]


def _line(text: str, statement: Statement, entries: Sequence[Entry], record: Record) -> Line:
    places = [span(*each) for each in statement.spans]
    return Line("Check", text, joined([*places, *([entry.ref for entry in entries] or [record.source])]))


def _allergies(record: Record, statements: Sequence[Statement]) -> list[Line]:
    known = [
        each for each in current(record, "AllergyIntolerance") if each.name and not AN_NONE.search(each.name.lower())
    ]
    lines = []
    none = next((each for each in statements if no_allergies(each)), None)
    if none and known:
        names = ", ".join(each.name for each in known[:5])
        lines.append(
            _line(f"the text says no allergies ({none.text}), the record has {names}", none, known[:5], record)
        )
    told: set[str] = set()
    for each in statements:
        what = an_allergy(each)
        first = re.split(r"\W+", what)[0]
        if what and first not in told and not any(first in entry.name.lower() for entry in known):
            told.add(first)
            lines.append(_line(f"an allergy of the text is not in the record: {each.text}", each, (), record))
        lines += [
            _line(f"allergy of the text against active medicine: {each.text} – {name}", each, [entry], record)
            for entry in active_medicines(record)
            if what and allergic(name := medicine_name(entry, {}), what)
        ]
    return lines[:_MOST]


AN_NONE = re.compile(r"\bno (?:known )?|\bnkd?a\b|无")


def _medicines(record: Record, statements: Sequence[Statement]) -> list[Line]:
    """Medicines that are taken by the text and not by the record."""
    active = " ".join(medicine_name(entry, {}) for entry in active_medicines(record)).lower()
    lines: list[Line] = []
    told: set[str] = set()
    for each in statements:
        low = each.text.lower().rpartition(" – ")[2] if each.how == "answers" else each.text.lower()
        if each.section == "plan" or each.how in ("denies", "family_denies"):
            continue
        if AN_ALLERGY.search(low) or _NOT_TAKEN.search(low):
            continue
        for name in sorted(medicines.shipped().found(low)):
            if name not in told and name not in active and name not in _KINDS:
                told.add(name)
                lines.append(_line(f"the record has no active {name}: {each.text}", each, (), record))
    return lines


_NOT_TAKEN = re.compile(r"\b(?:no|not|never|stopped|denies|denied|n't|prescribe|start|could|might|if)\b|停用|未|否认")
_KINDS = frozenset(("steroid", "antibiotic", "statin", "nicotine", "抗生素", "安眠药"))


def _problems(record: Record, statements: Sequence[Statement]) -> list[Line]:
    """Problems of the record that the patient denies."""
    lines = []
    for entry in current(record, "Condition"):
        name = re.sub(r"\s*\((?:disorder|finding|situation)\)", "", entry.name).lower()
        words = [word for word in re.findall(r"[a-z]{5,}|[一-鿿]{2,}", name) if word not in _PLAIN]
        for each in statements:
            low = each.text.lower()
            if words and each.how == "denies" and "–" not in low and all(word in low for word in words):
                lines.append(
                    _line(
                        f"denied in the text ({each.text}), active in the record: {entry.name}", each, [entry], record
                    )
                )
                break
    return lines


_PLAIN = frozenset("essential primary chronic acute localized disorder finding mellitus benign type".split())


def _sex(record: Record, statements: Sequence[Statement]) -> list[Line]:
    sex = record.patient.resource.get("gender") if record.patient else None
    if record.patient is None or sex not in ("female", "male"):
        return []
    for each in statements:
        found = SEX.search(each.text.lower()) if each.section != "family" else None
        said = next(filter(None, found.groups())) if found else None
        if said and _SEXES.get(said, "male") != sex:
            return [_line(f"the record says {sex}, the text says {said}", each, [record.patient], record)]
    return []
