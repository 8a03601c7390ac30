"""Other ways to say each passage: the answers that a small language model learns to give from its evidence.

Every wording is entailed by its passage and copies the passage's own words and figures, because copying is what the
model is to learn. Nothing here is spoken as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from dialogs.yaml_file import Strict, read

FILE = Path(__file__).parent / "training" / "wordings.yaml"

_PassageId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
_English = Annotated[str, Field(min_length=1, max_length=220)]
_Chinese = Annotated[str, Field(min_length=1, max_length=90)]


class PassageWordings(Strict):
    """Answers from one passage: the core in a sentence, a simple friendly one, one with the reason or the tip."""

    en: tuple[_English, ...] = Field(min_length=3)
    zh: tuple[_Chinese, ...] = Field(min_length=3)


class _File(Strict):
    wordings: dict[_PassageId, PassageWordings]


def load_wordings(path: Path = FILE) -> Mapping[str, PassageWordings]:
    """Passage id → its wordings, in the order of the file. Raises ContentError.

    Whether every id is that of a passage is for the caller to check, who has the passages.
    """
    return MappingProxyType(read(path, _File).wordings)
