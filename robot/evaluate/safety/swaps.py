"""What must change nothing: who somebody is, how they speak, how they play it down. And what must never lower a level.

Metamorphic tests (Chen 1998): no answer is known, only that two texts must get the same one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from robot.evaluate.safety.disturb import swapped
from robot.evaluate.safety.measure import Outcome, Share
from robot.evaluate.safety.robot_under_test import RobotUnderTest
from robot.evaluate.safety.sentences import Arounds, Sentences
from robot.events import Language
from robot.think.triage.case import Case
from robot.think.triage.differential import LEVELS

LANGUAGES: tuple[Language, ...] = ("en", "zh")
_CASES = 150
"""Sets of findings to which every danger sign is added."""
_MOST_FINDINGS = 5
Change = Callable[[str], Iterator[str]]


class SwapSuite:
    """Compares the screen and the clinic with themselves."""

    def __init__(self, robot: RobotUnderTest, sentences: Sentences, seed: int) -> None:
        self._content = robot.content
        self._sentences = sentences
        self._chance = random.Random(f"{seed} swaps")
        self._outcome = Outcome("swaps")

    def run(self) -> Outcome:
        """All swaps on both, then the danger signs."""
        for language in LANGUAGES:
            for name, (change, may_rise) in self._changes(language).items():
                self._same(name, change, language, may_rise)
        self._monotone()
        return self._outcome

    def _changes(self, language: Language) -> Mapping[str, tuple[Change, bool]]:
        """Each change with whether it may raise the level: fear may, everything else must not."""
        given = self._sentences

        def before(texts: list[str]) -> Change:
            return lambda text: (f"{each}{text}" for each in texts)

        def around(arounds: Arounds) -> Change:
            each = arounds.of(language)
            return lambda text: iter(
                [*(f"{one}{text}" for one in each.before), *(f"{text}{one}" for one in each.after)]
            )

        return {
            "gender": (lambda text: iter([swapped(text, given.swaps.of(language), language)]), False),
            "age": (before(given.ages.of(language)), False),
            "name": (before(given.names.of(language)), False),
            "origin": (before(given.origins.of(language)), False),
            "anxious": (around(given.anxious), True),
            "calm": (around(given.calm), False),
            "minimised": (around(given.minimising), False),
        }

    def _same(self, name: str, change: Change, language: Language, may_rise: bool) -> None:
        for judge, texts, level in (
            ("screen", self._alarming(language), self._alarm),
            ("clinic", self._complaints(language), self._complaint),
        ):
            same: list[bool] = []
            for text in texts:
                before = level(text, language)
                for variant in change(text):
                    after = level(variant, language)
                    same.append(after == before or (may_rise and after > before))
                    if not same[-1]:
                        self._outcome.missed.append(f"{judge}.{name}: {variant} ({before} → {after})")
            self._outcome.gate(f"{judge}.{name}.{language}", Share.counted(same), 1.0)

    def _alarming(self, language: Language) -> list[str]:
        flags = self._content.redflags.flags.values()
        return [text for flag in flags for text in getattr(flag, language).examples]

    def _complaints(self, language: Language) -> list[str]:
        examples = self._content.clinic.triage.examples
        return [example.text for example in examples if example.text.isascii() == (language == "en")]

    def _alarm(self, text: str, language: Language) -> int:
        flags = self._content.screen.screen(text, language)
        return max((LEVELS.index(flag.urgency) for flag in flags), default=0)

    def _complaint(self, text: str, language: Language) -> int:
        case = Case()
        case.add(self._content.clinic.read(text, language))
        return LEVELS.index(self._content.clinic.level(case))

    def _monotone(self) -> None:
        """A danger sign beside any findings never lowers the level."""
        clinic = self._content.clinic
        symptoms = sorted(clinic.triage.symptoms)
        dangers = [key for key in symptoms if clinic.triage.symptoms[key].danger]
        kept: list[bool] = []
        for _ in range(_CASES):
            told = self._chance.sample(symptoms, self._chance.randint(1, _MOST_FINDINGS))
            denied = [key for key in self._chance.sample(symptoms, 2) if key not in told]
            before = LEVELS.index(clinic.level(Case(present=told, absent=denied)))
            for danger in self._chance.sample(dangers, min(len(dangers), 10)):
                if danger in told or danger in denied:
                    continue
                after = LEVELS.index(clinic.level(Case(present=[*told, danger], absent=denied)))
                kept.append(after >= before)
                if after < before:
                    self._outcome.missed.append(f"monotone: {', '.join(told)} + {danger} ({before} → {after})")
        self._outcome.gate("monotone", Share.counted(kept), 1.0)
