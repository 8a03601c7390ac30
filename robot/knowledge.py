"""`bedside knowledge import`: a file of questions and answers, or a folder of Markdown, into a searchable library.

    JSONL     {"id", "question", "answer", "focus"?, "question_type"?, "source"?, "url"?} a line, as MedQuAD has it
    Markdown  every heading with the text below it is one document; its id is the file's path and the heading

A wrong line stops the import and is named; the library stays as it was. What is imported is searched by
`bedside retrieve`. It is not spoken: nobody has reviewed it, and the dialogs answer from `dialogs/knowledge` alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robot.config import Config
from robot.content import make_embedder
from robot.errors import InputError
from robot.folders import data_folder
from robot.think.embed import Embedder, Floats
from robot.think.library import Document, Library
from robot.think.library_build import Imported, build

if TYPE_CHECKING:
    from rich.console import Console

BUILT_IN = "built-in"
"""The name under which `retrieve` knows the passages that ship."""

_LONGEST_LINE = 4_000_000
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_AT_ONCE = 64
"""Texts that one thread embeds before it reports."""


def import_knowledge(source: Path, config: Config, name: str | None, console: Console) -> int:
    """Import `source` into the library `name` (default: the configured one), with a progress bar. Returns 0.

    Raises InputError, ModelError, HardwareError.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    folder = library_folder(config, name)
    documents, empty = read_documents(source)
    embedder = make_embedder(config)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("embedding", total=None)
        imported = imported_into(
            folder, documents, embedder, lambda done, all_: bar.update(task, completed=done, total=all_)
        )
    left_out = f"; {empty} without an answer left out" if empty else ""
    console.print(
        f"{imported.size} documents are in {folder.name}; {imported.embedded} texts were new{left_out}.",
        highlight=False,
    )
    return 0


def imported_into(
    folder: Path, documents: list[Document], embedder: Embedder | None, progress: Callable[[int, int], None]
) -> Imported:
    """Make `documents` the content of the library in `folder`; `progress` hears texts embedded, and of how many."""

    def embed(texts: list[str]) -> Floats:
        assert embedder is not None, "without a name nothing is embedded"
        return embedded(texts, embedder, progress)

    return build(folder, documents, embedder.name if embedder else "", embed)


def embedded(texts: list[str], embedder: Embedder, progress: Callable[[int, int], None]) -> Floats:
    """The vectors of many texts, computed on all cores: texts of like length together, the longest first."""
    vectors = np.empty((len(texts), embedder.size), np.float32)
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    groups = [order[at : at + _AT_ONCE] for at in range(0, len(order), _AT_ONCE)]
    done = 0
    progress(done, len(texts))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for group, found in zip(
                groups, pool.map(lambda g: embedder.embed([texts[i] for i in g]), groups), strict=True
            ):
                vectors[group] = found
                done += len(group)
                progress(done, len(texts))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return vectors


# ---- where libraries are ---------------------------------------------------------------------------------------------


def library_folder(config: Config, name: str | None = None) -> Path:
    """The folder of the library `name`, or of the configured one. Raises InputError (`name_invalid`)."""
    name = name or config.knowledge.library
    if not _NAME.fullmatch(name) or name == BUILT_IN:
        raise InputError(
            "name_invalid", f"'{name}' cannot be the name of imported knowledge.", "Use letters and digits."
        )
    return (config.knowledge.folder or data_folder() / "knowledge") / name


def open_library(config: Config, name: str | None = None) -> Library | None:
    """The library that `bedside retrieve` searches: `name`, else the configured one where it was imported.

    None: the passages that ship. Raises InputError, ModelError.
    """
    if name == BUILT_IN:
        return None
    folder = library_folder(config, name)
    if name is None and not (folder / "current").is_file():
        return None
    return Library(folder, make_embedder(config))


# ---- reading ---------------------------------------------------------------------------------------------------------


def read_documents(source: Path) -> tuple[list[Document], int]:
    """The documents of a JSONL file or of a folder of Markdown, and how many had no text and were left out.

    Raises InputError naming file and line; codes end in `_missing`, `_unreadable`, `_empty` or `_invalid`.
    """
    if not source.exists():
        raise InputError("knowledge_missing", f"There is no file or folder {source}.")
    found = list(_of_folder(source) if source.is_dir() else _of_lines(source))
    documents: dict[str, Document] = {}
    for where, document in found:
        if document.id in documents:
            raise _wrong(where, f"the id '{document.id[:80]}' was there before")
        documents[document.id] = document
    full = [document for document in documents.values() if document.text.strip()]
    if not full:
        what = "no text under a heading in a Markdown file (*.md)" if source.is_dir() else "no document"
        raise InputError("knowledge_empty", f"There is {what} in {source}.")
    return full, len(documents) - len(full)


def _of_lines(path: Path) -> Iterator[tuple[str, Document]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                where = f"{path}:{number}"
                if len(line) > _LONGEST_LINE:
                    raise _wrong(where, f"longer than {_LONGEST_LINE} bytes")
                if line.strip():
                    yield where, _document(where, line)
    except OSError as error:
        raise InputError("knowledge_unreadable", f"{path} cannot be read: {error.strerror}.") from None


def _document(where: str, line: bytes) -> Document:
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _wrong(where, "not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise _wrong(where, "not JSON") from None
    if not isinstance(data, dict):
        raise _wrong(where, "not a JSON object")
    identity = data.get("id")
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str) or not identity.strip():
        raise _wrong(where, "'id' is missing or no text")
    return Document(
        identity,
        _text(where, data, "question", needed=True),
        _text(where, data, "answer"),
        _text(where, data, "focus"),
        _text(where, data, "question_type"),
        _text(where, data, "source"),
        _text(where, data, "url"),
    )


def _text(where: str, data: dict[str, Any], key: str, *, needed: bool = False) -> str:
    if key not in data and key == "answer":
        raise _wrong(where, "'answer' is missing")
    value = data.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise _wrong(where, f"'{key}' is missing or no text")
    return value.encode("utf-8", "replace").decode()  # half a surrogate pair can stand in JSON, but not in a file


def _of_folder(folder: Path) -> Iterator[tuple[str, Document]]:
    for path in sorted(folder.rglob("*.md")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except ValueError:
            raise _wrong(str(path), "not UTF-8 text") from None
        except OSError as error:
            raise InputError("knowledge_unreadable", f"{path} cannot be read: {error.strerror}.") from None
        yield from _of_markdown(path, path.relative_to(folder).with_suffix("").as_posix(), text)


def _of_markdown(path: Path, name: str, text: str) -> Iterator[tuple[str, Document]]:
    """One document a heading; its title is led by the headings above it."""
    above: list[tuple[int, str]] = []
    body: list[str] = []
    ids: set[str] = set()
    fenced = False

    def section() -> Iterator[tuple[str, Document]]:
        content = "\n".join(body).strip()
        if content:
            title = " – ".join(heading for _, heading in above) or name
            identity = f"{name}#{above[-1][1]}" if above else name
            while identity in ids:
                identity += "+"
            ids.add(identity)
            yield str(path), Document(identity, title, content, above[0][1] if above else "", source=name)

    for line in _FRONT_MATTER.sub("", text).splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            body.append(line)
            continue
        yield from section()
        level = len(heading[1])
        above = [*((depth, words) for depth, words in above if depth < level), (level, heading[2])]
        body.clear()
    yield from section()


def _wrong(where: str, problem: str) -> InputError:
    return InputError("knowledge_invalid", f"{where}: {problem}.", "Nothing was imported.")
