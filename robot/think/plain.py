"""A patient's words in the plain form that patterns are written for, and in the ways they may have been meant.

Read first as they stand; then without what was said twice ("I can't, can't breathe"); then with words put back that
recognizers mistake for others ("chess pain"), all at once and one by one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from dialogs.redflags import RedFlags

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+(?:['’][a-z]+)*|[\u3400-\u9fff]+|([.!?。！？\n])|([^\s\w])")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("她"): ord("他")}
"""Narrow letters for wide ones, and one word for he and she: they sound the same."""
_TWICE = re.compile(r"((?![爸妈爷奶哥姐弟妹宝娃常刚天])[\u3400-\u9fff]|[\u3400-\u9fff]{2,4}?)(?:\s*\1)+")
"""Chinese said twice in a row, but for words that are made so."""
_LONG_SENTENCE = 160
_AHEAD = 6
_STOP, _COMMA = 1, 2
_MOST_MISHEARD = 6
_LONG = 400
"""Characters from which on words are put back all at once and no longer one by one."""


class Reader:
    """What is taken out of a text before it is searched, and what may stand in it for another word."""

    def __init__(self, redflags: RedFlags) -> None:
        phrases = [tuple(filler.split()) for filler in redflags.en.fillers]
        self.words = frozenset(phrase[0] for phrase in phrases if len(phrase) == 1)
        self.phrases: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for phrase in sorted(phrases, key=len, reverse=True):
            if len(phrase) > 1:
                self.phrases[phrase[0]].append(phrase)
        self.leads = {phrase[0] for phrase in phrases if len(phrase) > 1 and self.words.issuperset(phrase[1:])}
        """Words that only lead to a hesitation: like, um."""
        self.chinese = _any_of(redflags.zh.fillers)
        self._meant: dict[str, list[str]] = defaultdict(list)
        for grammar in (redflags.en, redflags.zh):
            for meant, written in grammar.heard_as.items():
                for each in written:
                    self._meant[each].append(meant)
        self._chinese_mistaken = _any_of(each for each in self._meant if each[0] >= "\u3400")

    def readings(self, text: str) -> Iterator[PlainText]:
        """The ways to read `text`, the likeliest first; each differs from those before it."""
        plain = PlainText(text, self)
        yield plain
        once = PlainText(text, self, once=True)
        if once.text != plain.text:
            yield once
        pairs = self._mistaken(plain)
        if pairs:
            yield PlainText(text, self, once=True, put_back=dict(pairs))
        if len(pairs) > 1 and len(text) < _LONG:
            # Not every word that could have been misheard was: each is put back alone too.
            for mistaken, meant in pairs[:_MOST_MISHEARD]:
                yield PlainText(text, self, once=True, put_back={mistaken: meant})

    def _mistaken(self, plain: PlainText) -> list[tuple[str, str]]:
        """What stands in a text and is written for other words, each with such a word."""
        found = [word for word, _ in plain.words if word in self._meant]
        if plain.chinese:
            found += self._chinese_mistaken.findall(plain.text)
        return [(written, meant) for written in dict.fromkeys(found) for meant in self._meant[written]]


class PlainText:
    """A text as the patterns expect it: lower case, no fillers, no apostrophes, single spaces, none inside Chinese.

    A full stop of any kind stays as " . "; lesser punctuation leaves only a mark that ends a clause. `once` leaves out
    what was said twice in a row; `put_back` writes its values for its keys.
    """

    def __init__(
        self, text: str, reader: Reader, *, once: bool = False, put_back: Mapping[str, str] | None = None
    ) -> None:
        low = _lower(text, reader)
        if once and not low.isascii():
            low = _TWICE.sub(lambda found: found[1] + " " * (len(found[0]) - len(found[1])), low)
        self.put_back: list[tuple[int, int]] | None = None if put_back is None else []
        """Where words were put back: only a match that needs one of them counts."""
        changed: frozenset[int] = frozenset()
        if put_back and not low.isascii():
            low, changed = _put_back_chinese(low, put_back)
        self.given = low
        """The text as it was given, in small letters."""
        self.words: list[tuple[str, int]] = []
        self.marks: list[int] = [0]
        self.stops: list[int] = [0]
        self.chinese = False
        self._starts: list[int] = []
        self._origins: list[tuple[int, int]] = []
        self._parts: list[str] = [" "]
        self._at = 1
        joined = False
        last = ""
        for token in _without_phrases(_tokens(low, reader), reader):
            kind, word = token.lastindex, token[0]
            if kind == _COMMA:
                self.marks.append(self._at)
                continue
            meant = put_back.get(word, word) if put_back else word
            if once and meant == last and kind is None:
                continue
            last = meant
            if kind == _STOP:
                self.marks.append(self._at)
                self.stops.append(self._at)
                joined = self._lay("." if kind == _STOP else word, token, joined=False)
                continue
            if self.put_back is not None and meant != word:
                self.put_back.append((self._at, self._at + len(meant)))
            joined = self._lay(meant.replace("'", "").replace("’", ""), token, joined=joined, changed=changed)
        self.text = "".join(self._parts)

    def _lay(self, word: str, token: re.Match[str], *, joined: bool, changed: frozenset[int] = frozenset()) -> bool:
        """Put `word` at the end, right behind the one before where both are Chinese; returns whether it is Chinese."""
        chinese = word[0] >= "\u3400"
        if chinese and joined:
            self._parts.pop()
            self._at -= 1
            self.marks[-1] = min(self.marks[-1], self._at)
        if changed and self.put_back is not None:
            shift = self._at - token.start()
            inside = [place + shift for place in range(*token.span()) if place in changed]
            self.put_back += [(place, place + 1) for place in inside]
        self._starts.append(self._at)
        self._origins.append(token.span())
        self._parts += (word, " ")
        if chinese:
            self.chinese = True
        else:
            self.words.append((word, self._at))
        self._at += len(word) + 1
        return chinese

    def clause(self, at: int) -> int:
        """Where the clause of position `at` begins."""
        return self.marks[bisect_right(self.marks, at) - 1]

    def clause_end(self, at: int) -> int:
        """Where the clause of position `at` ends."""
        index = bisect_right(self.marks, at)
        return self.marks[index] if index < len(self.marks) else len(self.text)

    def sentence(self, at: int) -> tuple[int, int]:
        """The sentence around position `at`; of a sentence without end only what stands near."""
        index = bisect_right(self.stops, at)
        end = self.stops[index] if index < len(self.stops) else len(self.text)
        return max(self.stops[index - 1], at - _LONG_SENTENCE), min(end, at + _LONG_SENTENCE)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the text as it was given."""
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(0, bisect_right(self._starts, end - 1) - 1)
        (first_start, _), (last_start, last_end) = self._origins[first], self._origins[last]
        if self.text[start] >= "\u3400":
            first_start += start - self._starts[first]
        if self.text[end - 1] >= "\u3400":
            last_end = last_start + end - self._starts[last]
        return first_start, last_end


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds any of `texts`, the longest first; with none of them, nothing."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))) or r"(?!)")


