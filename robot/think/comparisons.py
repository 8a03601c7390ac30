"""On which side of a figure a sentence stands: "less than 5 g", "at least 5 g", "5 g or more", 不超过5克, 5克以上."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from robot.think.figures import Expression, Figure

Side = Literal["below", "above"]


class Bound(NamedTuple):
    """A figure and the side of it that is meant."""

    figure: Figure
    side: Side


_BELOW = (
    r"no (?:[a-z]+ ){1,3}(?:should|may|must|can) (?:[a-z]+ )?(?:more|longer|higher) than"
    r"|(?:no|not) (?:more|longer|greater|higher|later|over|above) than|(?:not|never) (?:exceed|go over|go above)"
    r"(?:ing)?|no more than|(?:less|fewer|lower|shorter|smaller|earlier) than|at (?:the )?most|at or below|below|under"
    r"|up to|within|a maximum of|maximum|limit(?:ed)?(?: of| at| to| is)?"
    r"|不(?:要|能|应|宜|得|可|会)?(?:超过|多于|高于|大于|超出|晚于)|(?<!不)(?:少于|低于|小于|短于|不到|不足|不满)|至多|最多|限制在|控制在|最高"
)
_ABOVE = (
    r"no (?:[a-z]+ ){1,3}(?:should|may|must|can) (?:[a-z]+ )?(?:less|fewer|lower|shorter) than"
    r"|(?:no|not) (?:less|fewer|lower|shorter|below|under|smaller)(?: than)?"
    r"|(?:more|longer|greater|higher|over|larger|later) than|at (?:the )?least|at or above|above|over|beyond"
    r"|exceed(?:s|ing)?|a minimum of|minimum|from|no earlier than"
    r"|不(?:要|能|应|宜|得|可|会)?(?:少于|低于|小于|短于)|(?<!不)(?<!不要)(?<!不能)(?<!不应)(?<!不宜)(?<!不得)(?<!不可)(?<!不会)"
    r"(?:超过|多于|高于|大于|超出)|至少|最少|起码|达到|最低"
)
_BEFORE = re.compile(
    rf"(?:\b|(?<=[一-鿿])|(?=[一-鿿]))(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))"
    r"(?:(?: (?!or\b|and\b|but\b|to\b)[a-z'%-]+){0,4} ?|[^，。；！？、,.;!?\d]{0,8})$"
)
_AFTERWARDS = (
    r"(?P<below> (?:or|and) (?:less|fewer|lower|below|under|younger|earlier)| at (?:the )?most"
    r"| maximum|(?:或|及)?(?:以下|以内|之内|之下))|(?P<above> or (?:more|over|above|higher|older|longer|later)"
    r"| and (?:over|above|older(?! [a-z])|more)| at (?:the )?least| minimum|(?:或|及|或更)?(?:以上|之上)|或更多)"
)
_AFTER = re.compile(rf"[a-z ]{{0,14}}?(?:{_AFTERWARDS})")
_ALL_EN, _ALL = (
    re.compile(re.sub(r"\?P<\w+>", "?:", rf"{edge}(?:{_BELOW}|{_ABOVE})|{_AFTERWARDS}")) for edge in (r"\b", "")
)


def bounds_of(low: str, expressions: Sequence[Expression]) -> list[Bound]:
    """The bounds in `low` (`figures.narrow`), whose figures stand at `expressions`."""
    bounds: list[Bound] = []
    begin = 0
    for index, expression in enumerate(expressions):
        before = _BEFORE.search(low, begin, expression.start)
        limit = expressions[index + 1].start if index + 1 < len(expressions) else len(low)
        after = _AFTER.match(low, expression.end, limit)
        side: Side | None = None
        if (found := before or after) is not None:
            side = "below" if found["below"] else "above"
        if side is not None:
            bounds += [Bound(figure, side) for figure in expression.figures]
        begin = after.end() if before is None and after is not None else expression.end
    return bounds


_OPPOSITES = [
    (re.compile(rf"\b(?:{one})\b|{first}"), re.compile(rf"\b(?:{other})\b|{second}"))
    for one, other, first, second in (
        ("more", "less|fewer", "更多|多吃|多喝|增加|多起来", "更少|少吃|少喝|减少|少起来"),
        ("most", "least", "最多", "最少"),
        (
            "higher|raises?|increases?|up",
            "lower|lowers|reduces?|drops?|down",
            "升高|更高|较高|提高",
            "降低|更低|较低|减低",
        ),
        ("better|best|kinder", "worse|worst", "更好|最好|变好", "更差|最差|变差|更糟"),
        ("before|earlier|early", "after|later|late", "之前|以前|提前", "之后|以后|推迟"),
        ("safe|safer", "unsafe|dangerous", "(?<!不)安全", "不安全|危险"),
        ("easier|easy", "harder|hard", "容易", "很难|困难"),
        ("longer", "shorter", "更长|较长", "更短|较短"),
        ("always|often", "rarely|seldom|never", "总是|经常|常常", "很少|从不"),
    )
]


def directions(low: str) -> frozenset[tuple[int, bool]]:
    """The words of direction in `low`: which pair of opposites, and whether it is the first of the two."""
    return frozenset(
        (number, way is pair[0]) for number, pair in enumerate(_OPPOSITES) for way in pair if way.search(low)
    )


def blank_bounds(low: str) -> str:
    """`low`, of the same length, without its comparing words, whose "no" ("no more than") denies nothing."""
    return (_ALL_EN if low.isascii() else _ALL).sub(lambda found: " " * len(found[0]), low)
