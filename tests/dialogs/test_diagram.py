"""The picture of the dialogs: complete, and the page in docs/ is current."""

from __future__ import annotations

import re
from pathlib import Path

from dialogs.diagram import diagram
from dialogs.loader import load, states

PAGE = Path(__file__).parents[2] / "docs" / "dialogs.md"


def test_the_page_in_docs_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == diagram(load()), "run: bedside dialogs diagram > docs/dialogs.md"


def test_every_state_and_every_way_is_drawn() -> None:
    dialogs = load()
    page = diagram(dialogs)
    for _, name, state in states(dialogs):
        identity = name.replace(".", "_")
        assert f"{identity} : {name.partition('.')[2]}" in page
        assert f"| `{name}` | {state.about} |" in page
        for move in state.moves:
            if move.to:
                assert f"{identity} --> {move.to.replace('.', '_')} : {move.intent}" in page


def test_no_arrow_leads_to_a_state_that_is_not_there() -> None:
    dialogs = load()
    known = {name.replace(".", "_") for _, name, _ in states(dialogs)} | {"[*]", "everywhere"}
    for source, target in re.findall(r"^\s*(\S+) --> (\S+)", diagram(dialogs), re.MULTILINE):
        assert {source, target} <= known
