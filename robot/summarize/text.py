"""A note or a conversation as lines."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.summary import shipped
from robot.events import Language
from robot.summarize import dialogue, note
from robot.summarize.choose import budget, choose
from robot.summarize.lines import Line, joined, span
from robot.summarize.parts import Document, Part
from robot.summarize.statement import Statement, label
from robot.summarize.weigh import words

_COMMA = ("，", ",")
_JOINED = 70
"""Words up to which statements of one kind share a line."""


def language_of(text: str) -> Language:
    """Chinese where a fifth of the letters are."""
    letters = sum(character.isalpha() for character in text[:20_000])
    chinese = sum("㐀" <= character <= "鿿" for character in text[:20_000])
    return "zh" if chinese * 5 > letters and letters else "en"


def stated(document: Document, without: Sequence[Part] = ()) -> list[Statement]:
    """All that the text states, in its order, but for the parts `without`."""
    out = {part.start for part in without}
    parts = [part for part in document.parts if part.start not in out]
    return dialogue.statements(parts) if document.dialogue else note.statements(parts, document.text)


def text_lines(document: Document, statements: Sequence[Statement], language: Language) -> list[Line]:
    """The lines of the summary: by section, in each in the order of the text."""
    limit = budget(words(document.text))
    order = list(shipped().sections)
    chosen = sorted(choose(statements, limit), key=lambda each: (order.index(each.section), each.place))
    groups: list[list[Statement]] = []
    for statement in chosen:
        if groups and _together(document, groups[-1], statement):
            groups[-1].append(statement)
        else:
            groups.append([statement])
    return [_line(group, language) for group in groups]


def _together(document: Document, group: list[Statement], statement: Statement) -> bool:
    last = group[-1]
    if (last.section, last.how) != (statement.section, statement.how):
        return False
    near = statement.turn - last.turn <= 1 if last.how in ("says", "clinician", "family") else True
    if last.how == "written":
        return document.text[last.spans[-1][1] : statement.place] in _COMMA
    if last.how == "answers" or not near:
        return False
    return sum(words(each.text) for each in group) + words(statement.text) <= _JOINED


def _line(group: list[Statement], language: Language) -> Line:
    first = group[0]
    joint = (
        "，"
        if first.how == "written"
        else " "
        if first.how in ("says", "clinician", "family")
        else "；"
        if language == "zh"
        else "; "
    )
    sources = [span(start, end) for each in group for start, end in each.spans]
    return Line(label(first.section, first.how, language), joint.join(each.text for each in group), joined(sources))
