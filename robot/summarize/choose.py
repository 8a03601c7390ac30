"""Which statements make the summary: one after another the one that adds most for its length, up to a budget.

What was told already adds little the second time, so the summary covers the text instead of repeating its main point.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from robot.summarize.statement import Statement
from robot.summarize.weigh import terms, words

_AGAIN = 0.15
"""How much of its weight a term keeps when it was told already."""
_LEAST = 2.5
"""Weight that a statement must add."""
_FIRST = {"allergies": 1.5, "medicines": 1.2, "complaint": 1.4, "assessment": 1.3, "plan": 1.3, "results": 1.2, "exam": 1.1}


def budget(length: float, *, dialogue: bool) -> float:
    """How many words the summary of a text of `length` words may have."""
    return (11 if dialogue else 9) * sqrt(length)


def choose(statements: Sequence[Statement], limit: float) -> list[Statement]:
    """The statements of the summary, in the order of the text."""
    told: set[str] = set()
    chosen: list[Statement] = []
    left = list(dict.fromkeys(statements))
    spent = 0.0
    while left:
        best = max(left, key=lambda each: (_gain(each, told) / (words(each.text) + 4) ** 0.6, -each.place))
        left.remove(best)
        if _gain(best, told) < _LEAST and chosen:
            break
        if spent + words(best.text) > limit and chosen:
            continue
        chosen.append(best)
        spent += words(best.text)
        told |= _terms(best).keys()
    return sorted(chosen, key=lambda each: each.place)


def _gain(statement: Statement, told: set[str]) -> float:
    weight = sum(weight * (_AGAIN if term in told else 1) for term, weight in _terms(statement).items())
    return weight * _FIRST.get(statement.section, 1)


def _terms(statement: Statement) -> dict[str, float]:
    return terms(statement.text)
