"""Which symptoms a text speaks of, and whether the patient has them: lay talk and doctors' notes, English and Chinese.

    "no fever, but my chest has been hurting since Monday"
       │             └─ chest_pain: present
       └─ fever: absent

A phrase of `dialogs/triage/symptoms/` is found in English when all its words stand near each other in a clause, in any
order, with any ending and with little words between them; in Chinese when it stands in the text as it is. What denies,
belongs to somebody else, is long past or only asked about is told from the words before it. Longer phrases win over
shorter ones inside them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from dialogs.triage import Symptom
from robot.events import Language

_LONGEST = 12_000
"""Characters that are read, about 2,000 English words; the red-flag screen reads all there is."""
_SPREAD = 3
"""Words more than the phrase has, among which it is looked for."""
_EMPTY = frozenset(
    "a an the my his her their your our its it i im ive is are was were be been being am do does did have has had"
    " having of to in on at for and or with that this there some any very really quite so too just also feel feels"
    " feeling felt get gets getting got gotten bit little lot kind sort like all me him them he she they we you from"
    " as by keep keeps keeping still now".split()
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[.!?;\n]+|[。！？；]")
_CHINESE = re.compile(r"[㐀-鿿]")
_FILLERS_ZH = re.compile(
    r"有点儿?|有一点儿?|一点儿?|稍微|特别|非常|很|太|十分|比较|老是|总是|经常|常常|一直|感觉|觉得|感到|出现|伴有?|"
    r"了|的|地|得|我|还|也|都|就|\s"
)

_DENIES_LIST = re.compile(
    r"\b(?:no|denies|denied|denying|without|negative for|absence of|free of|neither|none of|lack of|ruled? out|"
    r"(?:not|n't|never) (?:smoked?|drinks?|uses?|had|have|having|got|any|a|notice\w*|experienc\w*|complain\w* of|"
    r"report\w*))\b"
)
"""What denies everything of a list that follows."""
_DENIES_CLAUSE = re.compile(
    r"\b(?:not|non|never|nor|hardly|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't)\b"
)
"""What denies the rest of its own clause."""
_CLAUSE_END = re.compile(r",|\band\b|\bbut\b|:| - ")
_ENDS_DENIAL = re.compile(
    r"\b(?:but|except|however|although|though|yet|complains?|complaining|reports?|reporting|presents?|presenting|"
    r"developed|noticed|admits?|has had|there is|there are|he has|she has|i have|they have|he had|she had|i had|"
    r"because|since)\b"
)
_NO_DENIAL = re.compile(
    r"\b(?:not only|no doubt|no longer|not able|not sure why|no relief|not reliev\w+|not go(?:ing)? away|"
    r"not get(?:ting)? better|not improv\w+|not sleep\w*|not eat\w*|not drink\w*|without reliev\w+|no improvement|"
    r"not help\w*|no matter)\b"
)
_OTHERS = re.compile(
    r"\b(?:mother|father|mom|mum|dad|brother|sister|uncle|aunt|grand\w+|cousin|neighbou?r|friend|colleague|"
    r"family history|family hx|fh|fhx|wife|husband)\b(?! (?:says?|said|thinks?|thought|tells?|told|insists?|insisted|"
    r"made me|makes me|sent me|brought me|is worried|worries)\b)[^.;]{0,40}$"
)
"""Whose symptom it is. What relatives say of the patient's own ("my wife says it is nothing") stays the patient's."""
_PAST = re.compile(
    r"(?:(?<!days )(?<!day )(?<!weeks )(?<!week )(?<!months )"
    r"(?<!month )(?<!hours )(?<!hour )(?<!years )(?<!year )(?<!' )"
    r"\b(?:history of|hx of|h/o)|\b(?:pmh|in the past|years ago|as a child|previous(?:ly)?|used to))\b[^.;]{0,60}$"
)
_ONCE = re.compile(r"^\W*(?:\w+ ){0,3}had\b(?!.*\b(?:again|still|since|now)\b).*\b(?:years?|decades?) ago\W*$")
_ASKED = re.compile(
    r"\b(?:what (?:is|are|causes|helps)|what if|worried about (?:getting|having)|afraid of|risk of|prevent\w*|"
    r"avoid\w*|if (?:i|you|there))\b[^.;]{0,40}$"
)
_DENIES_ZH = re.compile(
    r"(?:没有?|无|未见?|否认|并无|不伴|从不|从未|不是|毫无)(?:明显|任何|什么|再|过|诉|出现|伴有?|有)*$"
)
_LIST_ZH = re.compile(r"[、及或和]")
_OTHERS_ZH = re.compile(
    r"(?:妈妈|爸爸|母亲|父亲|哥哥|姐姐|弟弟|妹妹|爷爷|奶奶|外公|外婆|家族史?|邻居|朋友|同事|亲戚)[^，。；、]{0,10}$"
)
_PAST_ZH = re.compile(r"(?:以前|从前|过去|曾经?|既往|小时候|[年月]前)[^，。；]{0,8}$")

Mode = Literal["present", "absent", "other", "past"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A symptom that a text speaks of, where its words stand in the text, and what is said of it.

    `other`: of somebody else, or only asked about; `past`: long ago.
    """

    symptom: str
    mode: Mode
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    symptom: str
    stems: tuple[str, ...]
    joined: bool
    """Whether "and" belongs to it ("pins and needles")."""
    literal: re.Pattern[str] | None
    """What must stand there as it is, where little words leave one that says nothing alone ("feeling down")."""