def _lower(text: str, reader: Reader) -> str:
    """Small letters, every character where it stood in `text`; Chinese fillers are blank."""
    low = text.lower()
    if len(low) != len(text):  # a few capitals have a longer small form
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    if low.isascii():
        return low
    return reader.chinese.sub(lambda found: " " * len(found[0]), low.translate(_FULL_WIDTH))


def _put_back_chinese(low: str, put_back: Mapping[str, str]) -> tuple[str, frozenset[int]]:
    """The text with the Chinese of `put_back` in it, and where."""
    changed: set[int] = set()
    for written, meant in put_back.items():
        if written[0] >= "\u3400":
            changed.update(place for found in re.finditer(written, low) for place in range(*found.span()))
            low = low.replace(written, meant)
    return low, frozenset(changed)


def _tokens(low: str, reader: Reader) -> list[re.Match[str]]:
    """The words and marks of a text without its fillers, nor a word that leads to one."""
    every = list(_TOKEN.finditer(low))
    if reader.words.isdisjoint(token[0] for token in every):
        return every
    following = [*(token[0] for token in every[1:]), ""]
    return [
        token
        for token, after in zip(every, following, strict=True)
        if token[0] not in reader.words and not (token[0] in reader.leads and after in reader.words)
    ]


def _without_phrases(tokens: list[re.Match[str]], reader: Reader) -> Iterator[re.Match[str]]:
    """The tokens without filler phrases."""
    skip = 0
    for index, token in enumerate(tokens):
        if index < skip:
            continue
        if token[0] in reader.phrases:
            skip = _after_phrase(tokens, index, reader.phrases[token[0]])
            if skip:
                continue
        yield token


def _after_phrase(tokens: list[re.Match[str]], index: int, phrases: list[tuple[str, ...]]) -> int:
    """Index of the token after the filler phrase that begins at `index`; 0 when none does. Commas do not count."""
    ahead = [place for place in range(index, min(index + _AHEAD, len(tokens))) if tokens[place].lastindex != _COMMA]
    for phrase in phrases:
        places = ahead[: len(phrase)]
        if tuple(tokens[place][0] for place in places) == phrase:
            return places[-1] + 1
    return 0
