"""`bedside retrieve`: what the knowledge base has on a query, with scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from robot.app import load_content
from robot.config import Config
from robot.stages import Retriever
from robot.think.understand import language_of

_MOST = 100
_EXPECTED = 'Give {"id": …, "query": "…", "k"?: 1 or more}.'


def hits(retriever: Retriever, query: str, config: Config, k: int) -> list[dict[str, Any]]:
    """At most `k` (1 or more) passages as the contract has them, best first."""
    found = retriever.retrieve(query, language_of(query, config.language), min(k, _MOST))
    return [
        {"id": passage.id, "score": round(score, 4), "title": passage.title, "text": passage.text}
        for passage, score in found
    ]


def search_lines(config: Config, lines: Iterable[str], emit: Callable[[object], None]) -> int:
    """One object a line in, one out; a bad line gets an object with `error`. Returns the exit status."""
    retriever = load_content(config.dialogs).retriever
    worked = True
    for line in lines:
        if not line.strip():
            continue
        match _parsed(line):
            case {"query": str(query), **rest} if isinstance(k := rest.get("k", 3), int) and k >= 1:
                emit({"id": rest.get("id"), "hits": hits(retriever, query, config, k)})
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


def print_hits(config: Config, query: str, k: int) -> int:
    """Hits for a person to read. Returns the exit status: 1 when nothing was found."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    found = hits(load_content(config.dialogs).retriever, query, config, k)
    for hit in found:
        console.print(f"[bold]{hit['score']:.3f}  {hit['id']}[/]  {escape(hit['title'])}\n       {escape(hit['text'])}")
    if not found:
        console.print("nothing found")
    return 0 if found else 1
