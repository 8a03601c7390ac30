"""Sentences out of a stream of text, each handed on the moment its end is certain.

Most splitters wait for the token after the full stop; that costs a token's time before the first word can be spoken.
Here the text before the stop decides. The splitter waits for the next character only after

- a digit (`1.` may become `1.5`), a single letter (`e.` may become `e.g.`) and inside an address (`www.`);
- an ellipsis and an abbreviation that may end a sentence (`a.m.`, `etc.`): a capital letter must follow;
- a stop inside an open quotation or bracket, whose closing mark belongs to the sentence;
- a line break, which ends a sentence only before an empty line or an item of a list.

Everything else is decided character by character, so the sentences do not depend on how the stream was cut. One
exception: a run like `?!` or `...` that arrives in two pieces; what comes late then begins the next sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from robot.events import Language

LIMIT = 220
"""Characters after which a sentence without an end is cut: about 15 s of speech at 150 words a minute."""

_STOPS = frozenset(".!?…。！？")
_CLOSERS = frozenset("\"'”’」』)）]】》*_")
_PAIRS = (("“", "”"), ("「", "」"), ("『", "』"), ("(", ")"), ("（", "）"), ("[", "]"), ("【", "】"))
_CLAUSE_ENDS = frozenset(",;:，、；：")

_ABBREVIATIONS = {
    "never end a sentence": "dr mr mrs ms prof st vs e.g i.e cf fig approx dept incl",
    "end one if a capital letter follows": "a.m p.m etc u.s u.k e.u ph.d m.d tbsp tsp oz lb lbs hr hrs mins "
    "jan feb mar apr jun jul aug sep sept oct nov dec",
}
_GOES_ON, _MAY_END = (frozenset(words.split()) for words in _ABBREVIATIONS.values())

_LETTERED = frozenset(("vitamin", "vitamins", "hepatitis", "type", "group", "grade", "stage", "plan", "influenza"))
"""Words after which a single capital letter is a name (vitamin C), not somebody's initial."""

_NOTEWORTHY = re.compile(r"[\n.!?…。！？；]")
"""Nothing but these begins the end of a sentence: a piece without them is only added."""

_LIST_NUMBER = re.compile(r"\s*\(?\d{1,2}\.\)?")
_ADDRESS = re.compile(r"https?:|www\b|.*[@/]", re.IGNORECASE)

_Wait = Literal["no", "digit", "letter", "capital", "closer", "line"]


