"""From a decision's effect to guarded sentences, down the ladder: configured GPT → reviewed passage → fixed phrase.

No sentence leaves here that the guard did not pass. A rung that fails, is late with its first sentence, or is blocked
before it said anything of the evidence, makes room for the next one. A guard that fails itself forbids everything but
fixed phrases.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from dialogs.model import Phrases
from robot.errors import GeneratorError
from robot.events import Answer, Blocked, Decision, Fault, Language, Passage, Rung, Say, Sentence, Source
from robot.stages import Generator, Guard, ReadsAhead
from robot.think.denials import NEGATION
from robot.think.phrasebook import Phrasebook
from robot.think.terms import mixed_terms

_NEXT_SENTENCE_S = 8.0
"""A rung that began an answer gets so long for each further sentence, while what it wrote before is sounding."""

FILLER = "one_moment"
"""The phrase that breaks a silence; it answers nothing."""

_GUARD_FAILED = ("guard_failed",)
_REPEATED = ("form.repeated",)
"""A model that says a sentence twice has lost its thread: the answer is over."""
_LEAST_SHARED = 0.34
"""Share of a sentence's words that its passage must have, for it to be said to come from there."""


class Splitter(Protocol):
    """Cuts a stream of text into sentences; see `robot.speak.split`."""

    def push(self, piece: str) -> list[str]: ...

    def flush(self) -> list[str]: ...


class Composer:
    """Writes what the robot says.

    `ladder` holds the rungs, best first; `deadline_s` is the time for a rung's first sentence (the dead-air limit less
    what recognition and synthesis take).
    """

    def __init__(
        self,
        ladder: Sequence[tuple[Rung, Generator]],
        guard: Guard,
        split: Callable[[Language], Splitter],
        phrases: Phrases,
        *,
        deadline_s: float = 1.2,
    ) -> None:
        self._ladder = ladder
        self._guard = guard
        self._split = split
        self._phrases = Phrasebook(phrases)
        self._deadline_s = deadline_s
        self._evidence: tuple[Passage, ...] = ()
        """What the last answer rested on: its sentences may be asked for again."""

    def watch(self, decision: Decision) -> None:
        """Tell the guard of a red flag, and of its end."""
        if decision.red_flags:
            self._guard.flagged = True
        elif decision.intent == "emergency_cleared":
            self._guard.flagged = False

    def prepare(self, draft: Answer) -> None:
        """Let the best rung read ahead what is known of the next prompt, if it can; see `ReadsAhead`."""
        generator = self._ladder[0][1]
        if isinstance(generator, ReadsAhead):
            generator.prepare(draft)

    async def sentences(self, effect: Say | Answer) -> AsyncGenerator[Sentence | Blocked | Fault, None]:
        """The sentences of `effect` that may be spoken, and what was stopped or failed on the way."""
        if isinstance(effect, Say):
            for sentence in effect.sentences:
                for fixed in self._fixed(sentence):
                    yield fixed
            return
        self._evidence = effect.evidence
        source: Source | None = None
        for rung, generator in self._ladder:
            said = stopped = declined = False
            async with aclosing(self._rung(rung, generator, effect)) as items:
                async for item in items:
                    if isinstance(item, Sentence):
                        said = True
                        declined = declined or bool(NEGATION.search(item.text.lower()))
                        source = source or next(iter(item.sources), None)
                    else:
                        stopped = True
                    yield item
            # What says nothing of its own but "here is what I know" is no answer; "I do not know that" is one.
            if source is not None or (said and declined and not stopped):
                if source is not None:
                    for fixed in self._fixed(
                        self._phrases.sentence("answer_source", effect.language, {"org": source.org})
                    ):
                        yield fixed
                return
        yield self._phrases.sentence("cannot_say", effect.language)

    def filler(self, language: Language) -> Say:
        """What breaks a silence that lasts too long."""
        return Say((self._phrases.sentence(FILLER, language),))

    def _fixed(self, sentence: Sentence) -> list[Sentence | Blocked]:
        """A fixed phrase, or words said again, in single sentences; blocked as a whole when the guard forbids them."""
        rules = self._forbidden(sentence, () if sentence.rung == "phrase" else self._evidence)
        if rules and sentence.interruptible:
            blocked = Blocked(rules, sentence.topic, sentence.rung)
            return [blocked, self._phrases.sentence("cannot_say", sentence.language)]
        return [_like(sentence, text) for text in _all(self._split(sentence.language), sentence.text)]

    async def _rung(
        self, rung: Rung, generator: Generator, answer: Answer
    ) -> AsyncGenerator[Sentence | Blocked | Fault, None]:
        said: set[str] = set()
        texts = self._texts(generator, answer)
        try:
            while True:
                async with asyncio.timeout(_NEXT_SENTENCE_S if said else self._deadline_s):
                    text = await anext(texts, None)
                if text is None:
                    return
                sentence = _sentence(text, answer.evidence, answer.language, rung)
                if rules := self._forbidden(sentence, answer.evidence) or (_REPEATED if text in said else ()):
                    yield Blocked(rules, sentence.topic, rung)
                    return
                said.add(text)
                yield sentence
        except TimeoutError:
            yield Fault("generator_late", "trouble_thinking")
        except GeneratorError as error:
            yield Fault(error.code, "trouble_thinking")
        finally:
            await texts.aclose()

    async def _texts(self, generator: Generator, answer: Answer) -> AsyncGenerator[str, None]:
        splitter = self._split(answer.language)
        async with aclosing(generator.generate(answer)) as pieces:
            async for piece in pieces:
                for text in splitter.push(piece):
                    yield text
        for text in splitter.flush():
            yield text

    def _forbidden(self, sentence: Sentence, evidence: Sequence[Passage]) -> tuple[str, ...]:
        try:
            return self._guard.check(sentence, evidence)
        except Exception as error:  # noqa: BLE001 — a guard is replaceable; whatever breaks in it must not let words pass
            logging.getLogger(__name__).error("The guard failed (%s): it forbids.", type(error).__name__)
            return _GUARD_FAILED


def _all(splitter: Splitter, text: str) -> list[str]:
    return [*splitter.push(text), *splitter.flush()]


def _like(sentence: Sentence, text: str) -> Sentence:
    return Sentence(text, sentence.language, sentence.topic, sentence.rung, sentence.interruptible, sentence.sources)


def _sentence(text: str, evidence: Sequence[Passage], language: Language, rung: Rung) -> Sentence:
    """`text` with the source that it comes from; without one where it says nothing that stands in the evidence."""
    ground = evidence[0] if rung == "passage" else _ground(text, evidence)
    if ground is None:
        return Sentence(text, language, evidence[0].id, rung)
    return Sentence(text, language, ground.id, rung, sources=(ground.source,))


def _ground(text: str, evidence: Sequence[Passage]) -> Passage | None:
    """The passage that a sentence was written from: the one it stands in, else the first that shares most words."""
    for passage in evidence:
        if text in passage.text:
            return passage
    words = frozenset(mixed_terms(text))
    shared = [len(words.intersection(mixed_terms(passage.text))) for passage in evidence]
    most = max(shared)
    # "Many people ask that" shares a word with any passage about people.
    return evidence[shared.index(most)] if most >= _LEAST_SHARED * len(words) and most else None
