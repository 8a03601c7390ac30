"""Which medicine a text names, and what the label says to what was asked; allergies of the record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dialogs.labels import Label, Labels
from robot.events import Language, Passage, Source

Aspect = Literal["used_for", "food", "alcohol", "activity", "tell"]
_ASPECTS: tuple[tuple[Aspect, re.Pattern[str]], ...] = (
    ("alcohol", re.compile(r"\b(?:alcohol|drink(?:ing)?|beer|wine|whisky|liquor|booze)\b|酒")),
    (
        "food",
        re.compile(
            r"\b(?:eat|eating|food|meals?|milk|juice|grapefruit|coffee|breakfast|dinner|stomach|greens?|vegetables?)\b|吃饭|饭前|饭后|空腹|食物|牛奶|果汁|西柚|水果|蔬菜|一起吃|忌口|能吃什么"
        ),
    ),
    (
        "activity",
        re.compile(
            r"\b(?:drive|driving|exercise|sports?|sun|walk|get up|machines?|activity)\b|开车|运动|锻炼|晒太阳|起身|活动"
        ),
    ),
    (
        "tell",
        re.compile(
            r"\b(?:side effects?|danger(?:s|ous)?|risks?|careful|watch|warn\w*|harm\w*|safe|problem)\b|副作用|"
            r"不良反应|危险|注意|安全吗|伤"
        ),
    ),
    (
        "used_for",
        re.compile(
            r"\b(?:what is|what's|what are|used for|what does|why do i|why am i|purpose|work)\b|是什么|干什么|"
            r"治什么|作用|为什么吃|用来"
        ),
    ),
)
_LONGEST = 2_000
_SOURCE = {"en": "product labels", "zh": "药品说明书"}


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine that was named: its key in `labels/`, and the name by which it is known."""

    key: str
    name: str


class Pharmacy:
    """Made once for the labels of a dialogs folder."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        names: dict[str, str] = {}
        for key, label in labels.labels.items():
            for each in (label.en, label.zh):
                for name in (each.name, *each.also):
                    names.setdefault(name.lower(), key)
        self._names = names
        latin = sorted((name for name in names if name.isascii()), key=len, reverse=True)
        chinese = sorted((name for name in names if not name.isascii()), key=len, reverse=True)
        self._pattern = re.compile(
            rf"(?<![a-z])(?:{'|'.join(map(re.escape, latin))})s?(?![a-z])|{'|'.join(map(re.escape, chinese))}"
        )

    def named(self, text: str, language: Language) -> Medicine | None:
        """The first medicine that `text` names, under its usual name in `language`; of a long story the end counts."""
        found = self._pattern.search(text[-_LONGEST:].lower())
        if found is None:
            return None
        said = found[0] if found[0] in self._names else found[0].removesuffix("s")
        key = self._names[said]
        return Medicine(key, self._label(key, language))

    def about(self, medicine: Medicine, question: str, language: Language) -> Passage:
        """What may be said about `medicine` to `question`, as evidence for an answer."""
        label = self._labels.labels[medicine.key]
        aspects = [aspect for aspect, pattern in _ASPECTS if pattern.search(question.lower())]
        told = [text for aspect in aspects if (text := getattr(label, aspect)) is not None]
        if not told:
            told = [text for text in (label.used_for, label.food, label.tell) if text is not None]
        what = (
            f"{_capital(medicine.name)} is {label.kind.en}."
            if language == "en"
            else f"{medicine.name}是{label.kind.zh}。"
        )
        sentences = [what, *(getattr(text, language) for text in told[:2])]
        if label.tell not in told:
            sentences.append(getattr(label.tell, language))
        joint = "" if language == "zh" else " "
        source = Source(f"label-{medicine.key}", medicine.name, _SOURCE[language], 2026)
        return Passage(f"label-{medicine.key}", "medicines", medicine.name, joint.join(sentences), language, source)

    def allergic(self, medicine: Medicine, allergies: Iterable[str]) -> bool:
        """Whether the record's `allergies` name this medicine or its group."""
        label = self._labels.labels[medicine.key]
        words = {name.lower() for each in (label.en, label.zh) for name in (each.name, *each.also)}
        if label.allergy is not None:
            words.update(word.lower() for side in self._labels.allergies[label.allergy].values() for word in side)
        return any(_names(allergy.lower(), word) for allergy in allergies for word in words)

    def _label(self, key: str, language: Language) -> str:
        label: Label = self._labels.labels[key]
        return label.zh.name if language == "zh" else label.en.name


def _names(text: str, word: str) -> bool:
    if word.isascii():
        return bool(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text))
    return word in text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
