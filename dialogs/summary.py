"""The words of `summary.yaml`: by what a summary tells what a sentence is about and who speaks."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import Field, field_validator

from dialogs.yaml_file import Strict, read


def either(patterns: list[str]) -> str:
    """One pattern for any of `patterns`; Latin ones match whole words."""
    latin = [each for each in patterns if each.isascii()]
    other = [each for each in patterns if not each.isascii()]
    parts = [rf"(?<![a-z0-9])(?:{'|'.join(latin)})(?![a-z0-9])"] if latin else []
    return "|".join([*parts, *other])


class Section(Strict):
    """One section: what it is called, and the headings and words by which it is known."""

    en: str
    zh: str
    headings: list[str]
    cues: list[str]
    weight: float = 1.0
    """How much one of its cues weighs beside those of other sections."""

    @field_validator("headings", "cues")
    @classmethod
    def _patterns(cls, value: list[str]) -> list[str]:
        for each in value:
            try:
                re.compile(each)
            except re.error as error:
                raise ValueError(f"{each!r} is no regular expression: {error}") from None
        return value

    @cached_property
    def cue(self) -> re.Pattern[str] | None:
        return re.compile(either(self.cues)) if self.cues else None

    @cached_property
    def heading(self) -> re.Pattern[str]:
        return re.compile("|".join(self.headings))


class Clinical(Strict):
    """Words that make a sentence worth keeping."""

    en: str
    endings: list[str]
    zh: list[str]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(self.en.split())

    def ends(self, word: str) -> bool:
        """Whether `word` ends as words of disease, operation and examination do."""
        return word.endswith(tuple(self.endings)) and len(word) > 6

    @cached_property
    def chinese(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.zh)))


class Speakers(Strict):
    """The labels before what somebody says, in lower case."""

    clinician: list[str] = Field(min_length=1)
    patient: list[str] = Field(min_length=1)
    family: list[str] = Field(min_length=1)


class SummaryWords(Strict):
    """`summary.yaml`."""

    sections: dict[str, Section]
    speakers: Speakers
    clinical: Clinical
    chatter: list[str]
    instructions: list[str]

    @cached_property
    def is_chatter(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{each})" for each in self.chatter))

    @cached_property
    def is_instruction(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{each})" for each in self.instructions))


@lru_cache(maxsize=1)
def shipped() -> SummaryWords:
    """The words that ship. Raises ContentError."""
    return read(Path(__file__).parent / "summary.yaml", SummaryWords)
