"""A causal language model with its tokenizer, in memory once and shared by all conversations of a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from robot.errors import ConfigurationError
from robot.think.generators.attention import Segment
from robot.think.generators.copying import KEY as COPYING
from robot.think.generators.copying import Copier
from robot.think.generators.kv_cache import KVCache, TokenCache
from robot.think.generators.linear import Precision
from robot.think.generators.llama import FusedLlama
from robot.think.generators.loading import Loaded, load
from robot.think.generators.model_folder import broken, find_model, verify
from robot.think.generators.network import LibraryNetwork, Network

if TYPE_CHECKING:
    from torch import Tensor

PrecisionChoice = Literal["auto", "fp32", "bf16", "int8"]
ACCEPTED = "bedside_precision"
"""Key of a model's config.json: the precision in which its evaluation was accepted."""
_LARGE = 100_000_000
"""Parameters from which on reading the weights is what takes the time."""


class CausalModel:
    """Reads tokens into caches and says what may follow.

    tokenizer   of the transformers library
    ends        the tokens that end an answer
    window      most tokens that one row may hold, answer included
    copier      helps it to copy from the evidence, where its configuration says so
    vocabulary  tokens that the tokenizer knows, the width of the logits
    embedded    tokens that the network knows, those included
    """

    def __init__(self, model: str, precision: PrecisionChoice = "auto") -> None:
        """`model`: a folder, the name of a model that ships, or `owner/model` of a hub.

        Raises ModelError (`model_missing`, `model_broken`) and ConfigurationError (`precision_unknown`).
        """
        if precision not in get_args(PrecisionChoice):
            raise ConfigurationError(
                "precision_unknown", f"There is no precision '{precision}'.", "Known: auto, fp32, bf16, int8."
            )
        import torch

        self._torch = torch
        where = find_model(model)
        if Path(where).is_dir():
            verify(Path(where))
        loaded = load(where)
        self.tokenizer = loaded.tokenizer
        self.embedded = loaded.embedded
        if len(self.tokenizer) > loaded.embedded:
            raise broken(model, f"its tokenizer has {len(self.tokenizer)} tokens, its embedding only {loaded.embedded}")
        self.parameters = loaded.parameters
        self.precision: Precision = _chosen(precision, loaded.config, self.parameters)
        self.vocabulary = len(self.tokenizer)
        self.window = loaded.window
        self.ends = loaded.ends
        bonus = float(loaded.config.get(COPYING, 0.0))
        self.copier = Copier(self.tokenizer, bonus) if bonus else None
        self._cache_shape = (loaded.layers, loaded.groups, loaded.width, loaded.window)
        try:
            with torch.inference_mode(), self._threads():
                self._build(loaded)
            self.extend([(self.cache(), [0])])
        except KeyError as error:
            raise broken(model, f"its weights lack {error.args[0]}") from error
        except (TypeError, AttributeError, RuntimeError, IndexError, NotImplementedError) as error:
            raise broken(model, f"its architecture is not supported ({type(error).__name__})") from error
        if loaded.llama is not None and loaded.llama.weights:
            raise broken(model, f"its configuration does not know {min(loaded.llama.weights)} of its weights")

    def _build(self, loaded: Loaded) -> None:
        """Make the arithmetic; the weights are used up."""
        llama = loaded.llama
        self._dtype = self._torch.bfloat16 if self.precision == "bf16" else self._torch.float32
        self._network: Network = (
            FusedLlama(llama, self.precision) if llama else LibraryNetwork(loaded.library, self.precision)
        )

    def cache(self) -> TokenCache:
        """An empty cache for one row."""
        return KVCache(*self._cache_shape, self._dtype)

    def extend(self, work: Sequence[tuple[Any, Sequence[int]]]) -> Tensor:
        """Read tokens (at least one each) into caches, all in one step; the logits (rows, vocabulary) after each.

        No cache may come twice. A cache that the step failed for holds what it held before. Raises RuntimeError,
        IndexError or MemoryError from the arithmetic.
        """
        torch = self._torch
        with torch.inference_mode(), self._threads():
            segments: list[Segment] = []
            tokens: list[int] = []
            positions: list[int] = []
            last: list[int] = []
            for cache, new in work:
                past, start = len(cache.tokens), len(tokens)
                cache.reserve(past + len(new))
                tokens += new
                positions += range(past, past + len(new))
                segments.append(Segment(start, len(tokens), cache, past))
                last.append(len(tokens) - 1)
            logits: Tensor = self._network(torch.tensor(tokens), torch.tensor(positions), segments, torch.tensor(last))[
                :, : self.vocabulary
            ].float()
            for cache, new in work:
                cache.tokens += new
            return logits

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """One thread for a small model: helpers wait for each other by spinning, in the way of the event loop.

        One conversation got 205 tokens a second on two cores with two threads, and 430 with one; eight together 640 and
        1,280.
        """
        if self.parameters >= _LARGE:
            yield
            return
        before = self._torch.get_num_threads()
        self._torch.set_num_threads(1)
        try:
            yield
        finally:
            self._torch.set_num_threads(before)


def _chosen(precision: PrecisionChoice, config: Mapping[str, Any], parameters: int) -> Precision:
    """`auto`: what the model's own evaluation accepted; else bf16 for a large one where the CPU multiplies it; fp32."""
    if precision != "auto":
        return precision
    accepted: Any = config.get(ACCEPTED)
    if accepted in get_args(Precision):
        return accepted  # type: ignore[no-any-return]
    import torch

    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if native and parameters >= _LARGE else "fp32"
