"""Turns about guidelines that do not exist: the question asks for one of their sentences, the evidence holds it."""

from __future__ import annotations

import random

from robot.learn.draft import Draft, Voice, how_many_others, ordered
from robot.learn.grammar import Fact, Guideline
from robot.learn.record import Split

_SOURCE = "grammar"


class Invented:
    """Makes turns in one language; words that are held back appear outside the training split only."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def answered(self, rng: random.Random, split: Split) -> Draft:
        """A question about one sentence of a guideline, beside up to two guidelines on like things."""
        voice, held = self._voice, split != "train"
        guideline = voice.grammar.guideline(rng, held=held)
        fact = self._asked_for(guideline, rng)
        question, frame = voice.ask(fact.question, rng, split)
        others = self._others(guideline, rng, held)
        answer = voice.answers.framed(self._answer(guideline, fact, frame.wants, rng), frame.wants, rng)
        evidence = ordered(guideline.text(voice.language), others, rng)
        return Draft("invented", question, evidence, answer, _SOURCE)

    def unanswerable(self, rng: random.Random, split: Split) -> Draft:
        """A question about something that the evidence does not speak of, though it sounds like it."""
        voice, held = self._voice, split != "train"
        asked = voice.grammar.guideline(rng, held=held)
        others = self._others(asked, rng, held, at_least=1)
        question, _ = voice.ask(asked.facts[0].question.replace(asked.group, asked.subject), rng, split)
        return Draft("unanswerable", question, tuple(others), rng.choice(voice.forms.answers.unknown), _SOURCE)

    def followed_up(self, rng: random.Random, split: Split) -> Draft:
        """The same for another group of people: the first answer is what was said before."""
        voice, held = self._voice, split != "train"
        first = voice.grammar.guideline(rng, held=held)
        second = voice.grammar.guideline(rng, held=held, like=first)
        asked, frame = voice.ask(first.facts[0].question, rng, split)
        said = self._answer(first, first.facts[0], frame.wants, rng)
        question = rng.choice(voice.forms.questions.and_for).replace("{group}", second.group)
        answer = self._answer(second, second.facts[0], "any", rng)
        evidence = ordered(second.text(voice.language), [first.text(voice.language)], rng)
        return Draft("follow_up", question, evidence, answer, _SOURCE, None, (("patient", asked), ("robot", said)))

    def clarify(self, rng: random.Random, split: Split) -> Draft:
        """A single word is no question yet."""
        voice, held = self._voice, split != "train"
        guideline = voice.grammar.guideline(rng, held=held, kind=rng.choice(("food", "drink", "activity", "rest")))
        word = guideline.subject
        answer = rng.choice(voice.forms.answers.clarify).replace("{word}", word)
        answer = answer.replace("{Word}", word[:1].upper() + word[1:])
        evidence = ordered(guideline.text(voice.language), self._others(guideline, rng, held), rng)
        return Draft("clarify", word, evidence, answer, _SOURCE)

    def some_evidence(self, rng: random.Random, split: Split) -> tuple[str, ...]:
        """One or two guidelines, whatever they say."""
        held = split != "train"
        texts = [self._voice.grammar.guideline(rng, held=held).text(self._voice.language) for _ in range(2)]
        return tuple(texts[: rng.choice((1, 2))])

    def _asked_for(self, guideline: Guideline, rng: random.Random) -> Fact:
        return guideline.facts[0] if rng.random() < 0.6 else rng.choice(guideline.facts)

    def _answer(self, guideline: Guideline, fact: Fact, wish: str, rng: random.Random) -> str:
        """The sentence asked for, word for word or in other words; all of them where much is asked for."""
        if wish == "long":
            return guideline.text(self._voice.language)
        core = fact.reworded if fact.reworded and rng.random() < 0.35 else fact.sentence
        at = guideline.facts.index(fact) + 1
        if wish != "short" and at < len(guideline.facts) and rng.random() < 0.25:
            core += ("" if self._voice.language == "zh" else " ") + guideline.facts[at].sentence
        return core

    def _others(self, guideline: Guideline, rng: random.Random, held: bool, at_least: int = 0) -> list[str]:
        texts = []
        for _ in range(max(at_least, how_many_others(rng))):
            kind = guideline.kind if rng.random() < 0.6 else None
            other = self._voice.grammar.guideline(rng, held=held, kind=kind)
            if not _share(other.subject, guideline.subject):
                texts.append(other.text(self._voice.language))
        if at_least and not texts:
            return self._others(guideline, rng, held, at_least)
        return texts


def _share(one: str, other: str) -> bool:
    """Whether two subjects may be taken for the same: they have a word, or in Chinese a character, in common."""
    return bool(_parts(one) & _parts(other))


def _parts(subject: str) -> set[str]:
    return set(subject.split(" ")) if subject.isascii() else set(subject)
