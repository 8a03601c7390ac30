"""Writes an imported knowledge base: aside first, then valid at once. Vectors of texts known before are taken over."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from robot.errors import InputError
from robot.think.bm25 import Bm25Index, rarity
from robot.think.embed import Floats
from robot.think.inquiry import KINDS
from robot.think.library import CURRENT, FORMAT, HASH, Document, current_build, vectors_of
from robot.think.postings import Postings
from robot.think.terms import mixed_terms

Embed = Callable[[list[str]], Floats]
"""Texts to unit vectors (n, size); says its progress itself."""

_START = 200
"""Characters of a text's beginning that go into its vector."""
_READ = 3000
"""Characters of a text that are searched by words: what comes later is detail."""


@dataclass(frozen=True)
class Imported:
    """What an import did: how many documents the library has, and how many of their texts had to be embedded."""

    size: int
    embedded: int


def build(folder: Path, documents: Sequence[Document], embedder: str, embed: Embed) -> Imported:
    """Make `documents` (at least one) the content of the library in `folder`.

    `embedder` names what `embed` computes with ("": nothing, by words alone). What fails or is stopped on the way
    leaves the library as it was. Raises InputError: `library_busy`, `library_unwritable`.
    """
    try:
        with _alone(folder):
            before = current_build(folder)
            aside = Path(tempfile.mkdtemp(prefix="build-", dir=folder))
            try:
                imported = _write(aside, documents, embedder, embed, before)
                pointer = aside / CURRENT
                pointer.write_text(aside.name, encoding="utf-8")
                pointer.replace(folder / CURRENT)
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
            for other in folder.glob("build-*"):  # the one before, and what killed imports left behind
                if other != aside:
                    shutil.rmtree(other, ignore_errors=True)
    except OSError as error:
        raise InputError("library_unwritable", f"The folder {folder} cannot be written: {error.strerror}.") from None
    return imported


def _write(aside: Path, documents: Sequence[Document], embedder: str, embed: Embed, before: Path | None) -> Imported:
    size = len(documents)
    lines = [json.dumps(asdict(document), ensure_ascii=False).encode() + b"\n" for document in documents]
    (aside / "documents.jsonl").write_bytes(b"".join(lines))
    np.save(aside / "offsets.npy", np.cumsum([0, *map(len, lines)]))
    kinds = [KINDS.index(document.kind) if document.kind in KINDS else len(KINDS) for document in documents]
    np.save(aside / "kinds.npy", np.array(kinds, np.uint8))

    titles = [mixed_terms(document.title) for document in documents]
    texts = [mixed_terms(document.text[:_READ]) for document in documents]
    both = [title + text for title, text in zip(titles, texts, strict=True)]
    Bm25Index.of(titles).postings.save(aside, "titles")
    Bm25Index.of(both).postings.save(aside, "texts")
    subjects = [list(dict.fromkeys(mixed_terms(document.focus))) for document in documents]
    _shares(Postings.of(subjects)).save(aside, "subjects")

    meanings = [embedded_text(document) for document in documents]
    wanted = list(dict.fromkeys(meanings))
    hashes = [_hash(text) for text in wanted]
    known = vectors_of(before, embedder) if before else {}
    missing = [text for text, digest in zip(wanted, hashes, strict=True) if digest not in known]
    fresh = embed(missing) if embedder else np.empty((len(missing), 0), np.float32)
    vectors = np.empty((len(wanted), fresh.shape[1]), np.float32)
    new = iter(fresh)
    for place, digest in enumerate(hashes):
        vectors[place] = known[digest] if digest in known else next(new)
    np.save(aside / "hashes.npy", np.array(hashes, HASH))
    np.save(aside / "vectors.npy", vectors)
    place_of = {text: place for place, text in enumerate(wanted)}
    np.save(aside / "rows.npy", np.array([place_of[text] for text in meanings], np.int32))

    meta = {"format": FORMAT, "size": size, "embedder": embedder}
    (aside / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return Imported(size, len(missing) if embedder else 0)


def embedded_text(document: Document) -> str:
    """What a document's vector is made of: its title, if that is a question; a heading says too little by itself."""
    if "?" in document.title or "？" in document.title:
        return document.title
    start = " ".join(document.text[: 2 * _START].split())
    return f"{document.title}. {start if len(start) <= _START else start[:_START].rsplit(' ', 1)[0]}"


def _shares(counted: Postings) -> Postings:
    """Weights such that all terms of a document, each once, together weigh 1: the rarer a term, the more of it."""
    weights = rarity(counted.size, counted.spread)
    totals = np.bincount(counted.numbers, weights, counted.size)
    return replace(counted, weights=(weights / totals[counted.numbers]).astype(np.float32))


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else imports into `folder` meanwhile; the lock goes with the process, however that ends."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("library_busy", f"Another import into {folder} is going on.") from None
        yield