class SentenceSplitter:
    """One stream of text in `language`; see the module for the rules.

    Nothing is lost or added: the sentences joined are the text pushed, up to white space at their ends.
    """

    def __init__(self, language: Language) -> None:
        self._stops = _STOPS | {"；"} if language == "zh" else _STOPS
        self._text = ""
        self._wait: _Wait = "no"
        self._complete = False
        self._line = 0
        """Where the last line break is, while it is not known whether it ends the sentence."""

    def push(self, piece: str) -> list[str]:
        """The sentences that are certainly complete with `piece`, stripped, in order; often none."""
        if self._wait == "no" and len(self._text) + len(piece) <= LIMIT and not _NOTEWORTHY.search(piece):
            self._text += piece
            return []
        sentences: list[str] = []
        for index, character in enumerate(piece):
            if self._wait != "no":
                ended = self._ends_before(character)
                if ended:
                    sentences += self._take(self._line if self._wait == "line" else len(self._text))
                if ended is not None:
                    self._wait = "no"
            self._text += character
            self._wait = self._after(character, piece[index + 1 : index + 2])
            if self._wait == "no" and self._complete:
                sentences += self._take(len(self._text))
            elif len(self._text) > LIMIT:
                self._wait = "no"
                sentences += self._take(_cut(self._text, LIMIT))
        return sentences

    def flush(self) -> list[str]:
        """The stream is over: what is left, if anything. The splitter is as new."""
        rest, self._text, self._wait = self._text.strip(), "", "no"
        return [rest] if rest else []

    def _after(self, character: str, following: str) -> _Wait:
        """What to wait for now that `character` was appended; sets `_complete` when the sentence ends here."""
        self._complete = False
        if character == "\n" and self._wait == "no":
            self._line = len(self._text)
            return "line"
        if character.isspace() or (self._wait == "line" and character.isdigit()):
            return self._wait
        if self._wait != "no" and character in _CLOSERS:
            if self._wait == "closer" and following not in _CLOSERS and not self._open():
                self._complete = True
                return "no"
            return self._wait
        if character not in self._stops:
            return "no"
        wait = self._wait if self._wait == "capital" else self._stop(character)
        if wait == "no" and self._complete and (self._open() or (following and following in self._stops | _CLOSERS)):
            self._complete = False
            return "capital" if following and following in ".…" and character in ".…" else "closer"
        return wait

    def _stop(self, character: str) -> _Wait:
        """Is the stop that was just appended the end?"""
        before = self._text[:-1]
        token = re.split(r"[\s(（“\"「]", before)[-1]
        if character in ".?!" and _ADDRESS.match(token):
            return "letter"
        if character == "…":
            return "capital"
        if character == ".":
            word = token.lower()
            if token[-1:].isdigit():
                return "digit"
            if word in _GOES_ON or self._initial(token, before):
                return "no"
            if word in _MAY_END:
                return "capital"
            if token[-1:].isascii() and re.search(r"(?:^|[^A-Za-z])[A-Za-z]$", token):
                return "letter"
        self._complete = True
        return "no"

    @staticmethod
    def _initial(token: str, before: str) -> bool:
        if not re.fullmatch(r"[A-Z]", token):
            return False
        previous = before[:-1].split()[-1:]
        return not previous or (previous[0][0].isupper() and previous[0].lower() not in _LETTERED)

    def _open(self) -> bool:
        """Is a quotation or a bracket open?"""
        return self._text.count('"') % 2 == 1 or any(
            self._text.count(opening) > self._text.count(closing) for opening, closing in _PAIRS
        )

    def _ends_before(self, character: str) -> bool | None:
        """Is the sentence that waits over before `character`? None: still not known."""
        if self._wait == "line":
            if character != "\n" and (character.isspace() or character.isdigit()):
                return None
            numbered = self._text[-1:].isdigit() and character in ".)、"
            return numbered or character in "\n-*•#"
        if character in _CLOSERS:
            return None
        if self._wait == "digit":
            return not character.isdigit() and not _LIST_NUMBER.fullmatch(self._text.rpartition("\n")[2])
        if self._wait == "letter":
            return character.isspace() or not character.isascii()
        if self._wait == "capital":
            if character.isspace() or character in self._stops:
                return None
            return not (character.islower() or character.isdigit() or character in ",;:-–—，；：")
        return None if character in self._stops else True

    def _take(self, end: int) -> list[str]:
        """Hand out the text before `end`, if there is a word in it; marks alone wait for the next sentence."""
        sentence = self._text[:end].strip()
        self._complete = False
        if not any(character.isalnum() for character in sentence):
            return []
        self._text = self._text[end:]
        return [sentence]


def clauses(text: str, shortest: int = 24, longest: int = 120) -> Iterator[tuple[int, int]]:
    """Start and end of the parts of `text` that can be spoken one after the other; together they are `text`.

    A part ends after the first clause mark beyond `shortest` characters, at the latest at `longest`; a third of that
    in Chinese, where a character is a syllable.
    """
    if any("\u4e00" <= character <= "\u9fff" for character in text):
        shortest, longest = shortest // 3, longest // 3
    start = 0
    while start < len(text):
        end = min(len(text), start + longest)
        for index in range(start + shortest, end):
            mark = text[index - 1]
            if (mark in _CLAUSE_ENDS or mark in _STOPS) and (ord(mark) > 0x2000 or text[index].isspace()):
                end = index
                break
        else:
            if end < len(text):
                end = start + _cut(text[start:], longest)
        yield start, end
        start = end


def _cut(text: str, limit: int) -> int:
    """Where to cut a text that is too long: after the last clause mark, else space, in its second half."""
    window = text[:limit]
    marks = [
        index
        for index in range(limit // 2, limit)
        if window[index] in _CLAUSE_ENDS and not text[index + 1 :][:1].isdigit()
    ]
    if marks:
        return marks[-1] + 1
    space = window.rfind(" ", limit // 2)
    return space + 1 if space > 0 else limit
