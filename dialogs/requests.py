"""The shape of `requests.yaml`: what people ask for that is declined, and harmless requests that only sound alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from dialogs.model import Key
from dialogs.yaml_file import Strict, read


class Declined(Strict):
    """One class of requests that are declined. `say` names the answer: the intent `decline_<say>`."""

    about: str
    say: Key
    en: list[str] = Field(min_length=5)
    zh: list[str] = Field(min_length=5)


class Harmless(Strict):
    """One class of requests that are not."""

    about: str
    en: list[str] = Field(min_length=5)
    zh: list[str] = Field(min_length=5)


class Stories(Strict):
    """Frames of harmless talk: `{a}` and `{b}` stand for symptoms, `{c}` for a condition, `{m}` for a medicine."""

    en: list[str]
    zh: list[str]


class Requests(Strict):
    """`requests.yaml`. `of_care`: beginnings of English words by which a request is known to be about care."""

    reviewer: str
    reviewed: date
    of_care: list[Annotated[str, Field(pattern=r"^[a-z]{4,}$")]] = Field(min_length=1)
    decline: dict[Key, Declined]
    harmless: dict[Key, Harmless]
    stories: Stories


def load_requests(path: Path) -> Requests:
    """The requests in `path`. Raises ContentError."""
    return read(path, Requests)
