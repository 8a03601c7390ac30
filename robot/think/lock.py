"""Evidence-locked decoding: a language model cannot write a figure, a unit or a medicine that its evidence lacks.

Before each token, those that would begin or continue a protected expression (`robot.think.protected`) otherwise than
the evidence has it are forbidden: from "5 g" in the evidence follow neither "6 g" nor "5 mg" nor "five cups", by
whatever tokens. A negation that the evidence lacks ends the answer (`robot.think.denials`). The endings by which a
medicine on no list is known are left to the sentence check of the guard.

What is forbidden outside of the evidence is worked out once a model; what the evidence frees, once an answer and state.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dialogs.medicines import Medicines, shipped
from dialogs.never import Unit
from robot.errors import GeneratorError
from robot.events import Language
from robot.think.claims import idle_denied
from robot.think.denials import DenialWatch, Denied
from robot.think.figures import FigureReader, idle_numerals, narrow
from robot.think.protected import ALONE, Allowed, Automaton, Item, Protected, State, idioms, is_numeral
from robot.think.vocabulary import Mask, Tokenizer, Vocabulary, plain, utf8_length

_KEPT_EVIDENCE = 64
_KEPT_MASKS = 256
_SPACES = re.compile(r"\s+")


class EvidenceLock:
    """The lock of one model; conversations share it. Not for several threads at once.

    tokenizer   of `transformers`, of any family
    units       the units of `dialogs/never.yaml`
    size        the width of the model's output, where it is more than the tokenizer's vocabulary
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        units: Mapping[str, Unit],
        *,
        size: int | None = None,
        medicines: Medicines | None = None,
    ) -> None:
        self.vocabulary = Vocabulary(tokenizer, size)
        self.medicines = medicines or shipped()
        self.protected = Protected(units, self.medicines)
        self.figures = FigureReader(units)
        self.strict = Automaton(self.protected)
        """The reader that knows no evidence: everything protected is forbidden."""
        said = self.vocabulary.texts
        suspicious = _protected_somewhere(self.protected, self.medicines).search
        doubtful = np.fromiter((suspicious(text) is not None for text in said), dtype=bool, count=len(said))
        self.hot = np.flatnonzero(doubtful)
        """Places of the tokens that hold something protected."""
        self._hot_before = np.concatenate([[0], np.cumsum(doubtful)])
        self._masks: OrderedDict[State, Mask] = OrderedDict()
        self._opened: OrderedDict[tuple[str, ...], _Evidence] = OrderedDict()
        for state in (self.strict.edge, self.strict.word):
            self.without_evidence(state)

    def open(self, evidence: Sequence[str], language: Language) -> LockState:
        """The lock of one answer in `language` from `evidence`; the same evidence is read only once."""
        key = (language, *evidence)
        if key not in self._opened:
            self._opened[key] = _Evidence(self, evidence, language)
            if len(self._opened) > _KEPT_EVIDENCE:
                self._opened.popitem(last=False)
        self._opened.move_to_end(key)
        return LockState(self._opened[key])

    def without_evidence(self, state: State) -> Mask:
        """What is allowed from `state` of the strict reader, in alphabetical places."""
        if state not in self._masks:
            self._masks[state] = allowed = np.zeros(len(self.vocabulary.texts), dtype=bool)
            self.walk(self.strict, state, allowed)
            if len(self._masks) > _KEPT_MASKS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(state)
        return self._masks[state]

    def walk(self, reader: Automaton, state: State, allowed: Mask) -> None:
        """Mark in `allowed` what may follow `state`; a common beginning of many tokens is read once."""
        texts, hot_before = self.vocabulary.texts, self._hot_before
        cold = (reader.edge, reader.word)
        waiting: list[tuple[int, int, int, State]] = [(0, len(texts), 0, state)]
        while waiting:
            low, high, depth, at = waiting.pop()
            if at in cold and hot_before[high] == hot_before[low]:
                allowed[low:high] = True
                continue
            while low < high and len(texts[low]) == depth:
                settled = reader.settle(at)
                if settled is not None and fits(settled, self._tail(low)):
                    allowed[low] = True
                low += 1
            if all(kind == "text" for kind, _ in at.items):
                beginning = texts[low][:depth] if low < high else ""
                groups = [self.vocabulary.range_of(beginning + char, low, high) for char in _leading_on(at)]
            else:
                groups = list(self._by_next_character(low, high, depth))
            for first, end in groups:
                if first < end and (following := reader.run(at, texts[first][depth])) is not None:
                    waiting.append((first, end, depth + 1, following))

    def _tail(self, place: int) -> bytes:
        return self.vocabulary.tails.get(int(self.vocabulary.ids[place]), b"")

    def _by_next_character(self, low: int, high: int, depth: int) -> Iterator[tuple[int, int]]:
        while low < high:
            end = self.vocabulary.range_of(self.vocabulary.texts[low][: depth + 1], low, high)[1]
            yield low, end
            low = end


class LockState:
    """Where one answer stands."""

    def __init__(self, evidence: _Evidence) -> None:
        self._evidence = evidence
        self._state: State = evidence.reader.edge
        self._pending = b""
        self._watch = DenialWatch(evidence.denied)

    def forbidden(self, made: int | None) -> Mask | None:
        """Which tokens may not come next: True for each of the vocabulary's numbers that may not; None: all may.

        `made` is the token that was just made, None at the beginning. The array is shared: it must not be changed.
        There is always a token that may come: where a tokenizer cannot spell what the evidence has, the answer goes on
        as at a word's edge. Raises GeneratorError (`generator_unfaithful`) when the answer denies what its evidence
        does not.
        """
        if made is not None:
            text, pending = self._evidence.text_of(self._pending, made)
            if text and not self._watch.push(text):
                raise GeneratorError("generator_unfaithful", "The model denies what its evidence does not deny.")
            self._state, self._pending = self._evidence.after(self._state, text), pending
        return self._evidence.forbidden(self._state, self._pending)


