"""How the robot answers from its evidence: the sentence that fits the question, word for word, in a short frame."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from dialogs.training import AnswerForms, Wish
from robot.events import Language
from robot.learn.grammar import joined

_SENTENCE = {"en": re.compile(r"(?<=[.!?]) +(?=[A-Z0-9\"'(])"), "zh": re.compile(r"(?<=[。！？])")}
_WORD = re.compile(r"[a-z]+")
_EMPTY = frozenset(
    "a an the is are was were be i my me you your we it its this that of to in on at for with and or but if do does"
    " did can could should would may will how what when where why who have has had any some much many tell please know"
    " not more so from by as about there".split()
)
_ENDING = re.compile(r"(?<=...)(?:ing|ed|es|s|e|y|ies)$")
_AMOUNT = {
    "en": re.compile(
        r"how (?:much|many|long|often|far|fast|big|old)|too (?:much|little)|limit|amount|enough|milligram"
    ),
    "zh": re.compile(r"多少|几|多久|多长|多大|多远|最多|够|量"),
}
_FIGURE = {"en": re.compile(r"\d|\b(?:two|three|four|five|half|twice)\b"), "zh": re.compile(r"\d|[两三四五六七八九十]")}
_LEANS = {
    "en": re.compile(
        r"(?:It|Its|That|This|They|These|Those|Then|Below|Both|Of this|Together|Tea,|There|Examples|And|But|So)\b"
    ),
    "zh": re.compile(r"这|它|也就是|那|大约|其中|加上|低于|所以|但|每样|这样|这时"),
}
"""A sentence that begins so leans on the one before it."""
_CAUTION = {
    "en": re.compile(
        r"\b(?:not for|not safe|not made for|not reason|weak kidneys|pregnan|illness|ward|nurse|doctor|pharmacist"
        r"|midwife|dietitian|physiotherapist|team|press your|swallowing expert|helper|somebody beside|do not|never)\b"
    ),
    "zh": re.compile(r"不能|不要|不是给|千万|病房|护士|医生|药师|营养师|治疗师|助产士|呼叫铃|旁边"),
}
"""A sentence for whom advice is not, or whom to ask first: it is seldom left out."""


def sentences(text: str, language: Language) -> list[str]:
    """The sentences of a passage."""
    return [part.strip() for part in _SENTENCE[language].split(text) if part.strip()]


@lru_cache(maxsize=8192)
def terms(text: str, language: Language) -> frozenset[str]:
    """What a text is about: beginnings of its words in English, pairs of characters in Chinese."""
    if language == "en":
        return frozenset(_ENDING.sub("", word)[:6] for word in _WORD.findall(text.lower()) if word not in _EMPTY)
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


class Fit:
    """How well texts fit the questions of one passage.

    A word counts the more, the fewer of the questions have it: what all of them share says nothing about this one. A
    question for an amount is answered by a text with a figure.
    """

    def __init__(self, questions: Sequence[str], language: Language) -> None:
        self._language = language
        self._common = Counter(term for question in questions for term in terms(question, language))

    def score(self, text: str, question: str) -> float:
        """From 0; the higher, the better."""
        shared = terms(question, self._language) & terms(text, self._language)
        score = sum(1 / max(1, self._common[term]) for term in sorted(shared))
        amount = _AMOUNT[self._language].search(question) and _FIGURE[self._language].search(text)
        return score + (2.0 if amount else 0.0)


class AnswerMaker:
    """Makes answers in one language."""

    def __init__(self, forms: AnswerForms, language: Language) -> None:
        self.forms = forms
        self._language = language

    def copied(self, text: str, question: str, fit: Fit, wish: Wish, rng: random.Random) -> str:
        """One to three sentences of `text` word for word: all for a long answer, the fitting one for a short one."""
        parts = sentences(text, self._language)
        if wish == "long" or len(parts) == 1:
            return joined(parts[:3], self._language)
        best = max(range(len(parts)), key=lambda index: (fit.score(parts[index], question), -index))
        first = best
        while first > 0 and _LEANS[self._language].match(parts[first]):
            first -= 1
        last = best + 1
        if wish != "short" and last < len(parts) and rng.random() < 0.35:
            last += 1
        chosen = parts[first:last]
        if wish != "short" and len(parts) > last and _CAUTION[self._language].search(parts[-1]) and rng.random() < 0.6:
            chosen.append(parts[-1])
        return joined(chosen, self._language)

    def worded(self, wordings: Sequence[str], question: str, fit: Fit, rng: random.Random) -> str:
        """One of the `wordings` that fit the question best."""
        scores = [fit.score(wording, question) for wording in wordings]
        return rng.choice([wording for wording, score in zip(wordings, scores, strict=True) if score >= max(scores)])

    def framed(self, core: str, wish: Wish, rng: random.Random) -> str:
        """`core` with what may stand around it; a short answer stands alone."""
        forms = self.forms
        before, after = "", ""
        if wish == "simple" and rng.random() < 0.6:
            before = rng.choice(forms.simple)
        elif wish == "clinical" and rng.random() < 0.6:
            before = rng.choice(forms.clinical)
        elif wish in ("any", "long") and rng.random() < 0.2:
            before = rng.choice(forms.openers)
        chance = rng.random()
        if wish != "short" and not core.rstrip().endswith(("?", "？")):
            if chance < 0.03:
                after = rng.choice(forms.teach_back)
            elif chance < 0.15:
                after = rng.choice(forms.closers)
        return joined([part for part in (before, core, after) if part], self._language)

    def parts(self, text: str) -> list[str]:
        """The sentences of `text`."""
        return sentences(text, self._language)

    def join(self, parts: Sequence[str]) -> str:
        """Sentences in a row."""
        return joined(parts, self._language)
