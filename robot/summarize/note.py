"""What a written note states: its sentences, each under the heading that it stands under, or by its own cues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogs.summary import shipped
from robot.summarize.parts import Part
from robot.summarize.statement import Statement, section_of, tidy
from robot.summarize.weigh import tells

_HEAD = re.compile(
    r"^\s*(?:[#*•·-]+\s*)?(?:[（(]?[\d一二三四五六七八九十]{1,2}[)）.、]\s*)?(?P<name>[^:：\n]{1,40}?)\s*(?:\*\*)?(?P<mark>[:：]|$)"
)


def statements(parts: Sequence[Part], document_text: str) -> list[Statement]:
    """The sentences of `document_text` that tell something clinical; a heading alone states nothing."""
    found: list[Statement] = []
    under: str | None = None
    whole = False
    line = 0
    for part in parts:
        section, rest = _heading(part.text)
        if section is not None:
            under, line = section, part.end
            whole = not re.search(r"\w", rest)  # a heading on a line of its own is over all that follows
            if whole:
                continue
        elif _title(part.text):
            under = None
            continue
        if part.text.endswith(("?", "？")) and section is None:
            continue  # a note does not ask; who asks there is no patient of ours
        if not tells(part.text) and section is None:
            continue
        text = tidy(rest if section is not None else re.sub(r"^\s*(?:[•·*-]|\d{1,2}[.)])\s+", "", part.text))
        where = _section(text, under, whole or "\n" not in document_text[line : part.start])
        found.append(Statement(where, "written", text, ((part.start, part.end),), part.turn))
    return found


def _section(text: str, under: str | None, holds: bool) -> str:
    """The heading of a sentence where that `holds`, else its cues; an allergy is one wherever it stands."""
    by_cues = section_of(text, default=under or "symptoms")
    if under is None or not holds:
        return by_cues
    return by_cues if by_cues == "allergies" and under in ("complaint", "symptoms", "history") else under


def _heading(text: str) -> tuple[str | None, str]:
    """The section that the beginning of `text` names as a heading, and what follows it."""
    match = _HEAD.match(text)
    if match is None or (not match["mark"] and len(text.split()) > 6):
        return None, text
    name = match["name"].strip(" *#").lower()
    for key, section in shipped().sections.items():
        if section.heading.fullmatch(name):
            return key, text[match.end() :].strip(" *")
    return None, text


def _title(text: str) -> bool:
    """Whether it is a heading that we do not know: capitals, or a few words and a colon."""
    if re.fullmatch(
        r"(?:[（(]?[\d一二三四五六七八九十]{1,2}[)）.、])?\s*[㐀-鿿]{1,12}(?:检查|查体|检验|情况|体征|结果|摘要|史)",
        text,
    ):
        return True
    return (text.isupper() and len(text.split()) <= 5 and not re.search(r"\d", text)) or bool(
        re.fullmatch(r"[^.。,，;；]{1,30}[:：]", text)
    )
