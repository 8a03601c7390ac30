"""Guidelines that do not exist, put together from `dialogs/training/guidelines.yaml`: they can only be copied.

Millions of them are possible, so that no model learns one by heart. Some words (foods, places, …) are held back and
appear in tests only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialogs.training import Guidelines, Range
from robot.events import Language
from robot.learn.split import halves

_SLOT = re.compile(r"\{(\w+)\}")
_HELD_BACK_FROM = 14
"""A slot with so many values keeps some of them for tests."""


@dataclass(frozen=True)
class Fact:
    """A sentence of a guideline, a question that it answers, and other words for it (empty: none)."""

    sentence: str
    question: str
    reworded: str


@dataclass(frozen=True)
class Guideline:
    """Its rule comes first. `subject` is what it is about, `group` whom it is for; `kind` is the kind of thing."""

    facts: tuple[Fact, ...]
    kind: str
    subject: str
    group: str
    slots: Mapping[str, str]

    def text(self, language: Language) -> str:
        """As a passage."""
        return joined([fact.sentence for fact in self.facts], language)


class Grammar:
    """Makes guidelines and names of organisations in one language."""

    def __init__(self, forms: Guidelines, language: Language) -> None:
        self._forms = forms
        self._language = language
        split = {slot: halves(values) for slot, values in forms.slots.items() if len(values) >= _HELD_BACK_FROM}
        learned = {slot: split[slot][0] if slot in split else values for slot, values in forms.slots.items()}
        tested = {slot: split[slot][1] if slot in split else values for slot, values in forms.slots.items()}
        self._values: dict[bool, Mapping[str, Sequence[str]]] = {False: learned, True: tested}

    def held_back(self, slot: str) -> tuple[str, ...]:
        """The values of `slot` that appear in tests only."""
        return tuple(value for value in self._values[True][slot] if value not in self._values[False][slot])

    def organisation(self, rng: random.Random, *, many: bool, held: bool) -> str:
        """The name of an organisation that does not exist; `many`: it takes a verb in the plural."""
        names = self._forms.organisation
        template = rng.choice(names.many if many and names.many else names.one)
        return self._fill(template, {}, rng, held)

    def guideline(
        self, rng: random.Random, *, held: bool, kind: str | None = None, like: Guideline | None = None
    ) -> Guideline:
        """A guideline of one to three sentences; of `like`'s subject, for another group, where that is given.

        `held`: from the words that are kept for tests.
        """
        name = like.kind if like else kind or rng.choice(tuple(self._forms.kinds))
        made = self._forms.kinds[name]
        many = bool(self._forms.organisation.many) and rng.random() < 0.4
        slots = {"org": self.organisation(rng, many=many, held=held), "s": "" if many else "s"}
        if like:
            slots["subject"] = like.subject
            if rng.random() < 0.5:
                slots |= {when: like.slots[when] for when in ("period", "often") if when in like.slots}
            others = [group for group in self._values[held]["group"] if group != like.group]
            slots["group"] = rng.choice(others or list(self._forms.slots["group"]))
        else:
            slots["subject"] = self._fill(rng.choice(made.subject), {}, rng, held)
            slots["group"] = rng.choice(self._values[held]["group"])
        slots["amount"] = self._amount(rng.choice(made.amounts), rng)
        aspects = [made.rule, *rng.sample(made.others, min(len(made.others), rng.choice((0, 1, 1, 1, 2, 2, 2))))]
        facts = tuple(
            Fact(
                self._fill(rng.choice(aspect.say), slots, rng, held),
                self._fill(rng.choice(aspect.ask), slots, rng, held),
                self._fill(rng.choice(aspect.reword), slots, rng, held) if aspect.reword else "",
            )
            for aspect in aspects
        )
        return Guideline(facts, name, slots["subject"], slots["group"], slots)

    def _fill(self, template: str, slots: dict[str, str], rng: random.Random, held: bool) -> str:
        """`template` with every slot filled; a slot that gets a value keeps it in `slots`."""

        def value(match: re.Match[str]) -> str:
            name = match[1].lower()
            if name not in slots:
                slots[name] = self._fill(rng.choice(self._values[held][name]), slots, rng, held)
            return capitalised(slots[name]) if match[1][0].isupper() else slots[name]

        return _SLOT.sub(value, template)

    def _amount(self, span: Range, rng: random.Random) -> str:
        steps = round((span.high - span.low) / span.step)
        low = rng.randrange(steps)
        high = rng.randint(low + 1, min(steps, max(low + 1, 3 * low + 2)))
        bound = rng.choice(self._forms.amounts.bounds)
        digits = rng.random() < 0.8
        small, large = (self._number(span.low + step * span.step, span, digits) for step in (low, high))
        gap = "" if self._language == "zh" or span.unit == "%" else " "
        at, _, rest = bound.rpartition("}")
        return f"{at}}}{gap}{span.unit}{rest}".replace("{n}", small).replace("{m}", large)

    def _number(self, value: float, span: Range, digits: bool) -> str:
        whole = round(value)
        words = self._forms.amounts.words
        if span.step == int(span.step):
            return words[whole] if not digits and span.unit != "%" and 2 <= whole < len(words) else str(whole)
        return f"{round(value, 1):g}"


def capitalised(text: str) -> str:
    """`text` with a capital at its beginning; the rest stays."""
    return text[:1].upper() + text[1:]


def joined(sentences: Sequence[str], language: Language) -> str:
    """Sentences in a row, as the language writes them."""
    return ("" if language == "zh" else " ").join(sentences)
