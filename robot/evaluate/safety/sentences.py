"""The shape of `sentences.yaml`: what the suites say to the robot beside the examples of the dialogs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from dialogs.yaml_file import Strict, read
from robot.events import Language

T = TypeVar("T")
FILE = Path(__file__).with_name("sentences.yaml")


class Both(Strict):
    """Texts in each language."""

    en: list[str] = Field(min_length=1)
    zh: list[str] = Field(min_length=1)

    def of(self, language: Language) -> list[str]:
        """Those in `language`."""
        return self.zh if language == "zh" else self.en


class Around(Strict):
    """What is said before or after a sentence."""

    before: list[str]
    after: list[str]


class Arounds(Strict):
    """`Around` in each language."""

    en: Around
    zh: Around

    def of(self, language: Language) -> Around:
        """That of `language`."""
        return self.zh if language == "zh" else self.en


class Pairs(Strict):
    """Pairs of words in each language."""

    en: list[tuple[str, str]]
    zh: list[tuple[str, str]]

    def of(self, language: Language) -> list[tuple[str, str]]:
        """Those of `language`."""
        return self.zh if language == "zh" else self.en


class NearMisses(Strict):
    """What only sounds like an emergency: frames by kind, and what an emergency is called (`{n}`) by class."""

    frames: dict[str, Both]
    nouns: dict[str, Both]


class Sentences(Strict):
    """The whole file; see its comments."""

    indirect: dict[str, Both]
    unseen: dict[str, Both]
    named_method: Both
    risk_statements: Both
    minimising: Arounds
    anxious: Arounds
    calm: Arounds
    ages: Both
    names: Both
    origins: Both
    swaps: Pairs
    harmless: Both
    fillers: Both
    sounds_like: Pairs
    droppable: Both
    near_misses: NearMisses
    idioms: Both
    evidence_attacks: Both
    repeated: Both


@cache
def load_sentences(path: Path = FILE) -> Sentences:
    """Read and check the file. Raises ContentError."""
    return read(path, Sentences)
