"""Whose note it is: the names under which a text speaks of its patient.

"Re: John Smith" · "Patient: Smith, John" · "Ms. Mitchell" · "Anna Mitchell is a 44-year-old" · 姓名：张三
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from robot.summarize.parts import Document, Part

_NAME = r"[A-Z][A-Za-z'’-]+(?:,? (?:[A-Z]\.? )?[A-Z][A-Za-z'’-]+){0,2}"
_PATTERNS = (
    re.compile(
        rf"(?:^|\n)\W{{0,4}}(?:RE|Re|re|Patient(?:'s)?(?: [Nn]ame)?|PATIENT(?: NAME)?|Name|NAME)"
        rf"[ \t]*[:：][ \t]*(?P<name>{_NAME})"
    ),
    re.compile(rf"\b(?:Mrs?|Ms|Miss|Mx)\.? (?P<name>{_NAME})"),
    re.compile(r"(?P<name>[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){1,2}) is an? (?:\w+ )?\d+[- ]year"),
    re.compile(r"(?:姓名|患者姓名|病人姓名)\s*[:：]\s*(?P<name>[一-鿿]{2,4}|[A-Z][A-Za-z ]+)"),
)
_NO_NAME = frozenset(
    "the patient name follow visit unknown anonymous male female mr mrs ms dr doctor he she they this is was has who "
    "and reports presents states history consult referral note summary date age sex dob".split()
)
_RELATIVE = re.compile(
    r"\b(?:wife|husband|mother|father|son|daughter|sister|brother|"
    r"dr|doctor|nurse|neighbou?r)\W+(?:is )?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A name, and where it stands."""

    name: str
    start: int
    end: int


def names(document: Document) -> list[Named]:
    """The names of patients in a text, each once, in order. In a dialogue only how somebody is addressed counts."""
    found: dict[str, Named] = {}
    for pattern in _PATTERNS[1:2] if document.dialogue else _PATTERNS:
        for match in pattern.finditer(document.text):
            name = " ".join(match["name"].split())
            if tokens(name) and not _RELATIVE.search(document.text[max(0, match.start() - 20) : match.start()]):
                found.setdefault(name, Named(name, match.start("name"), match.end("name")))
    return sorted(found.values(), key=lambda each: each.start)


def tokens(name: str) -> frozenset[str]:
    """The words of a name in lower case, without figures; Chinese names whole."""
    words = re.findall(r"[a-z'’-]{2,}|[一-鿿]+", re.sub(r"\d", "", name.lower()))
    return frozenset(word for word in words if word not in _NO_NAME)


def same(one: str, other: str) -> bool:
    """Whether two names may be one person's: a word in common."""
    return bool(tokens(one) & tokens(other))


def strangers(found: Sequence[Named], known: str) -> list[Named]:
    """The names that are not `known`; without one, those that do not fit the first name of the text."""
    if not found:
        return []
    own = {*tokens(known or found[0].name)}
    if not known:
        for each in found:  # "Anna Mitchell", then "Ms. Mitchell", then "Anna"
            own |= tokens(each.name) if own & tokens(each.name) else set()
    return [each for each in found if not own & tokens(each.name)]


def naming(document: Document, found: Sequence[Named]) -> list[Part]:
    """The sentences that name one of these."""
    return [part for part in document.parts if any(each.name in part.text for each in found)]
