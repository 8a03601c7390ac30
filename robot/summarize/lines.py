"""A line of a summary: a label, words of the source, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robot.events import Language


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `sources` are `text:START-END` (characters of the text) or `Type/id` of a resource; never empty."""

    label: str
    text: str
    sources: tuple[str, ...]

    def __str__(self) -> str:
        joint = "：" if any("㐀" <= character <= "鿿" for character in self.label) else ": "
        return f"{self.label}{joint}{self.text}"


@dataclass(frozen=True)
class Summary:
    """The lines in the order in which they are read: what to check first, what is missing last."""

    lines: tuple[Line, ...] = ()
    checks: tuple[Line, ...] = ()
    gaps: tuple[Line, ...] = ()

    def all(self) -> tuple[Line, ...]:
        return (*self.checks, *self.lines, *self.gaps)

    def as_object(self) -> dict[str, Any]:
        """The object of the contract, without its id."""
        lines = self.all()
        return {
            "summary": "\n".join(map(str, lines)),
            "lines": [{"text": str(line), "sources": list(line.sources)} for line in lines],
        }


CHECK: dict[Language, str] = {"en": "Check", "zh": "请核对"}
"""The label of what does not fit together."""


def span(start: int, end: int) -> str:
    """The source that names these characters of the text."""
    return f"text:{start}-{end}"


def joined(sources: Sequence[str]) -> tuple[str, ...]:
    """Each source once, in order."""
    return tuple(dict.fromkeys(sources))
