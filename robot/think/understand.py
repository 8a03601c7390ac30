"""From words to an intent: the wordings of `dialogs/intents.yaml`, on a plain form of the text."""

from __future__ import annotations

import re

from dialogs.model import Intents
from robot.events import Language

_LONGEST = 400
"""Characters that are looked at: an intent is said in a sentence, and patterns must stay fast on a story."""

_ASKS = r"(?= (?:what|how|why|when|where|which|who|can|could|should|may|is|are|do|does)\b)"
_FILLERS = re.compile(
    rf"^(?:(?:(?:um+|uh+|er+|erm|hmm+|oh|well(?! done)|so|and|please|(?:no )?wait{_ASKS}|actually{_ASKS})\b"
    r"|嗯|呃|那个|啊|哦) *)+"
)
_MARKS = re.compile(r"[^\w\s'’]|_")
_SPACES = re.compile(r"\s+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-zA-Z]|\\")
_LATIN_WORD = re.compile(r"[a-zA-Z]{3}")
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_QUESTION = re.compile(
    r"^(?:what|how|why|when|where|which|who|can|could|should|would|will|is|are|am|do|does|did|may|tell me|explain)\b"
    r"|[?？]|吗|呢|什么|怎么|怎样|如何|多少|几|为什么|哪|能不能|可不可以|该不该|要不要|好不好"
)


def language_of(text: str, otherwise: Language) -> Language:
    """The language a text is written in: one Chinese character decides, else a word of three Latin letters.

    Shorter ones (OK, no, hi) are said in the middle of Chinese talk too and leave the language as it is.
    """
    if _CHINESE.search(text):
        return "zh"
    return "en" if _LATIN_WORD.search(text) else otherwise


def plain(text: str) -> str:
    """Lower case, without punctuation and fillers at the start, single spaces, none between Chinese characters."""
    text = _MARKS.sub(" ", text[:_LONGEST].lower().replace("’", "'"))
    text = _BETWEEN_CHINESE.sub("", _SPACES.sub(" ", text).strip())
    return _FILLERS.sub("", text) or text


def is_question(text: str) -> bool:
    """Whether the text has the form of a question, in either language."""
    return bool(_QUESTION.search(plain(text)) or "?" in text or "？" in text)


class Understanding:
    """Finds the intent of a sentence; the first intent of the file that matches wins."""

    def __init__(self, intents: Intents) -> None:
        self._rules: list[tuple[str, dict[Language, re.Pattern[str] | None]]] = [
            (name, {"en": _any(intent.en.patterns), "zh": _any(intent.zh.patterns)})
            for name, intent in intents.intents.items()
        ]
        self._latin_rules = [
            (name, {tried: each if each and _LATIN.search(each.pattern) else None for tried, each in patterns.items()})
            for name, patterns in self._rules
        ]
        """Without the patterns that have no letter but Chinese ones: in ASCII words they find nothing."""

    def intent(self, text: str, language: Language) -> str | None:
        """The intent of `text`, or None when no wording matches. The patterns of `language` are tried first."""
        words = plain(text)
        other: Language = "zh" if language == "en" else "en"
        rules = self._latin_rules if words.isascii() else self._rules
        for tried in (language, other):
            for name, patterns in rules:
                pattern = patterns[tried]
                if pattern is not None and pattern.search(words):
                    return name
        return None


def _any(patterns: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
