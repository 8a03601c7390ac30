"""Reads a text character by character and says whether a protected expression in it is one of the evidence's.

Protected are numbers with their units (digits, number words, Chinese numerals) and the names of medicines. The reader
is a finite automaton, built as it is walked: a state is a set of readings of the text so far; the text is forbidden
when no reading is left.

    edge     outside of words: anything may begin here
    word     inside a Latin word that may become a number word or a medicine
    text     inside an expression of the evidence: only its next character goes on
    unit     behind a number that the evidence has without a unit: none may follow
    closed   behind a whole expression: neither letters nor digits may follow
    point    behind "5." or "5,": a digit would make it another number
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dialogs.medicines import Medicines
from dialogs.never import Unit
from robot.think.figures import NUMBER_WORDS

ALONE = "一半"
"""Numerals that are ordinary words unless a unit follows."""
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两半廿卅壹贰叁")
_IDIOMS = "万一 千万别 千万不 千万要 千万记 一口气 四肢 五官 百科 第一 每一 另一 逐一 哪一 其一 之一 统一 唯一".split()
"""Chinese words that only look like numbers."""
_POINTS = ".,点"


class Node:
    """A place in a tree of strings. `end`: a string of the tree ends here; `said` is what led here."""

    __slots__ = ("children", "end", "fail", "said")

    def __init__(self, said: str = "") -> None:
        self.children: dict[str, Node] = {}
        self.end = ""
        self.said = said
        self.fail: Node | None = None

    def add(self, text: str, end: str) -> None:
        node = self
        for char in text:
            node = node.children.setdefault(char, Node(node.said + char))
        node.end = node.end or end


class Allowed(NamedTuple):
    """An expression of the evidence: its characters, and whether a unit may not follow (`bare`)."""

    text: str
    bare: bool


Item = tuple[str, Node | None]
_DEAD: frozenset[Item] = frozenset()


class State:
    """One state: its readings, and where each character leads (None: forbidden)."""

    __slots__ = ("items", "next", "settled")

    def __init__(self, items: frozenset[Item]) -> None:
        self.items = items
        self.next: dict[str, State | None] = {}
        self.settled: State | bool | None = False


class Protected:
    """What is protected whatever the evidence says: number words, units, medicines."""

    def __init__(self, units: Mapping[str, Unit], medicines: Medicines) -> None:
        self.words, self.units, self.names = Node(), Node(), Node()
        medical = [form for name in medicines.en.names for form in (name, f"{name}s")]
        for word in (*NUMBER_WORDS, *medical):
            self.words.add(word, "one" if word == "one" else "banned")
        aliases = [alias.lower() for unit in units.values() for alias in unit.en]
        for before in ("", " ", "-", " of ", " a ", " an ", " of a ", " of an ", "-a-"):
            for word in (*aliases, *NUMBER_WORDS, *medical):
                self.units.add(before + word, "unit")
        for before in ("", " ", "个", "多", "来", " 个"):
            for alias in (alias for unit in units.values() for alias in unit.zh):
                self.units.add(before + alias, "unit")
        for name in medicines.zh.names:
            self.names.add(name, "banned")
        _link(self.names)

    @property
    def openers(self) -> list[str]:
        """Whole Latin words that are protected, longest first."""
        found: list[str] = []
        stack = [self.words]
        while stack:
            node = stack.pop()
            stack.extend(node.children.values())
            if node.end == "banned":
                found.append(node.said)
        return sorted(found, key=len, reverse=True)


class Automaton:
    """The reader for one body of evidence.

    `allowed` are its expressions; `words` its words, of which a protected one may be the beginning ("ten", "tennis").
    """

    def __init__(self, protected: Protected, allowed: Iterable[Allowed] = (), words: Iterable[str] = ()) -> None:
        self._protected = protected
        self._texts = Node()
        for text, bare in allowed:
            self._texts.add(text, "bare" if bare else "whole")
        self._beginnings = {word[:length] for word in words for length in range(1, len(word))}
        self._states: dict[frozenset[Item], State] = {}
        self.edge = self.state(frozenset({("edge", protected.names)}))
        self.word = self.state(frozenset({("word", None)}))

    def state(self, items: frozenset[Item]) -> State:
        """The state with these readings; the same readings are the same state."""
        found = self._states.get(items)
        if found is None:
            found = self._states[items] = State(items)
        return found

    def run(self, state: State, text: str) -> State | None:
        """Where `text` leads from `state`; None where it is forbidden."""
        for char in text:
            try:
                following = state.next[char]
            except KeyError:
                following = self._step(state, char)
            if following is None:
                return None
            state = following
        return state

    def settle(self, state: State) -> State | None:
        """The state at a token's end, without words that are protected as they stand; None when that is all."""
        if isinstance(state.settled, bool):
            items = frozenset(item for item in state.items if not self._stands(item))
            state.settled = self.state(items) if items else None
        return state.settled

    def _stands(self, item: Item) -> bool:
        kind, node = item
        if node is None or not node.end or kind not in ("word", "unit"):
            return False
        word = node.said.split(" ")[-1].strip("-")
        return node.end != "one" and len(word) > 1 and word not in self._beginnings

    def _step(self, state: State, char: str) -> State | None:
        items = frozenset(new for item in state.items for new in self._after(item, char))
        state.next[char] = found = self.state(items) if items else None
        return found

    def _after(self, item: Item, char: str) -> Sequence[Item]:
        kind, node = item
        if kind == "edge":
            return self._edge(node or self._protected.names, char)
        if kind == "word":
            return self._word(node, char)
        if kind == "text" and node is not None:
            return self._enter(node.children.get(char))
        if kind == "unit" and node is not None:
            return self._unit(node, char)
        if kind == "closed":
            return () if is_letter(char) or char.isdigit() else self._edge(self._protected.names, char)
        return () if is_numeral(char) else self._edge(self._protected.names, char)  # point

    def _edge(self, name: Node, char: str) -> list[Item]:
        items = self._enter(self._texts.children.get(char))
        if is_numeral(char):
            if char in ALONE:
                items.append(("unit", self._protected.units))
        elif is_letter(char):
            items.append(("word", self._protected.words.children.get(char)))
        else:
            follow: Node | None = name
            while follow is not None and char not in follow.children:
                follow = follow.fail
            reached = follow.children[char] if follow is not None else self._protected.names
            if not reached.end:
                items.append(("edge", reached))
        return items

    def _enter(self, node: Node | None) -> list[Item]:
        """The readings inside an expression of the evidence, and behind it where it may end."""
        if node is None:
            return []
        items: list[Item] = [("text", node)]
        if node.end == "bare":
            items.append(("unit", self._protected.units))
        elif node.end:
            last = node.said[-1]
            ends: Item = ("edge", self._protected.names)
            items.append(("closed", None) if is_letter(last) or last.isdigit() else ends)
        return items

    def _word(self, node: Node | None, char: str) -> Sequence[Item]:
        if is_letter(char):
            return (("word", node.children.get(char) if node else None),)
        if node is not None and node.end == "one":
            return self._unit(self._protected.units, char)
        if node is not None and node.end:
            return ()
        return self._edge(self._protected.names, char)

    def _unit(self, node: Node, char: str) -> Sequence[Item]:
        if node.end and not is_letter(char):
            return ()
        if is_numeral(char):
            return self._edge(self._protected.names, char) if node.said else ()
        if not node.said and char in _POINTS:
            return (("point", None),)
        inside = not node.said or is_letter(node.said[-1])
        child = node.children.get(char)
        if child is None:
            return (("word", None),) if inside and is_letter(char) else self._edge(self._protected.names, char)
        if child.end and not is_letter(char):
            return ()
        return (("unit", child),) if inside else (("unit", child), *self._enter(self._texts.children.get(char)))


def is_letter(char: str) -> bool:
    """A letter of a language that writes words with spaces."""
    return char.isalpha() and not is_numeral(char) and not "⺀" <= char <= "鿿" and not "가" <= char <= "힣"


def is_numeral(char: str) -> bool:
    """A digit or numeral of any script. Of the Chinese characters only those that are mostly numbers (not 什 or 参)."""
    return char in _NUMERALS or (char.isnumeric() and not "㐀" <= char <= "鿿")


def idioms() -> list[Allowed]:
    """Chinese words with a numeral in them that are always allowed."""
    return [Allowed("一半", True), *(Allowed(text, False) for text in _IDIOMS)]


def _link(root: Node) -> None:
    """Where a tree goes on when its next character does not fit (Aho and Corasick, 1975)."""
    waiting = [root]
    for node in waiting:
        for char, child in node.children.items():
            follow = node.fail
            while follow is not None and char not in follow.children:
                follow = follow.fail
            child.fail = root if follow is None else follow.children[char]
            child.end = child.end or child.fail.end
            waiting.append(child)