class _Evidence:
    """What one body of evidence allows, worked out as it is asked for."""

    def __init__(self, lock: EvidenceLock, evidence: Sequence[str], language: Language) -> None:
        self._lock = lock
        self._vocabulary = lock.vocabulary
        self.denied = [*(Denied.loosely_by(narrow(text)) for text in evidence), idle_denied(language)]
        allowed: list[Allowed] = idioms() if language == "zh" else []
        words: set[str] = set()
        for text in evidence:
            low = _SPACES.sub(" ", narrow(text))
            allowed += self._expressions(low)
            words.update(re.findall(r"[^\W\d_]+", low))
        allowed = [item for item in allowed if self._vocabulary.spells(item.text)]
        self.reader = Automaton(lock.protected, allowed, words)
        chars = set().union(*(text for text, _ in allowed)) | set(" ")
        texts = self._vocabulary.texts
        self._hot = [
            place
            for place in map(int, lock.hot)
            if all(char in chars for char in texts[place] if is_numeral(char) and char not in ALONE)
        ]
        self._masks: dict[tuple[State, bytes], Mask] = {}

    def _expressions(self, low: str) -> list[Allowed]:
        found = [
            Allowed(low[item.start : item.end].strip(), not item.figures[-1].unit)
            for item in self._lock.figures.expressions(low)
        ]
        for name in self._lock.medicines.found(low):
            found += [Allowed(name, False), Allowed(f"{name}s", False)] if name.isascii() else [Allowed(name, False)]
        found += [Allowed(text, False) for text in idle_numerals(low)]
        return found

    def text_of(self, pending: bytes, made: int) -> tuple[str, bytes]:
        """The whole characters that exist once token `made` follows `pending`, and the bytes left over."""
        vocabulary = self._vocabulary
        if made >= len(vocabulary.said) or vocabulary.special[made]:
            return "", pending
        head = vocabulary.heads.get(made, b"")
        text, rest = vocabulary.said[made], vocabulary.tails.get(made, b"")
        if not pending:
            return text, rest
        begun = pending + head
        if not text and not rest and len(begun) < utf8_length(begun[0]):
            return "", begun
        return plain(begun.decode("utf-8", "replace")) + text, rest

    def after(self, state: State, text: str) -> State:
        """The state behind `text`; what was forbidden leads to a word's edge."""
        return (self._following(state, text) or self.reader.edge) if text else state

    def forbidden(self, state: State, pending: bytes) -> Mask:
        key = (state, pending)
        if key not in self._masks:
            self._masks[key] = self._inside_character(state, pending) if pending else self._whole(state)
        return self._masks[key]

    def _whole(self, state: State) -> Mask:
        lock, vocabulary = self._lock, self._vocabulary
        locked: frozenset[Item] = frozenset(item for item in state.items if item[0] == "text")
        free = state.items - locked
        allowed = np.zeros(len(vocabulary.texts), dtype=bool)
        if free:
            allowed |= lock.without_evidence(lock.strict.state(free))
            for place in self._hot:
                if not allowed[place]:
                    allowed[place] = self._following(state, vocabulary.texts[place]) is not None
        if locked:
            lock.walk(self.reader, self.reader.state(locked), allowed)
        forbidden = np.ones(vocabulary.size, dtype=bool)
        forbidden[vocabulary.ids[allowed]] = False
        if free and self.reader.run(self.reader.state(free), " ") is not None:
            forbidden[vocabulary.special] = False  # the answer may end here
        return self.forbidden(self.reader.edge, b"") if forbidden.all() else forbidden

    def _following(self, state: State, text: str) -> State | None:
        following = self.reader.run(state, text)
        return None if following is None else self.reader.settle(following)

    def _inside_character(self, state: State, pending: bytes) -> Mask:
        """The first bytes of a character stand there: only tokens that begin with its others may follow."""
        vocabulary = self._vocabulary
        forbidden = np.ones(vocabulary.size, dtype=bool)
        missing = utf8_length(pending[0]) - len(pending)
        for number, head in vocabulary.heads.items():
            if len(head) == missing or (len(head) < missing and not vocabulary.said[number]):
                text, rest = self.text_of(pending, number)
                following = self._following(state, text)
                forbidden[number] = following is None or not fits(following, rest)
        return self.forbidden(self.reader.edge, b"") if forbidden.all() else forbidden


def fits(state: State, part: bytes) -> bool:
    """Whether a character that begins with the bytes `part` may follow."""
    if not part or any(kind != "text" for kind, _ in state.items):
        return True
    return any(char.encode().startswith(part) for char in _leading_on(state))


def _leading_on(state: State) -> set[str]:
    """The characters that may follow where all readings are inside expressions."""
    return set(" ").union(*(node.children for _, node in state.items if node is not None))


def _protected_somewhere(protected: Protected, medicines: Medicines) -> re.Pattern[str]:
    """Finds the tokens in which a protected expression stands, or begins and ends."""
    numerals = "".join(filter(is_numeral, map(chr, range(0x10000))))
    words = "|".join(protected.openers)
    return re.compile(rf"[{numerals}]|(?<![a-z])(?:{words})(?![a-z])|{'|'.join(medicines.zh.names)}")
