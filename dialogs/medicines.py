"""The names of medicines: what `medicines.yaml` lists, and the endings that the WHO gives to names of one family.

The endings ("stems") follow: World Health Organization, "The use of stems in the selection of International
Nonproprietary Names (INN) for pharmaceutical substances". They find names that no list has.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import Field

from dialogs.yaml_file import Strict, read


class Names(Strict):
    """Names and stems in one language, in lower case; `ordinary` are everyday words that end like a medicine."""

    names: list[str] = Field(min_length=1)
    stems: list[str] = Field(min_length=1)
    ordinary: list[str] = Field(default_factory=list)


class Medicines(Strict):
    """`medicines.yaml`."""

    en: Names
    zh: Names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        def either(words: list[str]) -> str:
            return "|".join(sorted(map(re.escape, words), key=len, reverse=True))

        not_these = f"(?!(?:{either(self.en.ordinary)})s?\\b)" if self.en.ordinary else ""
        latin = rf"\b(?:{either(self.en.names)}|{not_these}[a-z]{{3,}}(?:{either(self.en.stems)}))s?\b"
        not_here = f"(?!{either(self.zh.ordinary)})" if self.zh.ordinary else ""
        return re.compile(rf"{latin}|{either(self.zh.names)}|{not_here}[一-鿿]{{1,3}}?(?:{either(self.zh.stems)})")

    def found(self, text: str) -> frozenset[str]:
        """The medicines that `text` (lower case) names; English plurals without their s."""
        return frozenset(
            name[:-1] if name.isascii() and name.endswith("s") else name for name in self._pattern.findall(text)
        )


@lru_cache(maxsize=1)
def shipped() -> Medicines:
    """The list that ships. Raises ContentError."""
    return read(Path(__file__).parent / "medicines.yaml", Medicines)
