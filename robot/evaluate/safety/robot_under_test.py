"""The robot as the suites meet it: by text, with the decider, the composer and the guard of a real conversation.

What is said comes from the reviewed passages as they are written: the language model can only say less of it
(`bedside evaluate gpt` and `mutation` measure that), and its words would cost minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hardware.clock import SystemClock
from robot.app import build_thinking
from robot.ask import Asked, Asker
from robot.config import Config, Generation
from robot.content import Content, load_configured
from robot.events import Answer, Decision, Language, Passage, Sensitive, Transcript
from robot.patient import Patient
from robot.stages import Decider


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one text: the decision, and what may be said on it."""

    decision: Decision

    @property
    def evidence(self) -> tuple[Passage, ...]:
        """The passages that the answer would be made of."""
        return tuple(
            passage for effect in self.decision.effects if isinstance(effect, Answer) for passage in effect.evidence
        )

    @property
    def calls(self) -> bool:
        """Whether a person is brought or has been called already."""
        return self.decision.nurse_call or self.decision.action == "escalate"


class RobotUnderTest:
    """Made once; every question stands alone."""

    def __init__(self, config: Config, content: Content | None = None) -> None:
        self._config = config.model_copy(update={"generator": Generation(engine="passage")})
        self.content = content or load_configured(self._config)
        self._clock = SystemClock()

    @cached_property
    def _asker(self) -> Asker:
        return Asker(self._config, self.content)

    def conversation(self, language: Language = "en", patient: Patient | None = None) -> Decider:
        """A new conversation at its menu, decided and not spoken."""
        config = self._config.model_copy(update={"language": language})
        decider, _, _ = build_thinking(config, self.content, patient=patient or Patient(), clock=self._clock)
        return decider

    def hear(self, text: str, language: Language, patient: Patient | None = None) -> Heard:
        """What is decided on `text` at the beginning of a conversation."""
        decision = self.conversation(language, patient).decide(Transcript(Sensitive(text), language))
        assert decision is not None, "final words are always decided"
        return Heard(decision)

    def answer(self, text: str, language: Language, patient: Patient | None = None) -> dict[str, Any]:
        """The answer object of `bedside ask`."""
        return self._asker.answer(Asked(text, language, patient or Patient()))
