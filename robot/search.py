"""`bedside retrieve`: what the knowledge base has on a query, with scores.

Searched is what was imported (`bedside knowledge import`), if anything was; else the passages that ship. They can be
named too: `--index built-in`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from robot.config import Config
from robot.content import load_configured
from robot.knowledge import open_library
from robot.think.understand import language_of

_MOST = 100
_EXPECTED = 'Give {"id": …, "query": "…", "k"?: 1 or more}.'


Search = Callable[[str, int], list[dict[str, Any]]]
"""A query and at most how many hits (1 or more), to hits as the contract has them, best first."""


def searcher(config: Config, index: str | None = None) -> Search:
    """What searches the imported knowledge `index`, or by default what is there. Raises InputError, ModelError."""
    library = open_library(config, index)
    if library is not None:
        return lambda query, k: [
            _hit(document.id, score, document.title, document.text)
            for document, score in library.search(query, min(k, _MOST))
        ]
    retriever = load_configured(config).retriever
    return lambda query, k: [
        _hit(passage.id, score, passage.title, passage.text)
        for passage, score in retriever.retrieve(query, language_of(query, config.language), min(k, _MOST))
    ]


def _hit(identity: str, score: float, title: str, text: str) -> dict[str, Any]:
    return {"id": identity, "score": round(score, 4), "title": title, "text": text}


def search_lines(config: Config, lines: Iterable[str], emit: Callable[[object], None], index: str | None = None) -> int:
    """One object a line in, one out; a bad line gets an object with `error`. Returns the exit status."""
    search = searcher(config, index)
    worked = True
    for line in lines:
        if not line.strip():
            continue
        match _parsed(line):
            case {"query": str(query), **rest} if isinstance(k := rest.get("k", 3), int) and k >= 1:
                emit({"id": rest.get("id"), "hits": search(query, k)})
            case item:
                worked = False
                identity = item.get("id") if isinstance(item, dict) else None
                emit({"id": identity, "error": {"code": "line_invalid", "message": _EXPECTED}})
    return 0 if worked else 1


def _parsed(line: str) -> object:
    """What the line of JSON holds; None when it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def print_hits(config: Config, query: str, k: int, index: str | None = None) -> int:
    """Hits for a person to read. Returns the exit status: 1 when nothing was found."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    found = searcher(config, index)(query, k)
    for hit in found:
        console.print(f"[bold]{hit['score']:.3f}  {hit['id']}[/]  {escape(hit['title'])}\n       {escape(hit['text'])}")
    if not found:
        console.print("nothing found")
    return 0 if found else 1
