"""A YAML file read into a typed model; what does not fit is reported with file, line, key and value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

M = TypeVar("M", bound=BaseModel)

Location = tuple[str | int, ...]

_UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
"""What pydantic calls it in a model and in a dataclass."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as its version 1.2 reads it: `yes`, `no` and `on` are words, only `true` and `false` are not."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


class ContentError(Exception):
    """A file of `dialogs/` or `configs/` is wrong. The text names file, line, key and value on one line."""

    def __init__(self, path: Path | str, line: int | None, key: str, problem: str, value: object = ...) -> None:
        self.code = "content_invalid"
        self.path = str(path)
        self.line = line
        self.key = key
        self.advice = ""
        shown = "" if value is ... else f" (value: {_short(value)})"
        where = f"{path}:{line}" if line else str(path)
        self.message = f"{where}: {key + ': ' if key else ''}{problem}{shown}"
        super().__init__(self.message)


class Strict(BaseModel):
    """Base of every model that is read from a file: unknown keys fail, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_mapping(path: Path) -> tuple[dict[str, Any], dict[Location, int]]:
    """The mapping in a YAML file, and the line of every key in it. An empty file is an empty mapping.

    Raises ContentError: file missing, not UTF-8, not YAML, a duplicate key, or not a mapping at the top. The text holds
    no value of the file: a wrong one may be full of a patient's words.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContentError(path, None, "", "there is no such file") from None
    except OSError as error:
        raise ContentError(path, None, "", f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise ContentError(path, None, "", "cannot be read: not UTF-8 text") from None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Location, int] = {}
        if node is not None:
            _collect(path, node, (), lines)
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ContentError(path, line, "", f"not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ContentError(path, None, "", "not valid YAML: a character or a value in it cannot be read") from None
    if data is None:
        return {}, lines
    if not isinstance(data, dict):
        raise ContentError(path, 1, "", "a mapping (key: value) is expected at the top")
    return data, lines


def read_value(text: str, name: str) -> Any:
    """One YAML value that stands outside a file, as in the environment variable `name`. Raises ContentError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ContentError(name, None, "", "not valid YAML", text) from None


def read(path: Path, model: type[M]) -> M:
    """The file as `model`. Raises ContentError."""
    data, lines = read_mapping(path)
    return validate(data, model, path, lines)


def validate(data: Mapping[str, Any], model: type[M], path: Path | str, lines: Mapping[Location, int]) -> M:
    """`data` as `model`; of several problems an unknown key comes first: it explains one that is missing."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [(line_of(problem["loc"], lines), problem) for problem in error.errors(include_url=False)]
        line, first = min(problems, key=lambda pair: (pair[1]["type"] not in _UNKNOWN_KEY, pair[0] or 0))
        key = ".".join(str(part) for part in first["loc"])
        problem = "unknown key" if first["type"] in _UNKNOWN_KEY else first["msg"].removeprefix("Value error, ")
        value = ... if first["type"] == "missing" else first["input"]
        raise ContentError(path, line, key, problem, value) from None


def line_of(location: Location, lines: Mapping[Location, int]) -> int | None:
    """The line of the deepest part of `location` that stands in the file."""
    for end in range(len(location), 0, -1):
        if location[:end] in lines:
            return lines[location[:end]]
    return 1 if lines else None


def _collect(path: Path, node: yaml.Node, at: Location, lines: dict[Location, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, str(key.value))
            if here in lines:
                raise ContentError(path, key.start_mark.line + 1, ".".join(map(str, here)), "this key stands twice")
            lines[here] = key.start_mark.line + 1
            _collect(path, value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*at, index)] = value.start_mark.line + 1
            _collect(path, value, (*at, index), lines)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
