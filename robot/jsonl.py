"""Commands that read JSON objects line by line and answer each with one object, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from robot.errors import FAILURES, InputError

Object = dict[str, Any]


def answered_lines(
    lines: Iterable[str],
    answer: Callable[[Object, int], Object],
    form: str,
    parse_float: Callable[[str], float] = float,
) -> Iterator[tuple[Object, bool]]:
    """(what `answer` makes of the object and its line's number, with the object's `id`; True) for each line.

    A bad line, and one that `answer` refuses, gets an object with `error` and False; `form` says how a line looks.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: Any = None
        try:
            item = _parsed(line, number, form, parse_float)
            identity = item.get("id")
            yield {"id": identity} | answer(item, number), True
        except FAILURES as error:
            yield {"id": identity, "error": {"code": error.code, "message": str(error)}}, False


def _parsed(line: str, number: int, form: str, parse_float: Callable[[str], float]) -> Object:
    try:
        item = json.loads(line, parse_float=parse_float)
    except (ValueError, RecursionError):  # ValueError: not JSON, or a number of thousands of digits
        raise InputError("line_invalid", f"Line {number} is not JSON.", form) from None
    if not isinstance(item, dict):
        raise InputError("line_invalid", f"Line {number} is not an object.", form)
    return item
