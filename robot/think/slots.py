"""What a patient's words say in answer to a question: a number, yes or no, how long, since when, a choice.

Numbers, dates and durations are read by Microsoft's Recognizers-Text, English and Chinese; what is said around them in
speech ("about", "maybe", "seven out of ten", 二三十) is put into plainer words first.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from dialogs.model import Slot
from robot.events import Language
from robot.think.understand import plain

_CULTURE = {"en": "en-us", "zh": "zh-cn"}
_LONGEST = 300
_NO = {
    "en": re.compile(
        r"^(?:no|nope|nah|not really|not at all|never|none|i do not|i don't|i did not|i didn't|it does not|it doesn't|"
        r"it is not|it isn't|i am not|i'm not|not that i know|i do not think so|i don't think so|not (?:today|"
        r"now|yet|any\w*)|hardly|rarely|seldom)\b"
    ),
    "zh": re.compile(
        r"^(?:没有|没|不|很少|极少|几乎不|基本不|基本没|没觉得|不会|不是|从来没|从不|无|没什么|不太|好像没|应该没|不疼|不痛)"
    ),
}
_YES = {
    "en": re.compile(
        r"^(?:yes|yeah|yep|yup|sure|of course|right|exactly|correct|i do|i did|i am|i have|it does|it is|"
        r"a little|a bit|"
        r"some ?times|often|every day|most days|always|definitely|i think so|maybe|i guess|mm-?hm|"
        r"uh-?huh|absolutely|kind of|sort of|"
        r"that is right|that's right)\b"
    ),
    "zh": re.compile(
        r"^(?:是|对|有|嗯|会|好像有|可能有|应该有|好|没错|当然|经常|常常|天天|每天|有时|偶尔|有点|的确|确实|疼|痛|能|可以)|"
        r"^爱?(?:喝|吃|加)(?:的|啊|呀|得多|很多)*$"
    ),
}
_OUT_OF = re.compile(
    r"\b(\w+) (?:out of|of|over) (?:10|ten)\b|十分(?:里|中|之)?(?:的)?([\d一二三四五六七八九十两]+)分?|\b(\d+) ?/ ?10\b"
)
_WORST = re.compile(
    r"\b(?:unbearable|(?:the )?worst|excruciating|could not be worse|maximum)\b|满分|十二分|最疼|最痛|疼死|痛死|受不了"
)
_NIGHT = re.compile(r"\b(?:night|morning|a\.?m|dawn)\b|夜|凌晨|早上|清晨|早晨|半夜")
_WAKING_HOUR = 7
"""Who says "at three" on a ward means the afternoon, if nothing else is said."""
_TWICE = {
    "once": 1.0,
    "twice": 2.0,
    "一回": 1.0,
    "never": 0.0,
    "not at all": 0.0,
    "none": 0.0,
    "从不": 0.0,
    "从来不": 0.0,
    "一次也没": 0.0,
    "没有": 0.0,
    "不动": 0.0,
}
_RANGE_ZH = re.compile(r"([一二两三四五六七八九])([二三四五六七八九])(十)")
_SMALL_RANGE_ZH = re.compile(
    r"(?<![十百千零点\d])([一二两三四五六七八])([二三四五六七八九])(?=[个份次天分把小点]|$|吧)"
)
_HALVES_ZH = re.compile(r"([一二两三四五六七八九十]|\d+)个半(?:小时|钟头|钟)")
_HALF_HOUR_ZH = re.compile(r"半个?(?:小时|钟头|钟)(?<!个半小时)(?<!个半钟头)(?<!个半钟)")
_DIGITS_ZH = dict(zip("一二两三四五六七八九十", (1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10), strict=True))
_CORRECTED = re.compile(
    r"\b(?:no,? wait|wait,? no|actually|i mean(?:t)?|sorry|make that|no,? it'?s)\b,?|"
    r"(?:不对|不是|说错了|我是说|应该是|哦不|等等|等一下)，?"
)
"""What stands before it was a slip of the tongue."""
_ALWAYS = re.compile(
    r"\b(?:all my life|since (?:i was (?:born|a child|little)|birth|childhood)|for ever|forever|"
    r"as long as i can remember)\b|从小|打小|生下来|一直以来|从出生"
)
_AGED = re.compile(r"\b\d+[- ](?:years?|months?|weeks?|days?)[- ]old\b|\baged? \d+\b|\d+(?:周)?岁")
_LIFE = timedelta(days=365 * 20)
_SECONDS_A_DAY = 86_400.0
_HALF_DAY_S = 43_200.0

Value = str | float | bool


def read_slot(slot: Slot, text: str, language: Language, now: datetime) -> Value | None:
    """The value that `slot` asks for in `text`; None where there is none, or it is out of range.

    A `duration` is in days, a `moment` in seconds from now.
    """
    words = text.strip()[:_LONGEST]
    if not words:
        return None
    if slot.kind in ("number", "scale") and (after := _CORRECTED.split(words.lower())[-1].strip(" ,.，。")):
        words = after if _number(after, language, slot.unit) is not None else words
    match slot.kind:
        case "text":
            return words
        case "yes_no":
            return yes_or_no(words, language)
        case "choice":
            return _choice(slot, words, language)
        case "duration":
            return since_days(words, language, now)
        case "moment":
            return moment_s(words, language, now)
        case "scale" if _WORST.search(words.lower()):
            return slot.high
        case "number" | "scale":
            return _in_range(slot, _number(words, language, slot.unit))
    raise AssertionError(slot.kind)


def yes_or_no(text: str, language: Language) -> bool | None:
    """Whether the text agrees or denies; None where it does neither."""
    words = plain(text)
    for tried in (language, "zh" if language == "en" else "en"):
        if _NO[tried].search(words):
            return False
        if _YES[tried].search(words):
            return True
    return None


def since_days(text: str, language: Language, now: datetime) -> float | None:
    """How many days ago something began, or how long it has lasted, as `text` says; None where it does not."""
    if _ALWAYS.search(text.lower()):
        return _LIFE.total_seconds() / _SECONDS_A_DAY
    best: float | None = None
    for item in _dates(_plainer(text, language), language, now):
        days = _days_of(item, now)
        if days is not None and days >= 0:
            best = max(best or 0.0, days)
    return best


def in_passing(text: str, language: Language, now: datetime) -> tuple[float | None, float | None]:
    """What a complaint tells without being asked: since how many days, and how bad out of 10; None where it does not.

    Ages ("3 weeks old") are no durations, and of other figures nobody knows that they mean how bad it is.
    """
    words = text.strip()[:_LONGEST]
    out_of = _OUT_OF.search(words.lower())
    bad = _number(words, language, None) if out_of else None
    return since_days(_AGED.sub(" ", words.lower()), language, now), bad if bad is not None and bad <= 10 else None


def moment_s(text: str, language: Language, now: datetime) -> float | None:
    """In how many seconds the moment is that `text` names ("at three", "in two hours"); None: it names none ahead."""
    for item in _dates(_plainer(text, language), language, now):
        kind, value = item.get("type", ""), item.get("value") or item.get("start") or ""
        if kind == "duration" and value.replace(".", "").isdigit():
            return float(value)
        if kind == "time":
            value = f"{now:%Y-%m-%d} {value}"
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
            try:
                ahead = (datetime.strptime(value, form) - now).total_seconds()
            except ValueError:
                continue
            if ahead < 0 and kind == "time":
                ahead += _HALF_DAY_S if ahead > -_HALF_DAY_S else 2 * _HALF_DAY_S
            if (
                kind == "time"
                and (now + timedelta(seconds=ahead)).hour < _WAKING_HOUR
                and not _NIGHT.search(text.lower())
            ):
                ahead += _HALF_DAY_S
            if ahead > 0:
                return ahead
    return None


def _days_of(item: Mapping[str, str], now: datetime) -> float | None:
    kind = item.get("type", "")
    if kind == "duration" and item.get("value", "").replace(".", "").isdigit():
        return float(item["value"]) / _SECONDS_A_DAY
    begun = item.get("start") or item.get("value") or ""
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return (now - datetime.strptime(begun, form)).total_seconds() / _SECONDS_A_DAY
        except ValueError:
            continue
    return None


def _choice(slot: Slot, text: str, language: Language) -> str | None:
    words = plain(text)
    for key, said in slot.choices.items():
        for tried in (language, "zh" if language == "en" else "en"):
            if any(re.search(pattern, words) for pattern in getattr(said, tried).patterns):
                return key
    return None


def _number(text: str, language: Language, unit: str | None) -> float | None:
    words = plain(text) if language == "en" else text
    out_of = _OUT_OF.search(text.lower())
    if out_of:
        words = out_of[1] or out_of[2] or out_of[3]
    plainer = _plainer(words, language)
    if unit in ("minutes", "hours", "days"):
        seconds = [
            float(item["value"])
            for item in _dates(plainer, language, datetime(2000, 1, 1))
            if item.get("type") == "duration" and item.get("value", "").replace(".", "").isdigit()
        ]
        if seconds:
            return max(seconds) / {"minutes": 60.0, "hours": 3600.0, "days": _SECONDS_A_DAY}[unit]
    for said, value in _TWICE.items():
        if re.search(rf"\b{said}\b" if said.isascii() else said, words.lower()):
            return value
    found = _numbers(plainer, language)
    return sum(found) / len(found) if found and unit is not None and len(found) == 2 else found[0] if found else None


def _in_range(slot: Slot, value: float | None) -> float | None:
    if value is None or (slot.low is not None and value < slot.low) or (slot.high is not None and value > slot.high):
        return None
    return value


def _plainer(text: str, language: Language) -> str:
    if language == "en":
        return re.sub(r"\b(?:a )?half (?:an|of an) hour\b", "30 minutes", text.lower().replace("’", "'"))
    text = _HALF_HOUR_ZH.sub("30分钟", text)
    text = _HALVES_ZH.sub(lambda found: f"{_DIGITS_ZH.get(found[1], found[1])}.5小时", text)
    return _SMALL_RANGE_ZH.sub(r"\1到\2", _RANGE_ZH.sub(r"\1\3到\2\3", text))


@cache
def _recognizers() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import recognizers_date_time
        import recognizers_number
    return recognizers_date_time.recognize_datetime, recognizers_number.recognize_number


def _dates(text: str, language: Language, now: datetime) -> list[Mapping[str, str]]:
    dates, _ = _recognizers()
    return [
        item.resolution["values"][-1]
        for item in dates(text, _CULTURE[language], reference=now)
        if item.resolution and item.resolution.get("values")
    ]


def _numbers(text: str, language: Language) -> list[float]:
    _, numbers = _recognizers()
    values = []
    for item in numbers(text, _CULTURE[language]):
        try:
            values.append(float(item.resolution["value"]))
        except (TypeError, KeyError, ValueError):
            continue
    return values
