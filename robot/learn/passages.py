"""Turns about the robot's own passages, most of them changed: other figures, other names, other foods."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from dialogs.model import PassageText
from dialogs.training import Wish
from dialogs.wordings import PassageWordings
from robot.learn.answers import Fit, terms
from robot.learn.draft import Draft, Voice, how_many_others, ordered
from robot.learn.mutate import Change
from robot.learn.record import SPLITS, Split
from robot.learn.split import passage_is_held, wording_pools
from robot.think.bm25 import Bm25Index

FiguresStand = Callable[[str, Sequence[str]], bool]
"""Whether every figure of an answer stands in its evidence."""

_CHANGED = 0.8
"""How many of the turns would rest on a changed passage; some passages have nothing to change."""
_ALIKE = 5
"""So many of the passages that a question finds are taken to be near it."""


class FromPassages:
    """Makes turns in one language.

    A passage that is held back is asked for in the split `test_passage` and stands in no other; a question that is held
    back in `validation` and `test_wording` only.
    """

    def __init__(
        self,
        voice: Voice,
        passages: Sequence[PassageText],
        wordings: Mapping[str, PassageWordings],
        figures_stand: FiguresStand,
    ) -> None:
        self._voice = voice
        self._figures_stand = figures_stand
        self._wordings = {key: tuple(said.zh if voice.language == "zh" else said.en) for key, said in wordings.items()}
        self._fits = {passage.id: Fit(self._asked(passage), voice.language) for passage in passages}
        learned = [passage for passage in passages if not passage_is_held(passage.id)]
        asked = [(passage, question) for passage in passages for question in self._asked(passage)]
        pools = wording_pools(question for _, question in asked)
        held = {question for passage, question in asked if passage_is_held(passage.id)}
        self._pools: dict[Split, list[tuple[PassageText, str]]] = {split: [] for split in SPLITS}
        for passage, question in asked:
            if passage_is_held(passage.id):
                self._pools["test_passage"].append((passage, question))
            elif question not in held:
                self._pools[pools[question]].append((passage, question))
        self._held = tuple(question for question, pool in pools.items() if pool == "test_wording")
        self._learned = learned
        self._alike = self._neighbours(learned)
        self._for = {
            audience: [passage for passage in learned if passage.audience == audience]
            for audience in voice.forms.questions.relatives
        }

    def answered(self, rng: random.Random, split: Split) -> Draft:
        """A question of a passage, and what the passage says to it."""
        passage, plain = self._pick(split, rng)
        question, frame = self._voice.ask(plain, rng, split)
        core, whole = self._core(passage, plain, frame.wants, rng)
        change, changed = self._change(passage, plain, core, rng, split)
        answer = self._voice.answers.framed(change(core), frame.wants, rng)
        evidence = self._beside(change(whole), passage, plain, rng)
        return Draft("passage", change(question), evidence, answer, _source(changed), passage.id)

    def went_on(self, rng: random.Random, split: Split) -> Draft:
        """ "Tell me more": what the first answer left out."""
        passage, plain = self._pick(split, rng)
        question, _ = self._voice.ask(plain, rng, split)
        parts = self._voice.answers.parts(self._text(passage))
        cut = rng.randrange(1, len(parts)) if len(parts) > 1 else 1
        said, rest = self._voice.answers.join(parts[:cut]), self._voice.answers.join(parts[cut:])
        whole = self._text(passage)
        change, changed = self._change(passage, plain, whole, rng, split)
        forms = self._voice.forms.answers
        answer = change(rest) if rest else rng.choice(forms.nothing_more)
        evidence = (change(whole), *self._others(passage, plain, rng, rng.choice((0, 1))))
        history = (("patient", change(question)), ("robot", change(said)))
        more = rng.choice(forms.more.ask)
        return Draft("follow_up", more, evidence, answer, _source(changed), passage.id, history)

    def for_another(self, rng: random.Random, split: Split) -> Draft | None:
        """ "And for my mother?": a passage that is for somebody else. None where no passage is."""
        audience = rng.choice(tuple(self._for))
        if split != "train" or not self._for[audience]:
            return None
        passage = rng.choice(self._for[audience])
        near = [pair for pair in self._pools[split] if pair[0].topic == passage.topic and pair[0].audience == "adults"]
        if not near:
            return None
        first, plain = rng.choice(near)
        said, _ = self._core(first, plain, "short", rng)
        forms = self._voice.forms.questions
        question = rng.choice(forms.and_for).replace("{group}", rng.choice(forms.relatives[audience]))
        core, whole = self._core(passage, f"{plain} {question}", "any", rng)
        change, changed = self._change(passage, plain, core, rng, split)
        evidence = ordered(change(whole), [self._text(first)], rng)
        history = (("patient", plain), ("robot", said))
        return Draft("follow_up", question, evidence, change(core), _source(changed), passage.id, history)

    def unanswerable(self, rng: random.Random, split: Split) -> Draft:
        """A question whose evidence is on another topic."""
        passage, plain = self._pick(split, rng)
        question, _ = self._voice.ask(plain, rng, split)
        away = [other for other in self._learned if other.topic != passage.topic]
        evidence = tuple(self._text(other) for other in rng.sample(away, rng.choice((1, 2, 2, 3))))
        answer = rng.choice(self._voice.forms.answers.unknown)
        return Draft("unanswerable", question, evidence, answer, "passages")

    def leaks(self, draft: Draft) -> bool:
        """Whether the patient asks a question that is held back: a word that was lost may turn another into it."""
        asked = " ".join((draft.question.lower(), *(text for role, text in draft.history if role == "patient")))
        return any(question in asked for question in self._held)

    def some_evidence(self, rng: random.Random) -> tuple[str, ...]:
        """One or two passages, whatever they say."""
        return tuple(self._text(passage) for passage in rng.sample(self._learned, rng.choice((1, 2))))

    def _pick(self, split: Split, rng: random.Random) -> tuple[PassageText, str]:
        """A question that belongs to `split`, and its passage."""
        return rng.choice(self._pools[split])

    def _core(self, passage: PassageText, question: str, wish: Wish, rng: random.Random) -> tuple[str, str]:
        """An answer from `passage`, and the passage's text."""
        whole = self._text(passage)
        fit = self._fits[passage.id]
        copied = self._voice.answers.copied(whole, question, fit, wish, rng)
        wordings = self._wordings.get(passage.id, ())
        if wordings and wish not in ("long", "clinical") and rng.random() < 0.5:
            worded = self._voice.answers.worded(wordings, question, fit, rng)
            if fit.score(worded, question) >= fit.score(copied, question) and self._figures_stand(worded, (whole,)):
                return worded, whole
        return copied, whole

    def _change(
        self, passage: PassageText, question: str, core: str, rng: random.Random, split: Split
    ) -> tuple[Change, bool]:
        """A change of the passage that leaves the answer true to it, or none; and whether there is one."""
        if rng.random() >= _CHANGED:
            return _same, False
        mutator, whole = self._voice.mutator, self._text(passage)
        steps = [mutator.figures(whole, rng)]
        if rng.random() < 0.75:
            steps.append(mutator.organisation(whole, question, core, rng, held=split != "train"))
        if rng.random() < 0.7:
            steps.append(mutator.words(f"{whole} {question}", rng))

        def change(text: str) -> str:
            for step in steps:
                text = step(text)
            return text

        changed = change(whole)
        if changed == whole or not self._figures_stand(change(core), (changed,)):
            return _same, False
        return change, True

    def _beside(self, answering: str, passage: PassageText, question: str, rng: random.Random) -> tuple[str, ...]:
        """The passage that answers with others; where these were found by the question too, it comes first."""
        number = how_many_others(rng)
        found = [other for other in self._alike[question] if other is not passage]
        if number and len(found) >= number and rng.random() < 0.5:
            return (answering, *(self._varied(other, rng) for other in found[:number]))
        return ordered(answering, self._others(passage, question, rng, number), rng)

    def _others(self, passage: PassageText, question: str, rng: random.Random, number: int) -> list[str]:
        """`number` passages that the question does not find."""
        found = self._alike[question]
        away = [other for other in rng.sample(self._learned, number + _ALIKE + 1) if other not in found]
        return [self._varied(other, rng) for other in away if other is not passage][:number]

    def _varied(self, passage: PassageText, rng: random.Random) -> str:
        """Its text, half of the time with other figures."""
        text = self._text(passage)
        return self._voice.mutator.figures(text, rng)(text) if rng.random() < 0.5 else text

    def _neighbours(self, learned: Sequence[PassageText]) -> dict[str, list[PassageText]]:
        """For each question those of `learned` that a search for its words finds first."""
        language = self._voice.language
        documents = [
            [*terms(self._title(passage), language), *terms(self._text(passage), language)]
            + [term for question in self._asked(passage) for term in sorted(terms(question, language))]
            for passage in learned
        ]
        index = Bm25Index.of(documents)
        questions = (question for pool in self._pools.values() for _, question in pool)
        return {
            question: [learned[number] for number, _ in index.search(sorted(terms(question, language)), _ALIKE)]
            for question in questions
        }

    def _text(self, passage: PassageText) -> str:
        return passage.text.zh if self._voice.language == "zh" else passage.text.en

    def _title(self, passage: PassageText) -> str:
        return passage.title.zh if self._voice.language == "zh" else passage.title.en

    def _asked(self, passage: PassageText) -> list[str]:
        return passage.questions.zh if self._voice.language == "zh" else passage.questions.en


def _same(text: str) -> str:
    return text


def _source(changed: bool) -> str:
    return "passages, changed" if changed else "passages"
