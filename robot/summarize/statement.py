"""What a text states, before it is chosen: which section, who says it and how, its words, and where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dialogs.summary import shipped
from robot.events import Language

How = Literal[
    "written", "clinician", "says", "confirms", "denies", "answers", "family", "family_confirms", "family_denies"
]
"""`confirms`, `denies`: the words are the clinician's question, what is said of them is the patient's."""

HOW: dict[How, dict[Language, str]] = {
    "written": {"en": "", "zh": ""},
    "clinician": {"en": "clinician says", "zh": "医生说"},
    "says": {"en": "patient says", "zh": "患者说"},
    "confirms": {"en": "patient confirms", "zh": "患者确认"},
    "denies": {"en": "patient denies", "zh": "患者否认"},
    "answers": {"en": "asked and answered", "zh": "问答"},
    "family": {"en": "family says", "zh": "家属说"},
    "family_confirms": {"en": "family confirms", "zh": "家属确认"},
    "family_denies": {"en": "family denies", "zh": "家属否认"},
}

_LOST = re.compile(r"<(?:UNIN|INAUDIBLE\w*)\s*/?>|\[(?:inaudible|unintelligible|crosstalk)\]", re.IGNORECASE)
"""Words that nobody understood. They stay visible: one of them may have been a "not"."""
_TAG = re.compile(r"<[^<>]{0,40}>")
_FILLER = re.compile(r"(?<![\w-])(?:um+|uhm+|uh+|erm+|hmm+|mm+)(?![\w-])[ ,]*|[嗯呃]+[，、 ]?", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:(?:okay|ok|alright|all right|so|well|and|now|oh|great|good|then|but|also|i see|got it)\b[ ,.]*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A candidate for a line. `spans` are (start, end) in the text; `context` is read for terms but not shown."""

    section: str
    how: How
    text: str
    spans: tuple[tuple[int, int], ...]
    turn: int

    @property
    def place(self) -> int:
        return self.spans[0][0]


def tidy(text: str, *, opening: bool = False) -> str:
    """`text` without marks of the transcriber, fillers and spare blanks; `opening`: also without "okay, so" in front.

    No other word goes, and none is changed.
    """
    plain = _FILLER.sub("", _TAG.sub(" ", _LOST.sub(" […] ", text)))
    if opening:
        shorter = _OPENING.sub("", plain)
        plain = shorter if len(shorter.split()) > 1 else plain
    plain = re.sub(r"\s+(?=[,?;])", "", " ".join(plain.split()))
    return re.sub(r"(?:,\s*)+(?=,)", "", plain).strip(" ,-").removesuffix(" .").strip()


def section_of(text: str, *, among: frozenset[str] | None = None, default: str = "symptoms") -> str:
    """The section whose cues weigh most in `text`; long cues weigh more. `among`: no other section."""
    low = text.lower().replace("’", "'")
    best, most = default, 0.0
    for name, section in shipped().sections.items():
        if section.cue is None or (among is not None and name not in among):
            continue
        weight = section.weight * sum(1 + len(match[0]) / 20 for match in section.cue.finditer(low))
        if weight > most:
            best, most = name, weight
    return best


def label(section: str, how: How, language: Language) -> str:
    """What stands before the words of a line."""
    found = shipped().sections[section]
    name, said = (found.zh if language == "zh" else found.en), HOW[how][language]
    if not said:
        return name
    return f"{name}（{said}）" if language == "zh" else f"{name} ({said})"
