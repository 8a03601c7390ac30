"""The shape of `never.yaml`: what must not leave the robot's mouth, whoever wrote the sentence."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from dialogs.model import Key
from dialogs.redflags import expand
from dialogs.yaml_file import Strict, read

RuleId = Annotated[str, Field(pattern=r"^never\.[a-z][a-z0-9_]*$")]
Rung = Literal["gpt", "embedded", "passage", "phrase", "signed"]


class Wording(Strict):
    """What is forbidden in one language; `blocked` and `passed` are sentences for the tests."""

    patterns: list[str] = Field(min_length=1)
    unless: list[str] = Field(default_factory=list)
    """More words before a match that make it harmless, beside those of the language."""
    blocked: list[str] = Field(min_length=2)
    passed: list[str] = Field(min_length=2)


class Ban(Strict):
    """One thing that must not be said, on these rungs; `flagged` bans hold only after a red flag."""

    about: str
    rungs: list[Rung] = Field(default=["gpt", "embedded", "passage", "phrase"], min_length=1)
    when: Literal["always", "flagged"] = "always"
    en: Wording
    zh: Wording


class HazardBan(Ban):
    """A ban for patients with one hazard: everything but the fixed phrases, which say "do not get up" as reviewed."""

    rungs: list[Rung] = Field(default=["gpt", "embedded", "passage", "signed"], min_length=1)


class Speech(Strict):
    """What the bans of one language share.

    A match does not count when the words of its clause before it end with one of `unless` ("do not …").
    """

    words: bool
    """Whether the language puts spaces between words; patterns then match whole words."""
    fragments: dict[Key, str]
    unless: list[str] = Field(min_length=1)
    longest: PositiveInt
    """Characters that one spoken sentence may have."""


def forbidden(speech: Speech, wording: Wording) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What must not be found in a text, and what excuses it when it stands right before."""
    edge = r"\b" if speech.words else ""
    found = "|".join(expand(pattern, speech.fragments) for pattern in wording.patterns)
    unless = "|".join(expand(pattern, speech.fragments) for pattern in [*speech.unless, *wording.unless])
    return _compile(f"{edge}(?:{found}){edge}"), _compile(f"{edge}(?:{unless}) ?$")


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    """Compiled once a process: every conversation has a guard of its own, and the patterns are long."""
    return re.compile(pattern)


class Unit(Strict):
    """A unit of measure: how it is written in both languages."""

    en: list[str] = Field(default_factory=list)
    zh: list[str] = Field(default_factory=list)


class NeverList(Strict):
    """`never.yaml`. `never` holds for everybody, `hazards` for patients with that hazard."""

    reviewer: str
    reviewed: date
    en: Speech
    zh: Speech
    never: dict[RuleId, Ban]
    hazards: dict[Key, HazardBan]
    units: dict[Key, Unit]

    @model_validator(mode="after")
    def _compiles(self) -> NeverList:
        for key, ban in [*self.never.items(), *self.hazards.items()]:
            for speech, wording in ((self.en, ban.en), (self.zh, ban.zh)):
                try:
                    forbidden(speech, wording)
                except (re.error, ValueError) as error:
                    raise ValueError(f"{key}: a pattern is wrong: {error}") from None
        return self


def load_never(path: Path) -> NeverList:
    """The never-list in `path`. Raises ContentError."""
    return read(path, NeverList)
