"""What a text says both ways: a symptom denied and told, no allergies and an allergy, two doses, two ages.

Each is told with both places. Which one is right is for the clinician to ask.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dialogs import medicines
from dialogs.triage import load_triage
from robot.events import Language
from robot.summarize.lines import CHECK, Line, joined, span
from robot.summarize.statement import HOW, Statement
from robot.summarize.weigh import STOP, clinical_word
from robot.think.triage.findings import FindingReader

_MOST = 4
_SAID: dict[str, dict[Language, str]] = {
    "symptom": {"en": "told both ways", "zh": "前后说法不一"},
    "allergy": {"en": "no allergies, and an allergy", "zh": "无过敏与有过敏并存"},
    "dose": {"en": "different doses of one medicine", "zh": "同一药物剂量不同"},
    "age": {"en": "different ages", "zh": "年龄不同"},
    "sex": {"en": "different sexes", "zh": "性别不同"},
}
NO_ALLERGY = re.compile(
    r"\b(?:no|denies|denied|without)(?: any)?(?: known| other)?(?: drug| food| medication|"
    r" medicine)?s? allerg\w*|\bnkd?a\b"
    r"|not allergic to (?:any|anything)|(?:无|否认)[^，。；]{0,8}过敏"
)
AN_ALLERGY = re.compile(
    r"(?<!not )\ballerg(?:ic|y|ies)(?: reactions?)? to "
    r"(?!(?:any|some|no)(?:thing|one)?\b|you\b|it\b|that\b|medic|drug|food)"
    r"(?P<what>[a-z][\w -]{2,30})|(?<![无认])对(?P<zh>[^，。；]{1,8})过敏"
)
_DOSE = re.compile(
    r"(?P<figure>\d+(?:[.,]\d+)?) ?-?"
    r"(?P<unit>mg|mcg|μg|ug|g|ml|units?|milligrams?|micrograms?|毫克|克|单位)(?![a-z])"
)
_CHANGED = re.compile(
    r"\b(?:increas|decreas|chang|switch|instead|from|titrat|rais|lower|previous|"
    r"used to|was on|up to|down to|taper)\w*|改为|增至|减至|调整"
)
_AGE = re.compile(r"\b(\d{1,3})[- ]?(?:year|yr)s?[- ]?old\b|\b(\d{1,3}) ?(?:y/o|yo)\b|(?<!\d)(\d{1,3})岁")
SEX = re.compile(
    r"(?:year|yr)s?[- ]?old (?:\w+ ){0,3}?"
    r"(female|male|woman|man|lady|gentleman|boy|girl)\b|[，,]\s*(男|女)(?:性)?[，,。]"
)
_WOMAN = frozenset(("female", "woman", "lady", "girl", "女"))
_KIN = re.compile(
    r"\b(?:mother|father|sister|brother|son|daughter|aunt|uncle|grand\w+|cousin|wife|husband|"
    r"child\w*|kids?)\b|母|父|兄|姐|妹|弟|子|女儿"
)
_APART = re.compile(
    r"\b(?:but|except|only|until|now|today|currently|anymore|used to|history|had|was|were|since|initially|then|"
    r"resolved|"
    r"gone|worse|other|if|when|with|after|before|sometimes|improv\w*|at rest|on exertion|ago|past|last|"
    r"previous\w*)\b|但|后来|现"
)


@lru_cache(maxsize=1)
def findings() -> FindingReader:
    """The reader of symptoms, with the symptoms that ship."""
    triage = load_triage()
    return FindingReader(triage.symptoms, triage.regions["circumstances"])


def conflicts(statements: Sequence[Statement], language: Language) -> list[Line]:
    """At most a few lines, each with its places."""
    found = [*_allergies(statements), *_symptoms(statements), *_doses(statements), *_persons(statements)]
    return [
        Line(
            CHECK[language],
            f"{_SAID[kind][language]} – {' | '.join(_short(each, language) for each in places)}",
            joined([span(*each) for place in places for each in place.spans]),
        )
        for kind, places in found[:_MOST]
    ]


Found = Iterator[tuple[str, tuple[Statement, ...]]]


def no_allergies(statement: Statement) -> bool:
    """Whether it says that there are no allergies at all."""
    low = statement.text.lower().replace("’", "'")
    if statement.how == "denies" and "allerg" in low and "other" not in low and not AN_ALLERGY.search(low):
        return "–" not in low
    found = NO_ALLERGY.search(low)
    return bool(found and "other" not in found[0] and not AN_ALLERGY.search(low))


def an_allergy(statement: Statement) -> str:
    """What it says somebody is allergic to, or ""."""
    if statement.how in ("denies", "answers") or _KIN.search(statement.text.lower()):
        return ""
    low = statement.text.lower()
    found = AN_ALLERGY.search(low)
    if not found or re.search(r"\b(?:no|not|denies|denied|never|if|any|n't)\b[^.]{0,30}$", low[: found.start()]):
        return ""
    return (found["what"] or found["zh"]).strip()


def _allergies(statements: Sequence[Statement]) -> Found:
    none = [each for each in statements if no_allergies(each)]
    some = [each for each in statements if an_allergy(each)]
    for denied in none[:1]:
        drugs_only = _DRUGS.search(denied.text.lower())
        told = [each for each in some if not drugs_only or medicines.shipped().found(an_allergy(each))]
        if told:
            yield "allergy", (denied, told[0])


_DRUGS = re.compile(r"medic|drug|nkda|药")


def _symptoms(statements: Sequence[Statement]) -> Found:
    """A symptom that is denied alone and told in the same words; a word of time or degree in either explains it."""
    told: dict[frozenset[str], Statement] = {}
    denied: dict[frozenset[str], Statement] = {}
    for each in statements:
        low = each.text.lower()
        if each.section not in ("symptoms", "complaint", "history") or each.how in ("clinician", "family", "answers"):
            continue
        if len(low.split()) > 25 or _APART.search(low) or "–" in low:
            continue
        for finding in findings().read(each.text, "en"):
            words = _content(low[finding.start : finding.end])
            if each.how != "denies" and finding.mode == "present" and words and not _NIL.search(low):
                told.setdefault(words, each)
        if each.how == "denies" or _DENIED.search(low):
            for part in re.split(r"[;,.；，。、:]|\bor\b|\band\b", low):
                denied.setdefault(_content(part), each)
    found = {
        (denied[key], told[key])
        for key in denied.keys() & told.keys()
        if key - _VAGUE and _may_be_one(denied[key], told[key])
    }
    yield from (("symptom", pair) for pair in sorted(found, key=lambda pair: pair[0].place)[:2])


def _may_be_one(denied: Statement, told: Statement) -> bool:
    """Whether two statements may speak of the same side of the body, and are two."""
    sides = [set(re.findall(r"\b(?:left|right)\b|[左右]", each.text.lower())) for each in (denied, told)]
    return denied != told and (sides[0] == sides[1] or not all(sides))


_NIL = re.compile(r"\b(?:nil|no|not|never|denies|denied|without|negative)\b|n't\b|无|否认|未")
_DENIED = re.compile(r"^\W*(?:\w+: )?(?:no|nil|denies|denied|(?:the )?(?:patient|he|she) denies)\b")
_VAGUE = frozenset(("pain", "hurt", "problem", "issue"))
"""Words that are no symptom without a place."""
_SAME = frozenset("denies denied nil symptom symptoms patient reports episodes episode noticed new history".split())


def _content(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z]+", text)
    return frozenset(clinical_word(word) or word for word in found if word not in STOP and word not in _SAME)


def _doses(statements: Sequence[Statement]) -> Found:
    doses: dict[tuple[str, bool], dict[str, Statement]] = defaultdict(dict)
    for each in statements:
        low = each.text.lower()
        if _CHANGED.search(low):
            continue
        for name in medicines.shipped().found(low):
            for begin in (match.end() for match in re.finditer(re.escape(name), low)):
                found = _DOSE.search(low, begin, begin + 25)
                if found and not medicines.shipped().found(low[begin : found.start()]):
                    doses[name, each.section == "plan"].setdefault(f"{found['figure']} {found['unit'][:2]}", each)
    for same in doses.values():
        if len(places := tuple(dict.fromkeys(same.values()))) > 1:
            yield "dose", places[:2]


def _persons(statements: Sequence[Statement]) -> Found:
    ages: dict[str, Statement] = {}
    sexes: dict[bool, Statement] = {}
    for each in statements:
        low = each.text.lower()
        if each.section == "family" or _KIN.search(low):
            continue
        for match in _AGE.finditer(low):
            if not re.search(r"\b(?:at|since|when|until)\b[^.]{0,15}$", low[: match.start()]):
                ages.setdefault(next(filter(None, match.groups())), each)
        for match in SEX.finditer(low):
            sexes.setdefault(next(filter(None, match.groups())) in _WOMAN, each)
    for kind, said in (("age", ages), ("sex", sexes)):
        if len(places := tuple(dict.fromkeys(said.values()))) > 1 and len(said) > 1:
            yield kind, places[:2]


def _short(statement: Statement, language: Language) -> str:
    words = statement.text.split()
    text = statement.text if len(words) <= 24 else f"{' '.join(words[:24])} …"
    return f"{text} ({HOW[statement.how][language]})" if HOW[statement.how][language] else text
