"""What a set of answers is worth: figures, ground under the words, declining in the right places, repetition.

Every measure is a share between 0 and 1 and counts with the readers that the guard itself uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from dialogs.never import NeverList
from dialogs.training import AnswerForms
from robot.events import Language, Passage, Rung, Sentence, Source
from robot.learn.record import Record
from robot.speak.split import SentenceSplitter
from robot.think.figures import Figure, FigureReader
from robot.think.guard import SentenceGuard

_DECLINES_FROM = 0.9
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[\u3400-\u9fff]")
_EMPTY = frozenset(
    "a about all also an and any are as at be but by can do does each for from get has have how i if in is it its more"
    " most much my no not of on one or so some than that the their them then there these they this to too up very was"
    " what when which who will with you your".split()
) | frozenset("的了是在和也都就有不您你我这那把会要可以能吗呢吧一")


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of some answers; None where none of them could be measured.

    figures_true       answers with figures: every one is in the evidence
    figures_told       references with figures: the answer has all of these
    figure_fidelity    both, over all answers in which either has figures
    figures_guarded    as figures_true, of what the guard lets through
    grounded           content words that are in the evidence, the question or the standard forms
    guard_passed       sentences that the guard lets through
    answered           turns whose reference answers, and so does the reply
    declined           turns whose reference declines, and so does the reply
    repeated           four words in a row that stood in the same answer before
    """

    answers: int
    figures_true: float | None
    figures_told: float | None
    figure_fidelity: float | None
    figures_guarded: float | None
    grounded: float | None
    guard_passed: float | None
    answered: float | None
    declined: float | None
    repeated: float | None


class ReplyJudge:
    """Scores replies to records; `forms` are the standard ways to open, close and decline in each language."""

    def __init__(self, never: NeverList, forms: dict[Language, AnswerForms]) -> None:
        self._figures = FigureReader(never.units)
        self._guard = SentenceGuard(never)
        self._declining = {language: _words_of(_declining(each)) for language, each in forms.items()}
        self._framing = {language: _words_of(_framing(each)) for language, each in forms.items()}

    def scores(self, records: Sequence[Record], replies: Sequence[str], rung: Rung = "gpt") -> Scores:
        """The measures of `replies`, one to each record."""
        judged = [self._one(record, reply, rung) for record, reply in zip(records, replies, strict=True)]
        return Scores(len(judged), *(_mean(column) for column in zip(*judged, strict=True))) if judged else _NONE

    def declines(self, reply: str, language: Language) -> bool:
        """Whether a reply says, in nothing but the words of the standard forms, that it has no answer."""
        words = _words(reply)
        known = self._declining[language]
        return bool(words) and sum(word in known for word in words) / len(words) >= _DECLINES_FROM

    def _one(self, record: Record, reply: str, rung: Rung) -> tuple[float | None, ...]:
        evidence = [_passage(text, record.language) for text in record.evidence]
        sentences = _sentences(reply, record.language)
        passed = [text for text in sentences if not self._guard.check(_sentence(text, record.language, rung), evidence)]
        known = self._read(f"{each.text} . " for each in evidence)
        said, wanted = self._read([reply]), self._read([record.answer])
        true = said <= known if said else None
        told = wanted <= said if wanted else None
        both = (true is not False and told is not False) if said or wanted else None
        after = self._read([f"{text} " for text in passed])
        declines = self.declines(reply, record.language)
        must_decline = self.declines(record.answer, record.language)
        return (
            true,
            told,
            both,
            after <= known if said else None,
            self._grounded(record, reply),
            len(passed) / len(sentences) if sentences else None,
            None if must_decline else not declines and bool(sentences),
            declines if must_decline else None,
            _repeated(reply),
        )

    def _read(self, texts: Iterable[str]) -> frozenset[Figure]:
        return frozenset(self._figures.read("".join(texts)))

    def _grounded(self, record: Record, reply: str) -> float | None:
        content = [word for word in _words(reply) if word not in _EMPTY]
        known = self._framing[record.language].union(_words(" ".join([record.question, *record.evidence])))
        return sum(word in known for word in content) / len(content) if content else None


def _declining(forms: AnswerForms) -> list[str]:
    return [*forms.unknown, *forms.nothing_more, *(text for each in forms.refusals.values() for text in each.say)]


def _framing(forms: AnswerForms) -> list[str]:
    around = [*forms.openers, *forms.closers, *forms.teach_back, *forms.simple, *forms.clinical, *forms.clarify]
    return [*around, *_declining(forms)]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _words_of(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _words(text))


def _repeated(reply: str) -> float | None:
    words = _words(reply)
    grams = [tuple(words[at : at + 4]) for at in range(len(words) - 3)]
    return 1 - len(set(grams)) / len(grams) if grams else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return round(fmean(known), 4) if known else None


def _sentences(text: str, language: Language) -> list[str]:
    splitter = SentenceSplitter(language)
    return [*splitter.push(text), *splitter.flush()]


def _sentence(text: str, language: Language, rung: Rung) -> Sentence:
    return Sentence(text, language, "evidence", rung)


def _passage(text: str, language: Language) -> Passage:
    return Passage("evidence", "evidence", "", text, language, Source("evidence", "", "", 0))


_NONE = Scores(0, *[None] * 9)
