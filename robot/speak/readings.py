"""How each kind of written figure is read aloud, in English and Chinese: one pattern and one reading a kind.

Figures and units are ours (`numbers`, `units`); dates, times, years, ordinals and money go to the text-normalization
library, which is loaded when the first of them turns up. docs/decisions/0003 says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from robot.events import Language
from robot.speak.numbers import NUMBER, say_digits, say_number
from robot.speak.units import UNIT, say_unit

Reading = tuple[str, Callable[[re.Match[str], Language], str]]
"""A regular expression, and what its match becomes."""


@lru_cache(maxsize=4096)
def say_calendar(written: str, language: Language) -> str:
    from wetext import Normalizer

    try:
        spoken = str(Normalizer(lang=language, operator="tn").normalize(written))
    except (AssertionError, IndexError, KeyError, RuntimeError, ValueError):  # how it answers what it cannot parse
        return written
    return spoken or written


# ---- the rules, first match wins -------------------------------------------------------------------------------------


def _drop(match: re.Match[str], language: Language) -> str:
    return " "


def _address(match: re.Match[str], language: Language) -> str:
    host = re.sub(r"^\(?(?:https?://)?(?:www\.)?|[/?#:)].*$", "", match[0])
    return " " if match[0].startswith("(") else host.replace(".", "点" if language == "zh" else " dot ")


def _calendar(match: re.Match[str], language: Language) -> str:
    """Dates, times, years, ordinals, money. A full stop at the end belongs to the sentence as well."""
    first, *rest = re.split(r"(?<=[\dm.])\s?[-–—~]\s?(?=\d\d?[:ap])", match[0])
    spoken = say_calendar(first, language)
    if rest:
        spoken += ("到" if language == "zh" else " to ") + say_calendar(rest[0], language)
    stop = match[0].endswith(".") and _AT_END.match(match.string, match.end())
    return spoken + ("." if stop else "")


def _decade(match: re.Match[str], language: Language) -> str:
    """1980s → nineteen eighties; the library reads the s as seconds."""
    year = say_calendar(match[0].strip("'s"), language)
    return year.removesuffix("y") + ("ies" if year.endswith("y") else "s")


def _always(match: re.Match[str], language: Language) -> str:
    return "twenty four seven" if language == "en" else "全天候"


def _pressure(match: re.Match[str], language: Language) -> str:
    over, to = ("比", "到") if language == "zh" else (" over ", " to ")
    upper, lower = match[0].split("/")
    spoken = over.join(
        to.join(say_number(number, language) for number in re.findall(r"\d+", part)) for part in (upper, lower)
    )
    if not match["mercury"]:
        return spoken
    return spoken + ("" if language == "zh" else " ") + say_unit("mmHg", language, many=True)


def _quantity(match: re.Match[str], language: Language) -> str:
    low, high, unit = match["low"], match["high"], match["unit"]
    minus = ("零下" if "°" in unit or unit in "℃℉" else "负") if language == "zh" else "minus "
    sign = minus if match["sign"] else ""
    if language == "zh":
        if unit == "%":
            return "到".join(f"百分之{sign}{say_number(number, 'zh')}" for number in (low, high) if number)
        return sign + _counted(low, high) + say_unit(unit, "zh", many=True)
    spoken = sign + " to ".join(say_number(number, "en") for number in (low, high) if number)
    singular = not high and (low == "1" or "/" in low or match["hyphen"])
    return f"{spoken} {say_unit(unit, 'en', many=not singular)}"


def _counted(low: str, high: str | None) -> str:
    """Chinese numbers before a measure word: 2 is 两."""
    return "到".join("两" if number == "2" else say_number(number, "zh") for number in (low, high) if number)


def _range(match: re.Match[str], language: Language) -> str:
    low, high = match["from"], match["to"]
    if language == "zh":
        if _MEASURE.match(match.string, match.end()):
            return _counted(low, high)
        return f"{say_number(low, 'zh')}到{say_number(high, 'zh')}"
    if all(re.fullmatch(r"(?:19|20)\d\d", number) for number in (low, high)):
        return f"{say_calendar(low, 'en')} to {say_calendar(high, 'en')}"
    return f"{say_number(low, 'en')} to {say_number(high, 'en')}"


def _telephone(match: re.Match[str], language: Language) -> str:
    return say_digits(match[0], language)


def _comparison(match: re.Match[str], language: Language) -> str:
    return _SIGNS[match[0].strip()][language == "zh"]


def _per(match: re.Match[str], language: Language) -> str:
    return "每" if language == "zh" else " per "


def _mixed(match: re.Match[str], language: Language) -> str:
    """2½ → two and a half."""
    part = say_number(_VULGAR[match[0][-1]], language)
    if len(match[0]) == 1:
        return part
    whole = say_number(match[0][:-1].strip(), language)
    return f"{whole}又{part}" if language == "zh" else f"{whole} and {part.replace('one ', 'a ')}"


def _number(match: re.Match[str], language: Language) -> str:
    before = match.string[max(0, match.start() - 48) : match.start()]
    after = match.string[match.end() : match.end() + 8]
    written = match[0].lstrip("-")
    if language == "zh":
        if _DIALLED_ZH.search(before):
            return say_digits(written, "zh")
        counted = _MEASURE.match(after) and not before.endswith("第")
        spoken = _counted(written, None) if counted else say_number(written, "zh")
        minus = "负"
    else:
        if written == "911" or (written.isdigit() and len(written) > 2 and _DIALLED.search(before)):
            return say_digits(written, "en")
        spoken, minus = say_number(written, "en"), "minus "
    lettered = before[-1:].isascii() and before[-1:].isalpha()
    if match[0][0] == "-" and not lettered:
        spoken = minus + spoken
    return (" " if lettered else "") + spoken + (" " if after[:1].isascii() and after[:1].isalpha() else "")


def _word(match: re.Match[str], language: Language) -> str:
    return _WORDS[match[0].lower()]


_SIGNS = {
    "<": ("less than ", "小于"),
    ">": ("more than ", "大于"),
    "≤": ("at most ", "小于等于"),
    "<=": ("at most ", "小于等于"),
    "≥": ("at least ", "大于等于"),
    ">=": ("at least ", "大于等于"),
    "~": ("about ", "约"),
    "≈": ("about ", "约"),
    "±": (" plus or minus ", "正负"),
    "×": (" times ", "乘"),
    "x": (" times ", "乘"),
    "+": (" plus ", "加"),
    "=": (" equals ", "等于"),
}
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8"}
_WORDS = {"e.g.": "for example", "i.e.": "that is", "vs.": "versus", "approx.": "approximately", "&": "and"}
_MEASURE = re.compile(
    r"\s?(?:次|个|小时|天|周|星期|杯|片|碗|倍|种|位|分钟|秒|年(?!级)|餐|顿|勺|份|克|公斤|千克|毫克|升|毫升|公里|米|岁|点|粒|瓶"
    r"|人|步|层|楼|袋|块|根|万|千)"
)
_AT_END = re.compile(r"\s*$")
_DIALLED = re.compile(r"(?:call|calling|dial|ring|text|phone|hotline|helpline|lifeline)[^.!?\n]{0,30}$", re.IGNORECASE)
_DIALLED_ZH = re.compile(r"(?:拨打|拨|打|电话|热线|呼叫)[^。！？\n]{0,12}$")

_DASH = r"\s?[-–—~]\s?"
_FREE = r"(?<![A-Za-z0-9/])(?<![0-9][.,:])"
_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_HALF_DAY = r"\s?(?i:[ap](?:\.\s?m\b\.?|m\b))"
_CLOCK = rf"(?:\d{{1,2}}:\d\d(?::\d\d)?(?:{_HALF_DAY})?|\d{{1,2}}(?:\.\d\d)?{_HALF_DAY})(?:\s?(?i:e\.?s\.?t\b)\.?)?"
_NUMERIC_DATE = (
    "(?:"
    + "|".join(
        rf"\d{{4}}{dash}\d{{1,2}}{dash}\d{{1,2}}|\d{{1,2}}{dash}\d{{1,2}}{dash}\d{{4}}" for dash in ("-", "/", r"\.")
    )
    + r"|\d\d/\d\d/\d\d)(?!\d)"
)

_SHARED_FIRST: dict[str, Reading] = {
    "tag": (r"</?[A-Za-z!][^<>]{0,200}>", _drop),
    "address": (r"\(?(?:https?://|www\.)[A-Za-z0-9.\-]+(?:[/?#:][^\s)，。；]*)?(?<![.,])\)?", _address),
}
_SHARED: dict[str, Reading] = {
    "always": (_FREE + r"24/7(?!\d)", _always),
    "pressure": (
        _FREE + r"\d{2,3}(?:[-–]\d{2,3})?/\d{2,3}(?:[-–]\d{2,3})?(?![\d/])(?P<mercury>\s?mm\s?Hg\b)?",
        _pressure,
    ),
    "quantity": (
        rf"(?P<sign>(?<![\w)%])-)?{_FREE}(?P<low>{NUMBER})(?:\s?%?{_DASH}(?P<high>{NUMBER}))?"
        rf"(?P<hyphen>-)?\s?(?P<unit>{UNIT})",
        _quantity,
    ),
    "mixed": (r"(?:(?<![\d.,])\d{1,3}\s?)?[½⅓⅔¼¾⅕⅛]", _mixed),
    "range": (rf"{_FREE}(?<!-)(?P<from>{NUMBER}){_DASH}(?P<to>{NUMBER})(?![-\d/])", _range),
    "comparison": (r"(?:[<>]=?|[≤≥≈~±])\s?(?=[-\d½])|(?<=\d)\s?[x×+=]\s?(?=\d)|(?<=\d)\+", _comparison),
}
_ENGLISH: dict[str, Reading] = {
    **_SHARED_FIRST,
    "telephone": (r"(?<![\d-])(?:\+?\d-)?(?:\(\d{3}\)\s?|\d{3}-)?\d{3}-\d{4}(?![\d-])", _telephone),
    "date": (
        rf"\b{_MONTH}[\s-]\d{{1,2}}(?:st|nd|rd|th)?\b(?!:)(?:,?[\s-]\d{{4}}\b)?|\b{_MONTH}\s\d{{4}}\b"
        rf"|{_FREE}\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:,?\s\d{{4}}\b)?|{_FREE}{_NUMERIC_DATE}",
        _calendar,
    ),
    "time": (rf"{_FREE}{_CLOCK}(?:{_DASH}{_CLOCK})?", _calendar),
    "decade": (r"(?:(?<!\w)'\d\d|(?<!\w)(?:1[1-9]|20)\d0)s\b", _decade),
    **_SHARED,
    "per": (r"(?<=[A-Za-z])\s?/\s?(?=(?:day|week|month|year|hour|minute|meal|night|person|serving)\b)", _per),
    "ordinal": (r"(?<!\w)\d+(?:,\d{3})*(?:st|nd|rd|th)\b", _calendar),
    "money": (r"[$€£]\d+(?:,\d{3})*(?:\.\d+)?", _calendar),
    "year": (
        r"(?:(?i:(?<=\bin )|(?<=\bsince )|(?<=\bof )|(?<=\bby )|(?<=\buntil )|(?<=\bfrom )|(?<=\byear ))|(?<=\()|^)"
        r"(?:1[1-9]|2[0-9])\d\d(?=[\s]*[.,;)?!]?(?:\s(?=[A-Z])|\s*$)|,\s|\))",
        _calendar,
    ),
    "number": (rf"(?:(?<![\w)])-|(?<=[A-Za-z])-)?(?<![\d.,]){NUMBER}", _number),
    "word": (r"\b(?i:e\.g\.|i\.e\.|vs\.|approx\.)|&", _word),
}
_CHINESE: dict[str, Reading] = {
    **_SHARED_FIRST,
    "date": (
        rf"(?<!\d)(?:\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?|\d{{1,2}}月\d{{1,2}}[日号])|{_FREE}{_NUMERIC_DATE}",
        _calendar,
    ),
    "time": (rf"{_FREE}\d{{1,2}}[:：]\d\d(?!\d)(?:{_DASH}\d{{1,2}}[:：]\d\d)?", _calendar),
    **_SHARED,
    "per": (
        r"(?<=[\u4e00-\u9fff])\s?/\s?(?=(?:日|天|周|月|年|次|餐|小时|分钟?|公斤|千克|升|毫升)(?![\u4e00-\u9fff]{2}))",
        _per,
    ),
    "number": (rf"(?:(?<![\w)])-|(?<=[A-Za-z])-)?(?<![\d.,]){NUMBER}", _number),
}


READINGS: dict[Language, dict[str, Reading]] = {"en": _ENGLISH, "zh": _CHINESE}
"""Of each language, in order of precedence: name → (pattern, reading)."""
