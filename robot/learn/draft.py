"""What the makers of turns have in common: a turn without number and split, and who asks and answers in a language."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.training import Frame, TrainingForms
from robot.events import Language
from robot.learn.answers import AnswerMaker
from robot.learn.grammar import Grammar
from robot.learn.mutate import Mutator
from robot.learn.questions import QuestionMaker
from robot.learn.record import Split


@dataclass(frozen=True)
class Draft:
    """A turn of our own making; see `Record` for the meaning of each."""

    kind: str
    question: str
    evidence: tuple[str, ...]
    answer: str
    source: str
    passage: str | None = None
    history: tuple[tuple[str, str], ...] = ()


class Voice:
    """All that makes questions and answers in one language."""

    def __init__(self, forms: TrainingForms, language: Language) -> None:
        self.language = language
        self.forms = forms
        self.grammar = Grammar(forms.guidelines, language)
        self.questions = QuestionMaker(forms.questions, language)
        self.answers = AnswerMaker(forms.answers, language)
        self.mutator = Mutator(forms.swaps, self.grammar, language)

    def ask(self, question: str, rng: random.Random, split: Split) -> tuple[str, Frame]:
        """`question` as a patient puts it, and the frame that says what answer is wanted."""
        frame = self.questions.frame(rng, split)
        return self.questions.ask(question, frame, rng), frame


def ordered(first: str, others: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """The text that answers among others: in three of four cases it comes first, else second."""
    texts = list(others)
    texts.insert(0 if not texts or rng.random() < 0.75 else 1, first)
    return tuple(texts)


def how_many_others(rng: random.Random) -> int:
    """How many further texts stand beside the one that answers."""
    return rng.choices((0, 1, 2), (0.35, 0.4, 0.25))[0]
