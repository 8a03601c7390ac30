"""What each token of a tokenizer says: the text that it adds to an answer, for any family of tokenizers.

Byte-level BPE (GPT-2, Llama 3, Qwen, ours) writes bytes as printable characters; sentence-piece models write `▁` for a
space and `<0xE4>` for a byte; WordPiece marks what continues a word with `##`. A token may hold a part of a character.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = re.compile(r"[^\S\x1c-\x1f]")
_END = chr(0x10FFFF)
"""Sorts behind every text that begins the same."""


class Tokenizer(Protocol):
    """What is asked of a tokenizer; those of `transformers` have it."""

    all_special_ids: list[int]

    def __len__(self) -> int: ...

    def convert_ids_to_tokens(self, ids: Any) -> Any:
        """The tokens as the vocabulary writes them."""
        ...


def plain(text: str) -> str:
    """Lower case, compatibility characters written out (NFKC), every white space a space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _SPACE.sub(" ", text.lower())


class Vocabulary:
    """The texts of all tokens, in alphabetical order, so that those with a common beginning stand side by side.

    `texts[place]` is a token's text in plain form and `ids[place]` its number. `heads` and `tails` hold, by number, the
    bytes at a token's ends that are only a part of a character. `size` is the width of the model's output; numbers that
    the tokenizer does not know say nothing.
    """

    def __init__(self, tokenizer: Tokenizer, size: int | None = None) -> None:
        known = len(tokenizer)
        self.size = max(size or 0, known)
        self.joined, pieces = _pieces(tokenizer, known)
        self.heads: dict[int, bytes] = {}
        self.tails: dict[int, bytes] = {}
        self.special: Mask = np.zeros(self.size, dtype=bool)
        self.special[[number for number in tokenizer.all_special_ids if number < self.size]] = True
        said: list[str] = [""] * known
        unusable = self.special[:known].copy()
        for number, piece in enumerate(pieces):
            if piece is None:
                unusable[number] = True
            else:
                said[number] = piece if isinstance(piece, str) else self._cut(number, piece)
        self.said = said
        """The plain text of each token by its number."""
        unusable[list(self.heads)] = True
        order = sorted((text, number) for number, text in enumerate(said) if not unusable[number])
        self.texts = [text for text, _ in order]
        self._spelled: dict[str, bool] = {}
        self._bytes = {part for part in (*self.heads.values(), *self.tails.values()) if len(part) == 1}
        self.ids: NDArray[np.int64] = np.array([number for _, number in order], dtype=np.int64)

    def spells(self, text: str) -> bool:
        """Whether `text` can be written character by character, so that an answer that begins it can also end it.

        Where tokens are joined with spaces, "2.5" comes out as "2. 5" and "三十" as "三 十": no way to write them.
        """
        return not (self.joined and re.search(r"[^a-z0-9 ]", text)) and all(self._spells(char) for char in text)

    def _spells(self, char: str) -> bool:
        if char not in self._spelled:
            data = char.encode()
            place = bisect_left(self.texts, char)
            whole = place < len(self.texts) and self.texts[place] == char
            spaced = self.joined and char == " "
            self._spelled[char] = whole or spaced or all(bytes([byte]) in self._bytes for byte in data)
        return self._spelled[char]

    def range_of(self, beginning: str, low: int = 0, high: int | None = None) -> tuple[int, int]:
        """The places of the texts that begin so, searched between `low` and `high`."""
        high = len(self.texts) if high is None else high
        return bisect_left(self.texts, beginning, low, high), bisect_left(self.texts, beginning + _END, low, high)

    def _cut(self, number: int, data: bytes) -> str:
        """The whole characters of a token; what is left over at its ends is kept aside."""
        start = 0
        while start < len(data) and data[start] & 0xC0 == 0x80:
            start += 1
        end = len(data)
        for back in range(1, min(4, end - start) + 1):
            lead = data[end - back]
            if lead & 0xC0 != 0x80:
                if back < utf8_length(lead):
                    end -= back
                break
        if start:
            self.heads[number] = data[:start]
        if end < len(data):
            self.tails[number] = data[end:]
        return plain(data[start:end].decode("utf-8", "replace"))


def utf8_length(lead: int) -> int:
    """How many bytes the character has that begins with the byte `lead`."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _pieces(tokenizer: Tokenizer, known: int) -> tuple[bool, Iterator[str | bytes | None]]:
    """Whether tokens are joined with spaces (WordPiece), and each token's text (plain) or bytes; None: do not use."""
    tokens: list[str] = [token or "" for token in tokenizer.convert_ids_to_tokens(list(range(known)))]
    kinds = _decoder(tokenizer)
    if "ByteLevel" in kinds:
        return False, _byte_level(tokens)
    if "WordPiece" in kinds:
        return True, (plain(token[2:] if token.startswith("##") else f" {token}") for token in tokens)
    return False, _sentence_piece(tokens)


def _decoder(tokenizer: Tokenizer) -> str:
    """The decoder of a fast tokenizer as JSON; without one, what the tokens look like."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and backend.decoder is not None:
        return json.dumps(json.loads(backend.decoder.__getstate__()))
    sample = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    if any(token and token.startswith("Ġ") for token in sample):
        return "ByteLevel"
    return "WordPiece" if any(token and token.startswith("##") for token in sample) else ""


def _byte_level(tokens: Iterable[str]) -> Iterator[str | bytes]:
    table = byte_of()
    for token in tokens:
        simple = token.replace("Ġ", " ")
        if simple.isascii():
            yield simple.lower()
        else:
            yield bytes(table[char] for char in token) if all(char in table for char in token) else token.encode()


def _sentence_piece(tokens: Iterable[str]) -> Iterator[str | bytes | None]:
    for token in tokens:
        if byte := _BYTE.fullmatch(token):
            value = int(byte[1], 16)
            # A digit has a token of its own; as a byte beside a broken character it would be shown as broken too.
            yield None if value < 0x80 and chr(value).isalnum() else bytes([value])
        else:
            yield plain(token.replace("▁", " "))


@cache
def byte_of() -> Mapping[str, int]:
    """The byte behind each character of a byte-level vocabulary (the table of GPT-2)."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + index): byte for index, byte in enumerate(hidden)}
