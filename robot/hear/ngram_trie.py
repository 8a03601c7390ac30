"""The binary language-model format of the Sphinx recognizers, read and written as plain arrays.

A trigram model is stored as a trie of reversed n-grams: the predicted word at the root, below it the word before, below
that the word before that. Fields are packed bit by bit, and probabilities are 16-bit indices into tables. Layout, all
little-endian: magic, order, counts; the tables; the unigrams; bigrams and trigrams; the words. (pocketsphinx 5,
`lm_trie.c` and `lm_trie_quant.c`; its Python interface can neither look into a model nor mix two.)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.int64]

LOG_BASE = 1.0001
"""Probabilities are logarithms to this base, as everywhere in Sphinx."""

_MAGIC = b"Trie Language Model"
_BINS = 1 << 16
_UNIGRAM = np.dtype([("probability", "<f4"), ("backoff", "<f4"), ("next", "<u4")])
_CHUNK = 1 << 16  # entries packed at a time; a multiple of 8, so that every chunk ends on a whole byte
_PADDING = 8  # bytes behind each packed array, so that a reader may always load 64 bits


@dataclass
class NgramTrie:
    """A trigram model. Word ids are indices into `words`; all logarithms are to `LOG_BASE`.

    `bigram_keys` holds `word * n + previous` and `trigram_keys` `(word * n + previous) * n + before`, n = the number of
    words; both ascend. `tables` are the values that bigram probabilities, bigram back-offs and trigram probabilities
    are rounded to in the file, shape (3, 65536).
    """

    words: list[str]
    unigrams: Floats
    unigram_backoffs: Floats
    bigram_keys: Keys
    bigrams: Floats
    bigram_backoffs: Floats
    trigram_keys: Keys
    trigrams: Floats
    tables: Floats

    @classmethod
    def read(cls, path: Path) -> NgramTrie:
        """Raises ValueError when `path` is no trigram model in this format."""
        data = path.read_bytes()
        at = len(_MAGIC)
        if data[:at] != _MAGIC or data[at] != 3:
            raise ValueError(f"{path} is not a binary trigram model")
        n, n2, n3 = struct.unpack_from("<3I", data, at + 1)
        at += 1 + 12 + 4  # 4: the kind of quantization, always 1
        tables = np.frombuffer(data, "<f4", 3 * _BINS, at).reshape(3, _BINS)
        at += tables.nbytes
        unigrams = np.frombuffer(data, _UNIGRAM, n + 1, at)
        at += unigrams.nbytes
        word_bits, next_bits = n.bit_length(), n3.bit_length()

        width = word_bits + 32 + next_bits
        size = _packed_size(n2, width)
        packed = np.frombuffer(data, np.uint8, size, at)
        at += size
        used = int(unigrams["next"][-1])  # a file may have room for more n-grams than it holds
        previous = _field(packed, used, width, 0, word_bits)
        backoffs = _field(packed, used, width, word_bits, 16)
        probabilities = _field(packed, used, width, word_bits + 16, 16)
        children = np.diff(_field(packed, used + 1, width, word_bits + 32, next_bits))
        first: Keys = unigrams["next"].astype(np.int64)
        bigram_keys = np.repeat(np.arange(n) * n, first[1:] - first[:-1]) + previous

        width = word_bits + 16
        size = _packed_size(n3, width)
        packed = np.frombuffer(data, np.uint8, size, at)
        at += size
        used = int(children.sum())
        trigram_keys = np.repeat(bigram_keys * n, children) + _field(packed, used, width, 0, word_bits)
        order = np.argsort(trigram_keys, kind="stable")  # the model that pocketsphinx ships has two out of place
        (text_size,) = struct.unpack_from("<i", data, at)
        return cls(
            words=data[at + 4 : at + 4 + text_size].decode().split("\0")[:n],
            unigrams=unigrams["probability"][:n].copy(),
            unigram_backoffs=unigrams["backoff"][:n].copy(),
            bigram_keys=bigram_keys,
            bigrams=tables[0][probabilities],
            bigram_backoffs=tables[1][backoffs],
            trigram_keys=trigram_keys[order],
            trigrams=tables[2][_field(packed, used, width, word_bits, 16)][order],
            tables=tables,
        )

    def write(self, path: Path) -> None:
        """Every trigram's last two words must be a bigram of the model: the trie has no other way to it."""
        n, n2, n3 = len(self.words), self.bigram_keys.size, self.trigram_keys.size
        word_bits, next_bits = n.bit_length(), n3.bit_length()
        unigrams = np.zeros(n + 1, _UNIGRAM)
        unigrams["probability"][:n] = self.unigrams
        unigrams["backoff"][:n] = self.unigram_backoffs
        unigrams["next"] = np.searchsorted(self.bigram_keys, np.arange(n + 1) * n)
        children = np.searchsorted(self.trigram_keys, np.append(self.bigram_keys * n, np.iinfo(np.int64).max))
        text = "".join(word + "\0" for word in self.words).encode()
        with path.open("wb") as file:
            file.write(_MAGIC + bytes([3]) + struct.pack("<3Ii", n, n2, n3, 1))
            file.write(self.tables.astype("<f4").tobytes())
            file.write(unigrams.tobytes())
            file.write(
                _pack(
                    (np.append(self.bigram_keys % n, 0), word_bits),
                    (np.append(_nearest(self.tables[1], self.bigram_backoffs), 0), 16),
                    (np.append(_nearest(self.tables[0], self.bigrams), 0), 16),
                    (children, next_bits),
                )
            )
            file.write(
                _pack(
                    (np.append(self.trigram_keys % n, 0), word_bits),
                    (np.append(_nearest(self.tables[2], self.trigrams), 0), 16),
                )
            )
            file.write(struct.pack("<i", len(text)) + text)


def _packed_size(entries: int, width: int) -> int:
    """Bytes of `entries` and one more, `width` bits each."""
    return ((entries + 1) * width + 7) // 8 + _PADDING


def _field(packed: npt.NDArray[np.uint8], entries: int, width: int, start: int, bits: int) -> Keys:
    """The `bits` from bit `start` on of each of the entries of `width` bits."""
    at = np.arange(entries, dtype=np.int64) * width + start
    everywhere = np.lib.stride_tricks.as_strided(packed.view("<u1"), (packed.size - 7, 8), (1, 1))
    loaded = everywhere[at >> 3].view("<u8")[:, 0]
    return np.asarray((loaded >> (at & 7).astype(np.uint64)) & np.uint64((1 << bits) - 1), dtype=np.int64)


def _pack(*fields: tuple[Keys, int]) -> bytes:
    """Entries of the fields' values side by side, lowest bit first."""
    count, width = fields[0][0].size, sum(bits for _, bits in fields)
    pieces = []
    for first in range(0, count, _CHUNK):
        columns = [
            np.unpackbits(
                values[first : first + _CHUNK].astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little"
            )[:, :bits]
            for values, bits in fields
        ]
        pieces.append(np.packbits(np.concatenate(columns, axis=1), bitorder="little").tobytes())
    packed = b"".join(pieces)
    return packed + bytes(_packed_size(count - 1, width) - len(packed))


def _nearest(table: Floats, values: Floats) -> Keys:
    """Index of the entry of `table` that is nearest to each value."""
    order = np.argsort(table, kind="stable")
    ascending = table[order]
    above = np.clip(np.searchsorted(ascending, values), 1, table.size - 1)
    return np.asarray(order[above - (values - ascending[above - 1] < ascending[above] - values)])
