"""The Llama family as an OpenVINO graph that keeps its own keys and values between calls.

Built operation by operation rather than converted: what `FusedLlama` computes is known, tracing it would fix shapes,
and the converter of the package reports its use to its makers.

    ids (n) ─► embedding ─► layers ─► logits (1, vocabulary)
                            states k0 v0 k1 v1 …, each (1, groups, tokens so far, width)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from robot.think.generators.linear import Precision
from robot.think.generators.llama import LlamaParts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Node = Any
"""A node, or an output of one: the package has no types for what its operations take."""


def llama_graph(parts: LlamaParts, precision: Precision) -> Any:
    """An `openvino.Model`; int8 weights have a scale for each output, activations stay in single precision.

    Weights are taken out as their constants are made. Raises KeyError (a weight is missing).
    """
    return _Graph(parts, precision).model()


class _Graph:
    """Builds one graph; the methods return nodes."""

    def __init__(self, parts: LlamaParts, precision: Precision) -> None:
        import numpy as np
        from openvino import opset13

        self._np = np
        self._ops = opset13
        self._shape, self._weights, turns = parts
        self._int8 = precision == "int8"
        self._cos, sin = (each.numpy() for each in turns)
        half = self._shape.width // 2
        self._sin = np.concatenate([-sin[:, :half], sin[:, half:]], axis=1)
        self._assigned: list[Node] = []

    def model(self) -> Any:
        import openvino as ov

        ops, shape = self._ops, self._shape
        ids = ops.parameter([-1], ov.Type.i64, name="ids")
        embedding = self._taken("model.embed_tokens.weight")
        x = ops.gather(ops.constant(embedding), ids, self._whole(0))
        keys, values = zip(*(self._states(number) for number in range(shape.layers)), strict=True)
        past = self._length(keys[0].read, 2)
        total = ops.add(past, self._length(ids, 0))
        places = ops.range(past, total, self._whole(1), "i64")
        turns = [ops.gather(ops.constant(table), places, self._whole(0)) for table in (self._cos, self._sin)]
        seen = ops.less_equal(
            ops.unsqueeze(ops.range(self._whole(0), total, self._whole(1), "i64"), self._whole(0)),
            ops.unsqueeze(places, self._whole(1)),
        )
        for number in range(shape.layers):
            name = f"model.layers.{number}"
            inner = self._norm(x, f"{name}.input_layernorm.weight")
            x = ops.add(x, self._attention(inner, name, keys[number], values[number], turns, seen))
            inner = self._norm(x, f"{name}.post_attention_layernorm.weight")
            gate, up = (self._linear(inner, name, [f"mlp.{part}_proj"]) for part in ("gate", "up"))
            x = ops.add(x, self._linear(ops.multiply(ops.swish(gate), up), name, ["mlp.down_proj"]))
        last = self._norm(ops.gather(x, self._whole([-1]), self._whole(0)), "model.norm.weight")
        head = self._taken("lm_head.weight") if "lm_head.weight" in self._weights else embedding
        logits = ops.matmul(last, self._constant(head), False, True)
        return ov.Model([ops.result(logits)], self._assigned, [ids], "llama")

    def _attention(  # noqa: PLR0917
        self, x: Node, name: str, keys: _State, values: _State, turns: Sequence[Node], seen: Node
    ) -> Node:
        ops, shape = self._ops, self._shape
        heads, groups, width = shape.heads, shape.groups, shape.width
        projected = self._linear(x, name, [f"self_attn.{part}_proj" for part in "qkv"])
        projected = ops.reshape(projected, self._whole([0, heads + 2 * groups, width]), True)
        projected = ops.unsqueeze(ops.transpose(projected, self._whole([1, 0, 2])), self._whole(0))
        turned, fresh = ops.variadic_split(projected, self._whole(1), self._whole([heads + groups, groups])).outputs()
        low, high = ops.split(turned, self._whole(-1), 2).outputs()
        cos, sin = turns
        turned = ops.add(ops.multiply(turned, cos), ops.multiply(ops.concat([high, low], -1), sin))
        queries, new = ops.variadic_split(turned, self._whole(1), self._whole([heads, groups])).outputs()
        looked_at = [self._repeated(self._kept(state, each)) for state, each in ((keys, new), (values, fresh))]
        found = ops.scaled_dot_product_attention(queries, *looked_at, ops.unsqueeze(seen, self._whole([0, 1])))
        found = ops.reshape(ops.transpose(found, self._whole([0, 2, 1, 3])), self._whole([-1, heads * width]), False)
        return self._linear(found, name, ["self_attn.o_proj"])

    def _states(self, layer: int) -> tuple[_State, _State]:
        return _State(self, f"k{layer}"), _State(self, f"v{layer}")

    def state(self, name: str) -> tuple[Any, Node]:
        """A variable that keeps keys or values, empty at first, and what reads it."""
        from openvino import PartialShape, Type
        from openvino.op.util import Variable, VariableInfo

        info = VariableInfo()
        info.data_shape = PartialShape([1, self._shape.groups, -1, self._shape.width])
        info.data_type, info.variable_id = Type.f32, name
        variable = Variable(info)
        empty = self._np.zeros((1, self._shape.groups, 0, self._shape.width), self._np.float32)
        return variable, self._ops.read_value(self._ops.constant(empty), variable)

    def _kept(self, state: _State, new: Node) -> Node:
        """All keys or values up to now; they are what the state holds afterwards."""
        joined = self._ops.concat([state.read, new], 2)
        self._assigned.append(self._ops.assign(joined, state.variable))
        return joined

    def _repeated(self, x: Node) -> Node:
        """One copy for every query head of a group."""
        ops, shape = self._ops, self._shape
        times = shape.heads // shape.groups
        if times == 1:
            return x
        one = self._whole([1, 1, times, 1, 1])
        copies = ops.broadcast(ops.unsqueeze(x, self._whole(2)), one, broadcast_spec="BIDIRECTIONAL")
        return ops.reshape(copies, self._whole([1, shape.heads, -1, shape.width]), False)

    def _norm(self, x: Node, name: str) -> Node:
        ops, np = self._ops, self._np
        mean = ops.reduce_mean(ops.multiply(x, x), self._whole([-1]), True)
        scale = ops.power(ops.add(mean, ops.constant(np.float32(self._shape.epsilon))), ops.constant(np.float32(-0.5)))
        return ops.multiply(ops.multiply(x, scale), ops.constant(self._taken(name)))

    def _linear(self, x: Node, layer: str, names: Sequence[str]) -> Node:
        """Linear layers with the same input as one."""
        np, ops = self._np, self._ops
        weight = np.concatenate([self._taken(f"{layer}.{name}.weight") for name in names])
        made = ops.matmul(x, self._constant(weight), False, True)
        biases = [f"{layer}.{name}.bias" for name in names]
        if biases[0] not in self._weights:
            return made
        return ops.add(made, ops.constant(np.concatenate([self._taken(bias) for bias in biases])))

    def _constant(self, weight: Floats) -> Node:
        ops, np = self._ops, self._np
        if not self._int8:
            return ops.constant(weight)
        scales = np.maximum(np.abs(weight).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
        narrow = ops.constant(np.round(weight / scales).astype(np.int8))
        return ops.multiply(ops.convert(narrow, "f32"), ops.constant(scales))

    def _taken(self, name: str) -> Floats:
        taken: Floats = self._weights.pop(name).detach().float().numpy()
        return taken

    def _whole(self, value: int | Sequence[int]) -> Node:
        return self._ops.constant(self._np.array(value, self._np.int64))

    def _length(self, x: Node, axis: int) -> Node:
        return self._ops.gather(self._ops.shape_of(x), self._whole(axis), self._whole(0))


class _State:
    """The keys or the values of one layer."""

    def __init__(self, graph: _Graph, name: str) -> None:
        self.variable, self.read = graph.state(name)
