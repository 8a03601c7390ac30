"""Which statements make the summary: one after another the one that adds most for its length, up to a budget.

What was told already adds little the second time, so the summary covers the text instead of repeating its main point.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import sqrt

from robot.summarize.statement import Statement
from robot.summarize.weigh import terms, words

_AGAIN = 0.15
"""How much of its weight a term keeps when it was told already."""
_LEAST = 1.5
"""Weight that a statement must add."""
_ROOT = 10
"""A text of 100 words keeps nearly all, one of 1,600 a quarter: long talk repeats itself."""
_SMALL = 80
"""Words that a summary may always have."""
_OPENS = 1.5
"""What the first statement of a section adds: that there is something about it."""
_DENIED = 1.2
"""What was asked for and is absent is what a differential is made of, and short."""
_ASIDE = 0.7
"""What clinicians say that is neither finding nor plan is often said to keep the talk going."""
_FIRST = {
    "allergies": 1.5,
    "medicines": 1.2,
    "complaint": 1.4,
    "assessment": 1.3,
    "plan": 1.3,
    "results": 1.2,
    "exam": 1.1,
}


def budget(length: float) -> float:
    """How many words the summary of a text of `length` words may have."""
    return max(_SMALL, _ROOT * sqrt(length))


def choose(statements: Sequence[Statement], limit: float) -> list[Statement]:
    """The statements of the summary, in the order of the text."""
    told: set[str] = set()
    chosen: list[Statement] = []
    spent = 0.0
    heap = [(-_worth(each, told), each.place, number, each) for number, each in enumerate(dict.fromkeys(statements))]
    heapify(heap)
    while heap:
        _, place, number, best = heappop(heap)
        worth = _worth(best, told)
        if heap and -worth > heap[0][0]:  # worth less than when it was weighed; worth only ever falls
            heappush(heap, (-worth, place, number, best))
            continue
        if chosen and (_gain(best, told) < _LEAST or spent + words(best.text) > limit):
            continue
        chosen.append(best)
        spent += words(best.text)
        told |= _terms(best).keys()
    return sorted(chosen, key=lambda each: each.place)


def _worth(statement: Statement, told: set[str]) -> float:
    return _gain(statement, told) / sqrt(words(statement.text) + 4)


def _gain(statement: Statement, told: set[str]) -> float:
    weight = sum(weight * (_AGAIN if term in told else 1) for term, weight in _terms(statement).items())
    if statement.how in ("denies", "family_denies"):
        weight *= _DENIED
    return weight * (
        _ASIDE if (statement.section, statement.how) == ("symptoms", "clinician") else _FIRST.get(statement.section, 1)
    )


def _terms(statement: Statement) -> dict[str, float]:
    return terms(statement.text) | {f"section {statement.section}": _OPENS}
