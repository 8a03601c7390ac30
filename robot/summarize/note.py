"""What a written note states: its sentences, each under the heading that it stands under, or by its own cues."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogs.summary import shipped
from robot.summarize.parts import Part
from robot.summarize.statement import Statement, section_of, tidy
from robot.summarize.weigh import tells

_HEAD = re.compile(r"^\s*(?:[#*•·-]+\s*)?(?:[（(]?[\d一二三四五六七八九十]{1,2}[)）.、]\s*)?(?P<name>[^:：\n]{1,40}?)\s*(?:\*\*)?(?P<mark>[:：]|$)")


def statements(parts: Sequence[Part]) -> list[Statement]:
    """The sentences that tell something clinical; a heading alone states nothing."""
    found: list[Statement] = []
    under: str | None = None
    for part in parts:
        section, rest = _heading(part.text)
        if section is not None:
            under = section
            if not re.search(r"\w", rest):
                continue
        elif _title(part.text):
            continue
        if not tells(part.text) and not (under in ("allergies", "medicines") and section is not None):
            continue
        text = tidy(rest if section is not None else re.sub(r"^\s*(?:[•·*-]|\d{1,2}[.)])\s+", "", part.text))
        where = under or section_of(text)
        found.append(Statement(where, "written", text, ((part.start, part.end),), part.turn))
    return found


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
    return (text.isupper() and len(text.split()) <= 5 and not re.search(r"\d", text)) or bool(
        re.fullmatch(r"[^.。,，;；]{1,30}[:：]", text)
    )
