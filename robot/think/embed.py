"""Sentence embeddings: texts as unit vectors whose dot product says how alike two texts mean.

Engines are in `embedders/`. Vectors of texts that do not change are computed once: those of the dialogs that ship
come with the robot (`bedside dialogs learn`), others are kept in the user's cache.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from robot.events import Language
from robot.folders import cache_folder

Floats = npt.NDArray[np.float32]

LONGEST = 128
"""Tokens of a text that are read, unless an engine is told otherwise; all-MiniLM-L6-v2 was trained on as many."""

SHIPPED = Path(__file__).parents[1] / "models" / "learned"
"""What was computed from the dialogs that ship."""
_BATCH = 1024
"""Tokens computed at once: enough for the matrix products, little enough for what lies between to stay in the cache."""


@runtime_checkable
class Embedder(Protocol):
    """Texts to vectors."""

    name: str
    """Names model and weights: vectors of one name compare with each other and may be kept on disk under it."""
    size: int
    """Numbers in a vector."""
    languages: frozenset[Language]
    """Languages whose meaning it knows; others are searched by words alone."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit vector a text, as (n, size). Each depends on its own text alone. Raises ModelError."""
        ...


def kept(texts: Sequence[str], embedder: Embedder, cache: Path | None = None) -> Floats:
    """The vectors of `texts`, computed once and then found under a hash of model and texts; see `remembered`."""
    digest = hashlib.sha256("\0".join([embedder.name, *texts]).encode()).hexdigest()
    name, shape = f"vectors-{digest[:16]}.npy", (len(texts), embedder.size)
    return remembered(name, shape, lambda: embedder.embed(texts), cache)


def remembered(name: str, shape: tuple[int, ...], compute: Callable[[], Floats], cache: Path | None = None) -> Floats:
    """The array `name` that ships with the robot, else that of the folder `cache`, else what `compute` gives.

    By default the folder is `bedside` in the user's cache. A file that is not what it should be is made anew. Numbers
    are kept at half precision, so what was just computed is rounded alike.
    """
    folder = cache or cache_folder()
    for path in (SHIPPED / name, folder / name):
        try:
            found = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            continue
        if found.shape == shape and found.dtype == np.float16:
            return np.asarray(found, np.float32)
    computed = compute().astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        np.save(file, computed)
    Path(file.name).replace(folder / name)  # so that nobody ever reads half of it
    return computed.astype(np.float32)


def unit(vectors: Floats) -> Floats:
    """The rows of `vectors` at length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled


def by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of one length, in groups of about `_BATCH` tokens."""
    for length, group in groupby(sorted(range(len(lengths)), key=lengths.__getitem__), key=lengths.__getitem__):
        places = list(group)
        most = max(1, _BATCH // length)
        yield from (places[at : at + most] for at in range(0, len(places), most))