@dataclass(frozen=True)
class _Phrases:
    """Chinese phrases with what they mean; longer ones win."""

    symptoms: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, symptoms: Mapping[str, str]) -> _Phrases:
        low = {phrase.lower(): symptom for phrase, symptom in symptoms.items()}
        by_first: dict[str, list[str]] = defaultdict(list)
        for phrase in sorted(low, key=lambda phrase: (-len(phrase), phrase)):
            by_first[phrase[0]].append(re.escape(phrase[1:]))
        # By their first characters: the engine tries every alternative at every place, and there are a thousand.
        begins = "".join(map(re.escape, by_first))
        grouped = "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_first.items())
        return cls(low, re.compile(f"(?=[{begins}])(?:{grouped})" if by_first else r"(?!)"))


class FindingReader:
    """Reads texts; made once for the symptoms of a dialogs folder.

    `history` names the symptoms that count although they are long past (an operation, a known disease).
    """

    def __init__(self, symptoms: Mapping[str, Symptom], history: Iterable[str] = ()) -> None:
        self._history = frozenset(history)
        self._wider = {key: tuple(symptom.implies) for key, symptom in symptoms.items() if symptom.implies}
        self._by_stem: dict[str, list[_Phrase]] = defaultdict(list)
        seen: set[tuple[str, tuple[str, ...]]] = set()
        for key, symptom in symptoms.items():
            for phrase in symptom.en.say:
                stems = _stems(phrase)
                if stems and (key, stems) not in seen:
                    seen.add((key, stems))
                    rarest = max(stems, key=len)
                    words = _WORD.findall(phrase.lower())
                    exact = phrase.startswith("=") or (len(stems) == 1 and len(words) > 1)
                    literal = re.compile(rf"\b{'[ -]+'.join(map(re.escape, words))}\b") if exact else None
                    self._by_stem[rarest].append(_Phrase(key, stems, " and " in phrase, literal))
        whole = {phrase: key for key, symptom in symptoms.items() for phrase in symptom.zh.say}
        bare = {phrase: key for phrase, key in whole.items() if not _FILLERS_ZH.search(phrase)}
        self._zh = (_Phrases.of(whole), _Phrases.of(bare))
        """All phrases, for the text as it is; and those without little words, for the text without them."""

    def read(self, text: str, language: Language) -> list[Finding]:
        """The findings in `text`, in order; one for each place. Both languages are read, whichever it is in."""
        text = text[:_LONGEST]
        found = self._english(text)
        if _CHINESE.search(text):
            found += self._chinese(text)
        found += [
            replace(finding, symptom=wider)
            for finding in found
            if finding.mode == "present"
            for wider in self._wider.get(finding.symptom, ())
        ]
        return sorted(found, key=lambda finding: (finding.start, finding.end))

    # ---- English ----

    def _english(self, text: str) -> list[Finding]:
        found: list[Finding] = []
        low = text.lower().replace("’", "'")
        begin = 0
        for stop in [*(match.span() for match in _SENTENCE.finditer(low)), (len(low), len(low))]:
            if stop[0] > begin:
                found += self._sentence(low[begin : stop[0]], begin)
            begin = stop[1]
        return found

    def _sentence(self, sentence: str, offset: int) -> list[Finding]:
        words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(sentence)]
        content = [(_stem(word), start, end) for word, start, end in words if word not in _EMPTY]
        places: dict[str, list[int]] = defaultdict(list)
        for number, (stem, _, _) in enumerate(content):
            places[stem].append(number)
        hits: list[_Hit] = []
        for number, (stem, _, _) in enumerate(content):
            for phrase in self._by_stem.get(stem, ()):
                span = _near(phrase.stems, number, places)
                if phrase.literal is not None and not phrase.literal.search(sentence):
                    continue
                if span is not None and not _broken(sentence, content[span[0]][2], content[span[1]][1], phrase.joined):
                    hits.append(_Hit(span[0], span[1], phrase.symptom, frozenset(phrase.stems)))
        chosen = _longest(hits)
        return [
            Finding(
                hit.symptom,
                self._mode(sentence, content[hit.first][1], hit.symptom),
                offset + content[hit.first][1],
                offset + content[hit.last][2],
            )
            for hit in chosen
        ]

    def _mode(self, sentence: str, start: int, symptom: str) -> Mode:
        before = sentence[:start]
        if _OTHERS.search(before) and symptom != "sick_contact":
            return "other"
        if _ASKED.search(before):
            return "other"
        plain = _NO_DENIAL.sub(lambda match: " " * len(match[0]), sentence)[:start]
        cues = list(_DENIES_LIST.finditer(plain))
        if cues and not _ENDS_DENIAL.search(plain, cues[-1].end()):
            return "absent"
        cues = list(_DENIES_CLAUSE.finditer(plain))
        if cues and not _CLAUSE_END.search(plain, cues[-1].end()):
            return "absent"
        if symptom not in self._history and (_PAST.search(before) or _ONCE.search(sentence)):
            return "past"
        return "present"

    # ---- Chinese ----

    def _chinese(self, text: str) -> list[Finding]:
        low = text.lower()
        dropped = {place for match in _FILLERS_ZH.finditer(low) for place in range(*match.span())}
        kept = [place for place in range(len(low)) if place not in dropped]
        whole, bare = self._zh
        found = self._found_zh(low, range(len(low)), whole)
        found += self._found_zh("".join(low[place] for place in kept), kept, bare)
        return _outermost(found)

    def _found_zh(self, plain: str, places: Sequence[int], phrases: _Phrases) -> list[Finding]:
        found = []
        for match in phrases.pattern.finditer(plain):
            symptom = phrases.symptoms[match[0]]
            mode = self._mode_zh(plain, match.start(), symptom)
            found.append(Finding(symptom, mode, places[match.start()], places[match.end() - 1] + 1))
        return found

    def _mode_zh(self, plain: str, start: int, symptom: str) -> Mode:
        clause = re.split(r"[，。！？；：,.;!?\n]", plain[max(0, start - _CLAUSE) : start])[-1]
        if _OTHERS_ZH.search(clause):
            return "other"
        for part in _listed(clause):
            if _DENIES_ZH.search(part):
                return "absent"
        if symptom not in self._history and _PAST_ZH.search(clause):
            return "past"
        return "present"


