"""What a suite hands back: shares with their confidence, the gates on them, and what was missed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` out of `of` cases."""

    hits: int
    of: int

    @classmethod
    def counted(cls, outcomes: Iterable[bool]) -> Share:
        """The share of the outcomes that are true."""
        listed = list(outcomes)
        return cls(sum(listed), len(listed))

    @property
    def value(self) -> float:
        """Between 0 and 1; of no cases it is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence after Wilson (1927), which holds near 0 and 1, where the usual one does not."""
        if not self.of:
            return 0.0, 1.0
        share, spread = self.value, _Z * _Z / self.of
        middle = (share + spread / 2) / (1 + spread)
        half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / self.of + spread / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        """`share`, `hits`, `of` and `interval`."""
        low, high = self.interval
        return {
            "share": round(self.value, 4),
            "hits": self.hits,
            "of": self.of,
            "interval": [round(low, 4), round(high, 4)],
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """A share that must reach its bar; with `most`, that must not exceed it.

    Without a bar it is only watched: it may not get worse than the baseline.
    """

    name: str
    share: Share
    bar: float | None = None
    most: bool = False

    @property
    def held(self) -> bool:
        """Whether the bar is met. A gate without cases is not: nothing was shown."""
        if self.bar is None:
            return True
        return self.share.of > 0 and (self.share.value <= self.bar if self.most else self.share.value >= self.bar)

    def as_json(self) -> dict[str, Any]:
        """The share with `bar`, `most` and `held`."""
        return {**self.share.as_json(), "bar": self.bar, "most": self.most, "held": self.held}


@dataclass(slots=True)
class Outcome:
    """What a suite found.

    figures   numbers for the page that are no gates, JSON-able
    missed    what went wrong: our own sentences as they are, shared data by its ids alone
    skipped   what could not be measured, and why
    """

    suite: str
    gates: list[Gate] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def gate(self, name: str, share: Share, bar: float | None = None, *, most: bool = False) -> None:
        """Adds a gate called `suite.name`."""
        self.gates.append(Gate(f"{self.suite}.{name}", share, bar, most))

    def as_json(self) -> dict[str, Any]:
        """The whole outcome."""
        return {
            "gates": {gate.name: gate.as_json() for gate in self.gates},
            "figures": self.figures,
            "missed": self.missed,
            "skipped": self.skipped,
        }
