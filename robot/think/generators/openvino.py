"""The engine `openvino`: a Llama computed by OpenVINO instead of torch; an extra (`pip install 'bedside[openvino]'`).

Each conversation has a request of its own, which keeps what it read. Requests take turns, so that several conversations
gain less by sharing a step than with the default engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from robot.errors import ModelError
from robot.think.generators.kv_cache import TokenCache
from robot.think.generators.loading import Loaded
from robot.think.generators.model import CausalModel
from robot.think.generators.transformers import TransformersGenerator

if TYPE_CHECKING:
    from torch import Tensor


class OpenVinoCache(TokenCache):
    """A request of a compiled graph, with its states; made when it is first needed."""

    def __init__(self, compiled: Any) -> None:
        super().__init__()
        self._compiled = compiled
        self._request: Any = None

    def request(self) -> Any:
        """What computes for this conversation."""
        if self._request is None:
            self._request = self._compiled.create_infer_request()
        return self._request

    @property
    def bytes(self) -> int:
        return sum(state.state.byte_size for state in self._request.query_state()) if self._request else 0

    def cut(self, length: int) -> None:
        if length >= len(self.tokens):
            return
        del self.tokens[length:]
        if length == 0:
            self._request = None
        else:
            self._hold(self._request, length)

    def begin_like(self, other: OpenVinoCache, length: int) -> None:
        self.tokens = []
        self._hold(other.request(), length)
        self.tokens = other.tokens[:length]

    def _hold(self, source: Any, length: int) -> None:
        """The first `length` tokens of what `source` holds, copied."""
        import numpy as np
        from openvino import Tensor as Held

        theirs = {state.name: state.state.data for state in source.query_state()}
        for state in self.request().query_state():
            state.state = Held(np.ascontiguousarray(theirs[state.name][:, :, :length]))


class OpenVinoModel(CausalModel):
    """A Llama; raises ModelError (`openvino_missing`, and `model_broken` for another family) as well."""

    def _build(self, loaded: Loaded) -> None:
        if loaded.llama is None:
            raise NotImplementedError("the engine openvino knows the Llama family only")
        try:
            import openvino as ov
        except ImportError as error:
            raise ModelError(
                "openvino_missing",
                "The package openvino is not installed.",
                "Run `pip install 'bedside[openvino]'`, or choose the engine `transformers`.",
            ) from error
        from robot.think.generators.openvino_graph import llama_graph

        hints = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "NUM_STREAMS": 1}
        hints |= {"INFERENCE_NUM_THREADS": self._torch.get_num_threads()}
        self._compiled: Any = ov.Core().compile_model(llama_graph(loaded.llama, self.precision), "CPU", hints)

    def cache(self) -> TokenCache:
        return OpenVinoCache(self._compiled)

    def extend(self, work: Sequence[tuple[Any, Sequence[int]]]) -> Tensor:
        import numpy as np

        rows = []
        for cache, new in work:
            if max(new) >= self.embedded:
                raise IndexError("a token outside of the vocabulary")
            found = cache.request().infer({"ids": np.array(new, np.int64)})
            rows.append(found[0][0, : self.vocabulary].copy())
            cache.tokens += new
        return self._torch.from_numpy(np.stack(rows))


class OpenVinoGenerator(TransformersGenerator):
    """As `TransformersGenerator`, with the same options; `precision` is fp32 or int8 (bf16 counts as fp32)."""

    name = "openvino"
    _kind = OpenVinoModel
