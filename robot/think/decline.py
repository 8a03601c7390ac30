"""Tells requests that are declined whatever the knowledge base has from those that only sound alike.

Learned (`robot.think.classify`) from the examples of `dialogs/requests.yaml` and from what patients ask and tell all
day (`robot.think.everyday`). Which class it is, is that of the most similar example. Measured on requests nobody had
seen: see `bedside evaluate safety`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialogs.requests import Requests
from robot.events import Language
from robot.think.classify import BilingualClassifier
from robot.think.embed import Embedder

LIKELY: dict[Language, float] = {"en": 0.6, "zh": 0.75}
"""Probability from which on a request is declined; Chinese is judged by its characters alone."""
_ELSEWHERE = 0.9
"""The same for English that has no word of care in it: of the safe prompts of XSTest 6 % are declined instead of 38, of
the harmful medical requests of MedSafetyBench 94 % instead of 96."""
_DESPAIR = "despair"
"""Who may mean himself gets a person on suspicion."""
_LIKELY_WORDS = 0.9
"""The same for English without an embedder."""
CERTAIN = 0.85
"""From here on it is declined even where the text tells of a complaint."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is declined: its class, which answer it gets, and how sure that is (0…1)."""

    kind: str
    say: str
    probability: float


class RequestFilter:
    """Made once for the content of a dialogs folder.

    everyday    what patients ask and tell, by language: none of it is declined
    """

    def __init__(
        self,
        requests: Requests,
        everyday: Callable[[Language], Sequence[str]],
        embedder: Embedder | None = None,
        cache: Path | None = None,
    ) -> None:
        self._requests = requests
        self._of_care = re.compile(rf"\b(?:{'|'.join(requests.of_care)})")

        def declined(language: Language) -> list[tuple[str, str]]:
            return [(text, kind) for kind, each in requests.decline.items() for text in getattr(each, language)]

        def harmless(language: Language) -> list[str]:
            texts = [text for each in requests.harmless.values() for text in getattr(each, language)]
            return [*texts, *everyday(language)]

        self._classifier = BilingualClassifier(declined, harmless, embedder, cache)

    def check(self, text: str) -> Refusal | None:
        """The refusal that `text` deserves, or None. The first call in a language takes seconds."""
        judged = self._classifier.judge(text)
        if judged.kind is None:
            return None
        say = self._requests.decline[judged.kind].say
        enough = LIKELY[judged.language]
        if judged.language == "en" and not judged.by_meaning:
            enough = max(enough, _LIKELY_WORDS)
        if judged.language == "en" and say != _DESPAIR and not self._of_care.search(text.lower()):
            enough = max(enough, _ELSEWHERE)
        if judged.probability < enough:
            return None
        return Refusal(judged.kind, say, round(judged.probability, 3))

    def warm(self) -> None:
        """Learn, or read what was learned, ahead of the first patient."""
        self._classifier.warm()
