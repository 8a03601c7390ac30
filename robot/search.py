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


def hits(retriever: Retriever, query: str, config: Config, k: int) -> list[dict[str, Any]]:
    """At most `k` passages as the contract has them, best first."""
    found = retriever.retrieve(query, language_of(query, config.language), max(1, min(k, _MOST)))
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
        try:
            item = json.loads(line)
            query, k = str(item["query"]), int(item.get("k", 3))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            worked = False
            emit({"id": None, "error": {"code": "line_invalid", "message": 'Give {"id": …, "query": …, "k"?: …}.'}})
            continue
        emit({"id": item.get("id"), "hits": hits(retriever, query, config, k)})
    return 0 if worked else 1


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
