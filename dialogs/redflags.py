"""The shape of `redflags.yaml`: how an emergency sounds, and how something sounds that only looks like one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dialogs.model import Key, Text
from dialogs.yaml_file import Strict, read

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")
_DEPTH = 5


def expand(pattern: str, fragments: Mapping[str, str]) -> str:
    """`pattern` with every `{name}` replaced by that fragment, which may itself use fragments.

    Raises ValueError: a fragment that is missing or contains itself.
    """
    for _ in range(_DEPTH):
        if not _FRAGMENT.search(pattern):
            return pattern
        try:
            pattern = _FRAGMENT.sub(lambda found: f"(?:{fragments[found[1]]})", pattern)
        except KeyError as error:
            raise ValueError(f"there is no fragment {{{error.args[0]}}}") from None
    raise ValueError(f"fragments are nested more than {_DEPTH} deep")


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> re.Pattern[str]:
    """Compiled once a process: checking the file and using it need the same patterns, and there are many."""
    return re.compile(pattern)


def whole(pattern: str, fragments: Mapping[str, str]) -> re.Pattern[str]:
    """Finds `pattern` as whole English words; Chinese has no word borders."""
    return _compile(f"(?<![a-z0-9])(?:{expand(pattern, fragments)})(?![a-z])")


def ending(pattern: str, fragments: Mapping[str, str]) -> re.Pattern[str]:
    """Finds `pattern` right before the end of what is searched."""
    return _compile(f"(?<![a-z])(?:{expand(pattern, fragments)}) ?$")


def beginning(pattern: str, fragments: Mapping[str, str]) -> re.Pattern[str]:
    """Matches `pattern` where the matching starts."""
    return _compile(f" ?(?:{expand(pattern, fragments)})(?![a-z])")


class NearMiss(Strict):
    """When a match is not meant: the words right `before` and right `after` it, in its own clause.

    Both are regular expressions that touch the match; `match` is how the match itself must begin. Whatever is given
    must hold. `unless` in the same sentence (`again`, `still`) keeps the flag. `not_for` lists the flags that the rule
    does not excuse, `only_for` those that alone it does.
    """

    before: str = ""
    match: str = ""
    after: str = ""
    unless: str = ""
    not_for: list[Key] = Field(default_factory=list)
    only_for: list[Key] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> NearMiss:
        if not (self.before or self.after):
            raise ValueError("a near-miss rule needs `before` or `after`")
        return self


class DenialLists(Strict):
    """How notes deny many things at once ("denies fever, cough or chest pain").

    Regular expressions over whole words of the text as it stands: `cues` begin a list, what matches `ends` between the
    cue and a match ends it.
    """

    cues: list[str] = Field(min_length=1)
    ends: str


class Grammar(Strict):
    """What all flags of one language share."""

    fragments: dict[Key, str]
    fillers: list[str]
    """Words and phrases that are taken out before anything is looked for: hesitation and minimising. No patterns."""
    heard_as: dict[str, list[str]] = Field(default_factory=dict)
    """What recognizers write for a word: further readings of the text, which can only add an alarm. English: single
    words; Chinese: of the same length as the word."""
    breaks: list[str]
    """Words that begin a new clause; a near-miss rule does not reach across them, nor across punctuation."""
    near_misses: dict[Key, list[NearMiss]]
    denied_lists: DenialLists


class Signs(Strict):
    """How one flag sounds in one language.

    `words` are beginnings of words (Chinese: any part), one of which stands near every match; only there are the
    `patterns` tried. What overlaps an `idioms` match is not meant. The rest is for the tests.
    """

    words: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    patterns: list[str] = Field(min_length=1)
    idioms: list[str] = Field(default_factory=list)
    examples: list[str] = Field(min_length=12)
    near_misses: list[str] = Field(min_length=6)


class Flag(Strict):
    """One class of emergency."""

    about: str
    urgency: Literal["emergency", "urgent"]
    ask: Text
    """Asked back when the flag was perhaps only misheard."""
    en: Signs
    zh: Signs


class RedFlags(Strict):
    """`redflags.yaml`."""

    reviewer: str
    reviewed: date
    en: Grammar
    zh: Grammar
    flags: dict[Key, Flag]

    @model_validator(mode="after")
    def _compiles(self) -> RedFlags:
        for language, grammar in (("en", self.en), ("zh", self.zh)):
            for key, flag in self.flags.items():
                signs = flag.en if language == "en" else flag.zh
                if language == "en" and any(len(word) < 3 for word in signs.words):
                    raise ValueError(f"flags.{key}.en.words: an English word needs three letters or more")
                for pattern in [*signs.patterns, *signs.idioms]:
                    _check(f"flags.{key}.{language}", whole, pattern, grammar.fragments)
            for pattern in grammar.breaks:
                _check(f"{language}.breaks", whole, pattern, grammar.fragments)
            for key, rules in grammar.near_misses.items():
                for rule in rules:
                    where = f"{language}.near_misses.{key}"
                    _check(where, ending, rule.before, grammar.fragments)
                    _check(where, beginning, rule.match, grammar.fragments)
                    _check(where, beginning, rule.after, grammar.fragments)
                    _check(where, whole, rule.unless, grammar.fragments)
                if unknown := {flag for rule in rules for flag in rule.not_for + rule.only_for} - self.flags.keys():
                    raise ValueError(f"{language}.near_misses.{key}: unknown flag {sorted(unknown)[0]!r}")
        return self


def _check(
    where: str, build: Callable[[str, Mapping[str, str]], re.Pattern[str]], pattern: str, fragments: Mapping[str, str]
) -> None:
    try:
        build(pattern, fragments)
    except (re.error, ValueError) as error:
        raise ValueError(f"{where}: {pattern!r}: {error}") from None


def load_redflags(path: Path) -> RedFlags:
    """The red flags in `path`. Raises ContentError."""
    return read(path, RedFlags)
