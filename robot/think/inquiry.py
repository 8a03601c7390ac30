"""What a person wants to know who writes a long question: the sentences that ask, and the kind of answer they ask for.

    "Hello. My father, 71, has gout since May. He lives alone. How is it treated? Thank you."
      gist   My father, 71, has gout since May. How is it treated?
      kinds  treatment

The kinds are the question types of MedQuAD (Ben Abacha and Demner-Fushman 2019), which follow those of the US National
Library of Medicine for consumers' questions.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_KINDS: dict[str, str] = {
    "information": r"what (?:is|are)|what's|information|info|tell me about|(?:learn|know) (?:more )?about|literature",
    "symptoms": r"symptom\w*|signs?|feels? like|looks? like",
    "causes": (
        r"caus(?:e|es|ed|ing)|why do(?:es)?|reasons?|due to|comes? from|how (?:did|do) (?:i|we|you|people) get(?! rid)"
    ),
    "exams and tests": r"diagnos\w+|test(?:s|ed|ing)?|exam\w*|scans?|biops\w+|detect\w*|screen\w*",
    "treatment": (
        r"treat\w*|cur(?:e|es|ed)|therap\w+|medic(?:ine|ines|ation|ations)|drugs?|remed\w+|manage\w*|get(?:ting)? rid"
        r"|surgery|operation|help (?:for|with)|reliev\w+|relief|heal\w*"
        r"|what (?:can|should|do) (?:i|we|he|she) (?:do|take|use)"
    ),
    "outlook": (
        r"prognosis|outlook|life expectancy|surviv\w+|how long .{0,20}\blive|fatal|recover\w*|long[- ]term|go away"
        r"|curable"
    ),
    "inheritance": r"inherit\w*|heredit\w+|genetic\w*|run in|pass(?:ed)? (?:it )?(?:on|down)|carriers?",
    "genetic changes": r"genes?|mutations?|chromosom\w+",
    "prevention": r"prevent\w*|avoid\w*|vaccin\w+|protect\w*",
    "susceptibility": r"risks?|who gets|likely to (?:get|develop)|contagious|catch|susceptib\w+",
    "complications": r"complications?|side effects?|leads? to",
    "frequency": r"how (?:common|rare|many people)|frequen\w+|prevalence",
    "considerations": r"diets?|eat(?:ing)?|foods?|live with|living with|cop(?:e|ing)|nutrition",
    "stages": r"stages?",
    "research": r"clinical trials?|research|stud(?:y|ies)",
    "support groups": r"support groups?|organi[sz]ations?",
}
_PATTERNS = {kind: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for kind, pattern in _KINDS.items()}
KINDS = tuple(_KINDS)

_SENTENCE = re.compile(r"(?<=[.?!。？！])\s*(?=\S)|\n+")
_ASKS = re.compile(
    r"[?？]|\b(?:what|how|why|which|who|when|is there|are there|can|could|should|would like|want to|need|please"
    r"|look(?:ing)? for|wonder\w*|does|do you)\b",
    re.IGNORECASE,
)
_MANNERS = re.compile(
    r"^\W*(?:hi|hello|dear|good (?:morning|day|evening)|thanks?|thank you|sincerely|regards|my name is)\b",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\[[A-Z]+\]")
"""What stands where a name or an address was taken out."""
_LONGEST = 160
"""Characters of the gist: what a sentence encoder computes in some milliseconds."""


@dataclass(frozen=True)
class Inquiry:
    """A question as it is searched."""

    text: str
    """All of it, without blanks."""
    gist: str
    """Its first sentence and those that ask, at most 160 characters."""
    kinds: frozenset[str]
    """Kinds of answers that it asks for, of `KINDS`."""


def inquiry(text: str) -> Inquiry:
    """What `text` asks; works on a few words as well as on a letter."""
    whole = _BLANKS.sub(" ", html.unescape(text))
    sentences = [found.strip() for found in _SENTENCE.split(whole) if found.strip()]
    told = [sentence for sentence in sentences if not _MANNERS.search(sentence)] or sentences
    asking = [sentence for sentence in told if re.search("[?？]", sentence)]
    asking = asking or [sentence for sentence in told if _ASKS.search(sentence)] or told
    gist = " ".join(dict.fromkeys([*told[:1], *asking]))
    kinds = frozenset(kind for kind, pattern in _PATTERNS.items() if pattern.search(" ".join([*told[:1], *asking])))
    # "What are the treatments" asks for nothing more general than treatments.
    return Inquiry(" ".join(whole.split()), gist[:_LONGEST], kinds - {"information"} or kinds)
