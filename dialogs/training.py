"""What the training corpus is made of, as data: how patients ask, how answers are framed, what is exchanged, and a
grammar of guidelines that do not exist. One file each in `dialogs/training/`; a text in braces is a slot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from dialogs.model import Key
from dialogs.yaml_file import Strict, read

HERE = Path(__file__).parent / "training"

Wish = Literal["any", "short", "long", "simple", "clinical"]
"""What kind of answer a patient asks for."""

Audience = Literal["older_adults", "children", "pregnancy"]

_SLOT = re.compile(r"\{(\w+)\}")
_Line = Annotated[str, Field(min_length=1, max_length=200)]
_Lines = Annotated[tuple[_Line, ...], Field(min_length=1)]


# ---- questions.yaml --------------------------------------------------------------------------------------------------


class Frame(Strict):
    """What a patient says around a question; `{q}` is the question."""

    say: Annotated[str, Field(pattern=r"^[^{}]*\{q\}[^{}]*$")]
    wants: Wish = "any"
    weight: PositiveInt = 1


class QuestionForms(Strict):
    """How questions sound in one language.

    `and_for` asks the same for a `{group}`, `relatives` are groups by the audience of the passage that is for them;
    `misheard` maps a word to what a recognizer writes instead.
    """

    frames: Annotated[tuple[Frame, ...], Field(min_length=2)]
    and_for: _Lines
    relatives: dict[Audience, _Lines]
    fillers: _Lines
    little_words: _Lines
    misheard: dict[str, str]


class _Questions(Strict):
    en: QuestionForms
    zh: QuestionForms


# ---- answers.yaml ----------------------------------------------------------------------------------------------------


class Refusal(Strict):
    """Requests that are declined whatever the evidence is, and how."""

    ask: _Lines
    say: _Lines


class More(Strict):
    """How a patient asks for the rest."""

    ask: _Lines


class AnswerForms(Strict):
    """What stands around the evidence's own words in one language; `{word}` is the patient's."""

    openers: _Lines
    closers: _Lines
    teach_back: _Lines
    simple: _Lines
    clinical: _Lines
    unknown: _Lines
    more: More
    nothing_more: _Lines
    clarify: _Lines
    refusals: Annotated[dict[Key, Refusal], Field(min_length=1)]
    medicines: _Lines
    illnesses: _Lines

    @property
    def idle(self) -> tuple[str, ...]:
        """Every line that claims nothing; `{word}` stands for words of the patient."""
        lists = (self.openers, self.closers, self.teach_back, self.simple, self.clinical, self.unknown)
        said = (
            *self.nothing_more,
            *self.clarify,
            *(line for refusal in self.refusals.values() for line in refusal.say),
        )
        return (*(line for lines in lists for line in lines), *said)


class _Answers(Strict):
    en: AnswerForms
    zh: AnswerForms


# ---- swaps.yaml ------------------------------------------------------------------------------------------------------


class Swaps(Strict):
    """Names and words of the passages that may be exchanged for others.

    `one_organisation` takes a verb in the singular, `many_organisations` in the plural. No name is exchanged when the
    question holds a part of `keep_when_asked`.
    """

    one_organisation: tuple[str, ...]
    many_organisations: tuple[str, ...]
    keep_when_asked: tuple[str, ...]
    words: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...]


class _SwapFile(Strict):
    en: Swaps
    zh: Swaps


# ---- guidelines.yaml -------------------------------------------------------------------------------------------------


class Range(Strict):
    """Figures with a unit, from `low` to `high` in steps."""

    unit: str
    low: PositiveFloat
    high: PositiveFloat
    step: PositiveFloat

    @model_validator(mode="after")
    def _has_room(self) -> Range:
        if self.high < self.low + self.step:
            raise ValueError("high must be at least one step above low")
        return self


class Amounts(Strict):
    """How an amount is said: `{n}` a figure, `{m}` a larger one; `words` are the names of 0, 1, 2, …"""

    bounds: _Lines
    words: Annotated[tuple[str, ...], Field(min_length=3)]


class Aspect(Strict):
    """One thing a guideline says, how it is asked for, and (for the rule) how else it may be said."""

    say: _Lines
    ask: _Lines
    reword: tuple[_Line, ...] = ()


class Kind(Strict):
    """Guidelines on one kind of thing: a rule with an amount, and what may follow it."""

    subject: _Lines
    amounts: Annotated[tuple[Range, ...], Field(min_length=1)]
    rule: Aspect
    others: Annotated[tuple[Aspect, ...], Field(min_length=1)]


class Organisations(Strict):
    """Names of who says it: `one` takes a verb in the singular, `many` in the plural."""

    one: _Lines
    many: tuple[_Line, ...]


class Guidelines(Strict):
    """The grammar in one language."""

    organisation: Organisations
    slots: dict[Key, _Lines]
    amounts: Amounts
    kinds: Annotated[dict[Key, Kind], Field(min_length=1)]

    @model_validator(mode="after")
    def _slots_exist(self) -> Guidelines:
        known = {*self.slots, "org", "s", "subject", "amount"}
        for template in self._templates():
            for slot in _SLOT.findall(template):
                if slot.lower() not in known:
                    raise ValueError(f"no such slot: {{{slot}}} in {template!r}")
        return self

    def _templates(self) -> Iterable[str]:
        yield from (*self.organisation.one, *self.organisation.many)
        for values in self.slots.values():
            yield from values
        for kind in self.kinds.values():
            yield from kind.subject
            for aspect in (kind.rule, *kind.others):
                yield from (*aspect.say, *aspect.ask, *aspect.reword)


class _GuidelineFile(Strict):
    en: Guidelines
    zh: Guidelines


# ---- all of it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainingForms:
    """Everything in `dialogs/training/` for one language, but the wordings of the passages."""

    questions: QuestionForms
    answers: AnswerForms
    swaps: Swaps
    guidelines: Guidelines


def load_answers(folder: Path = HERE) -> dict[Literal["en", "zh"], AnswerForms]:
    """What stands around answers, without the rest. Raises ContentError."""
    answers = read(folder / "answers.yaml", _Answers)
    return {"en": answers.en, "zh": answers.zh}


def load_training(folder: Path = HERE) -> dict[Literal["en", "zh"], TrainingForms]:
    """The forms of each language. Raises ContentError naming file, line, key and value."""
    questions = read(folder / "questions.yaml", _Questions)
    answers = load_answers(folder)
    swaps = read(folder / "swaps.yaml", _SwapFile)
    guidelines = read(folder / "guidelines.yaml", _GuidelineFile)
    return {
        "en": TrainingForms(questions.en, answers["en"], swaps.en, guidelines.en),
        "zh": TrainingForms(questions.zh, answers["zh"], swaps.zh, guidelines.zh),
    }