_CLAUSE = 80
"""Characters before a finding that may speak of it."""


def _listed(clause: str) -> list[str]:
    """The beginnings of `clause` before each item of a list: 无发热、咳嗽 denies both."""
    cuts = [0, *(match.end() for match in _LIST_ZH.finditer(clause))]
    if len(cuts) == 1:
        return [clause]
    denied = _DENIAL_ANYWHERE.search(clause)
    return [clause, clause[: denied.end()]] if denied else [clause]


_DENIAL_ANYWHERE = re.compile(r"(?:没有?|无|未见?|否认|并无|不伴)(?:明显|任何|什么|再|过|诉|出现|伴有?|有)*")


def _near(stems: Sequence[str], at: int, places: Mapping[str, Sequence[int]]) -> tuple[int, int] | None:
    """First and last place of all `stems`, near place `at`; None where one is missing."""
    first = last = at
    reach = len(stems) - 1 + _SPREAD
    for stem in stems:
        near = [place for place in places.get(stem, ()) if abs(place - at) <= reach]
        if not near:
            return None
        best = min(near, key=lambda place: abs(place - at))
        first, last = min(first, best), max(last, best)
    return (first, last) if last - first <= reach else None


def _broken(sentence: str, end: int, start: int, joined: bool) -> bool:
    """Whether something between the first and the last word of a phrase takes them apart."""
    between = sentence[end:start] if start > end else ""
    return bool(_APART.search(between)) and not (joined and "," not in between)


_APART = re.compile(r",|\b(?:but|and|or|then)\b")


class _Hit(NamedTuple):
    first: int
    last: int
    symptom: str
    stems: frozenset[str]


def _longest(hits: Iterable[_Hit]) -> list[_Hit]:
    """Without those that say only a part of what another one says at the same place; each symptom and place once."""
    chosen: list[_Hit] = []
    for hit in sorted(set(hits), key=lambda hit: (-len(hit.stems), hit.last - hit.first, hit.first, hit.symptom)):
        inside = any(
            other.first <= hit.last
            and hit.first <= other.last
            and (hit.stems < other.stems or hit.symptom == other.symptom)
            for other in chosen
        )
        if not inside:
            chosen.append(hit)
    return chosen


def _outermost(found: Iterable[Finding]) -> list[Finding]:
    """Without those that lie inside a longer one."""
    chosen: list[Finding] = []
    for finding in sorted(found, key=lambda finding: (finding.start - finding.end, finding.start)):
        if not any(other.start <= finding.start and finding.end <= other.end for other in chosen):
            chosen.append(finding)
    return chosen


def _stems(phrase: str) -> tuple[str, ...]:
    words = [word for word in _WORD.findall(phrase.lower().replace("’", "'")) if word not in _EMPTY]
    return tuple(dict.fromkeys(_stem(word) for word in words))


@cache
def _stemmer() -> Any:
    import Stemmer  # compiled; imported with the first text

    return Stemmer.Stemmer("english")


@cache
def _stem(word: str) -> str:
    if word in _APART_FROM_STEM:
        return word
    stem: str = _stemmer().stemWord(word.removesuffix("'s"))
    return _SAME.get(stem, stem)


_APART_FROM_STEM = frozenset(("alcoholic", "tears", "hives", "stools", "boils", "boil"))
"""Words that the stemmer would make into others: an alcoholic is not alcohol, tears are not torn."""
_SAME = {"can't": "cannot", "cant": "cannot", "pain": "hurt", "ach": "hurt", "sore": "hurt", "hurt": "hurt"}
"""Words for pain: what hurts, aches and is painful is one thing."""
