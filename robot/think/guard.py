"""The last look at a sentence before it becomes sound: the never-list, the patient's hazards, the form, the evidence.

It knows no model and trusts none: whatever wrote a sentence, reviewed text included, the same rules hold. Rules that
compare with the evidence (`robot.think.claims`) hold for the rungs that write freely.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dialogs.never import Ban, NeverList, forbidden
from robot.events import Language, Passage, Sentence
from robot.think.claims import ClaimCheck
from robot.think.figures import FigureReader

_FREE_RUNGS = frozenset({"gpt", "embedded"})
_CLAUSE = re.compile(r"[.;:!?。；：！？]|\b(?:but|then)\b|但是|然后|可是")
_MARKUP = re.compile(r"[*_#<>{}\[\]|`~^\\=@]|https?:|www\.|</|&[a-z]+;")
_UNSPEAKABLE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn"))
_STOPS = frozenset(".!?。！？")
_LETTER = re.compile(r"[^\W_]")


class SentenceGuard:
    """Decides whether one sentence may be spoken to this patient.

    `hazards` are the patient's active hazards. `flagged` is set by whoever raised a red flag and stays until staff
    clear it; while it is set nothing reassuring may be said. `claims` may be shared by many guards: what it read of a
    passage it need not read again.
    """

    def __init__(
        self, never: NeverList, hazards: frozenset[str] = frozenset(), *, claims: ClaimCheck | None = None
    ) -> None:
        self.flagged = False
        self._hazards = hazards
        self._claims = claims or ClaimCheck(FigureReader(never.units))
        self._longest: dict[Language, int] = {"en": never.en.longest, "zh": never.zh.longest}
        self._rules = [(rule, ban, _Matcher(ban, never)) for rule, ban in never.never.items()]
        self._rules += [
            (f"hazard.{key}", ban, _Matcher(ban, never)) for key, ban in never.hazards.items() if key in hazards
        ]

    def check(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        """Ids of the rules that forbid `sentence`, each once; empty: it may be spoken.

        `never.*` and `hazard.*` come from `dialogs/never.yaml`, `hazard.*` also from the evidence's own `never_if`;
        for freely written sentences there are `evidence.missing` and those of `ClaimCheck`; `form.*` is about the text.
        """
        text = _plain(sentence.text)
        broken = [*self._form(sentence)]
        for rule, ban, matcher in self._rules:
            if sentence.rung not in ban.rungs or (ban.when == "flagged" and not self.flagged):
                continue
            if matcher.found(text):
                broken.append(rule)
        broken += [f"hazard.{hazard}" for hazard in sorted(self._forbidden_by(sentence, evidence))]
        if sentence.rung in _FREE_RUNGS:
            if not evidence:
                broken.append("evidence.missing")
            if not any(_is_sentence_of(sentence.text, passage.text) for passage in evidence):
                broken += self._claims.broken(sentence.text, evidence)
        return tuple(dict.fromkeys(broken))

    def _form(self, sentence: Sentence) -> list[str]:
        text = sentence.text
        broken = []
        if not _LETTER.search(text):
            broken.append("form.empty")
        if len(text) > self._longest[sentence.language]:
            broken.append("form.length")
        if not text.isprintable() and any(unicodedata.category(char) in _UNSPEAKABLE for char in text):
            broken.append("form.control")
        if _MARKUP.search(text):
            broken.append("form.markup")
        return broken

    def _forbidden_by(self, sentence: Sentence, evidence: Sequence[Passage]) -> frozenset[str]:
        """Hazards of the patient under which the passages behind the sentence must not be said."""
        own = [passage for passage in evidence if passage.id == sentence.topic]
        used = own if sentence.rung == "passage" and own else evidence
        return frozenset(hazard for passage in used for hazard in passage.never_if & self._hazards)


class _Matcher:
    """One ban in both languages; a sentence may mix them."""

    def __init__(self, ban: Ban, never: NeverList) -> None:
        self._english = [forbidden(never.en, ban.en)]
        self._both = [*self._english, forbidden(never.zh, ban.zh)]

    def found(self, text: str) -> bool:
        """Whether the ban is broken anywhere in `text`."""
        for banned, unless in self._english if text.isascii() else self._both:
            for match in banned.finditer(text):
                start = match.start() + len(match[0]) - len(match[0].lstrip(" ,.;:!?。"))
                clause = _CLAUSE.split(text[:start])[-1]
                if not unless.search(clause):
                    return True
        return False


def _is_sentence_of(text: str, passage: str) -> bool:
    """Whether `text` stands in `passage` word for word, from the beginning of a sentence to the end of one.

    A part of a sentence may say the opposite of the whole ("do not …", "1.5 g"), so nothing less will do.
    """
    at = passage.find(text)
    if at < 0 or text[-1:] not in _STOPS or not (text[0].isupper() or text[0] > "\u2fff"):
        return False
    before = passage[:at]
    return not before or before[-1] in "。！？" or (before[-1] == " " and before[-2:-1] in _STOPS)


def _plain(text: str) -> str:
    """Lower case, straight apostrophes written out, full-width letters narrow, single spaces."""
    low = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    low = low.replace("won't", "will not").replace("can't", "cannot").replace("n't", " not")
    low = low.replace("i'm", "i am").replace("'re ", " are ").replace("'ve ", " have ").replace("'ll ", " will ")
    return re.sub(r"\s+", " ", low).strip()
