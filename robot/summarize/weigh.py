"""What a sentence tells a clinician, as weighed terms: medicines, figures, findings, times, then any other word."""

from __future__ import annotations

import re
from functools import lru_cache

from dialogs import medicines
from dialogs.summary import shipped
from dialogs.triage import load_triage

MEDICINE, AGE, FIGURE, CLINICAL, TIME, WORD = 3.0, 3.0, 1.6, 1.6, 1.0, 0.3

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_AGE = re.compile(r"\bhow old\b|\byears? old\b|\byear-old\b|\bdate of birth\b|\d岁|多大年纪|几岁")
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_NUMBER_WORDS = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand once twice half".split()
)
_TIME = frozenset(
    "day days week weeks month months year years hour hours minute minutes yesterday today tonight morning evening"
    " daily weekly monthly ago since january february march april may june july august september october november"
    " december monday tuesday wednesday thursday friday saturday sunday childhood birth always".split()
)
_TIME_ZH = re.compile(
    r"[\d一二三四五六七八九十半数两余]+(?:个)?(?:天|日|周|月|年|小时|分钟|岁|次)|昨|今晨|近日|突然|反复|持续"
)
STOP = frozenset(
    "a about after again all also am an and any anything are as ask at be because been before being but by can could"
    " did do does doing done down else even ever every for from get gets getting go goes going gon gonna good got had"
    " has have having he her here hers him his how i if in into is it its just kind know let like little look looks"
    " lot make maybe me mean mm more most much my na no not nt now of off oh ok okay on one only or other our out over"
    " pretty probably put quite really right s said say see seem she should so some something sometimes sort stuff such"
    " sure t take tell than that the their them then there these they thing things think this those though through to"
    " too um uh uhm up us use very want was way we well were what when where which while who why will with would yeah"
    " yes you your ve re ll d m wan need try come back great alright day time don doesn didn haven isn wasn i'm it's"
    " that's i've you're don't let's we're they're there's what's he's she's i'll we'll you've didn't can't".split()
)
_EVERYDAY = frozenset(
    "new old bad feel feeling felt hard light long low high water food home house people person child work working"
    " walk walking bit lot keep started start happen talk away turn move night day thought sense question"
    " questions story thing anything everything ask full make hope mind learn learning world interesting".split()
)
"""Words of symptom phrases that say nothing alone."""


_BRIEF = 2
"""Words of a phrase of which each one counts: longer ones are full of everyday words."""


@lru_cache(maxsize=1)
def _clinical() -> frozenset[str]:
    words = set(shipped().clinical.words)
    for symptom in load_triage().symptoms.values():
        for phrase in symptom.en.say:
            said = _WORD.findall(phrase.lower())
            words.update(word for word in said if len(word) > 3 and len(said) <= _BRIEF)
    return frozenset(words - STOP - _EVERYDAY)


@lru_cache(maxsize=8192)
def _bases(word: str) -> tuple[str, ...]:
    bases = [word]
    for ending in ("s", "es", "ed", "d", "ing", "al", "ly", "ness", "y"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            base = word[: -len(ending)]
            bases += [base, f"{base}e"]
            if len(base) > 3 and base[-1] == base[-2]:
                bases.append(base[:-1])
    if word.endswith("ies"):
        bases.append(f"{word[:-3]}y")
    return tuple(bases)


def clinical_word(word: str) -> str | None:
    """The word by which `word` (lower case) is known as clinical, or None."""
    known = _clinical()
    found = next((base for base in _bases(word) if base in known), None)
    return found or (word if shipped().clinical.ends(word) else None)


@lru_cache(maxsize=4096)
def terms(text: str) -> dict[str, float]:
    """The terms of `text` with their weights; the same thing has the same term wherever it is said."""
    low = text.lower().replace("’", "'")
    found: dict[str, float] = {}
    for name in medicines.shipped().found(low):
        found[f"medicine {name}"] = MEDICINE
    for figure in _FIGURE.findall(low):
        found[figure] = FIGURE
    for word in _WORD.findall(low):
        if word in _NUMBER_WORDS or word in _TIME:
            found[word] = TIME
        elif word not in STOP and len(word) > 1 and f"medicine {word}" not in found:
            base = clinical_word(word)
            found[base or word] = CLINICAL if base else WORD
    if _AGE.search(low):
        found["age"] = AGE
    for match in shipped().clinical.chinese.finditer(low):
        found[low[max(0, match.start() - 2) : match.end()]] = CLINICAL
    for match in _TIME_ZH.finditer(low):
        found[match[0]] = TIME
    return found


def tells(text: str) -> bool:
    """Whether there is anything clinical in `text`: more than words of everyday, times and number words."""
    return any(weight > TIME for weight in terms(text).values())


def words(text: str) -> float:
    """The length of `text` in words; a Chinese word has one and a half characters."""
    chinese = sum("㐀" <= character <= "鿿" for character in text)
    return len(re.sub(r"[㐀-鿿]", " ", text).split()) + chinese / 1.5
