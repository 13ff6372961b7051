"""The decoder as OpenVINO graphs over paged attention: many sequences of different lengths in one flat batch."""

from collections.abc import Callable

import numpy as np
import openvino as ov
import openvino.opset16 as ops
from openvino.op import _PagedAttentionExtension as PagedAttention

from ..kernel import Kernel
from .base_model import BaseWeights, Quantized, quantize
from .lora import Lora
from .memory import SpillFile

# name, shape and type of what describes a batch; T tokens of S sequences, whose last R rows are wanted.
BATCH_INPUTS = {
    "positions": ([-1], np.int64),  # [T]
    "past_lens": ([-1], np.int32),  # [S] tokens of each sequence that the cache has
    "subsequence_begins": ([-1], np.int32),  # [S + 1] into the T tokens
    "block_indices": ([-1], np.int32),  # blocks of all sequences, one after the other
    "block_indices_begins": ([-1], np.int32),  # [S + 1] into block_indices
    "max_context_len": ([], np.int32),
    "rows": ([-1], np.int64),  # [R] of the T tokens
}


def cache_names(layer: int) -> tuple[str, str]:
    """Graph inputs that hold a layer's keys and values."""
    return f"key_cache.{layer}", f"value_cache.{layer}"


# Hidden states [T, in] and a weight [out, in] → [T, out].
Multiply = Callable[[ov.Node, Quantized], ov.Node]


def by_kernel(kernel: Kernel) -> Multiply:
    return lambda hidden, weight: kernel.linear(hidden, weight.values, weight.scales)


def by_plugin(spill: SpillFile) -> Multiply:
    return lambda hidden, weight: _matmul(hidden, Quantized(spill.keep(weight.values), weight.scales))


def build_segment(base: BaseWeights, lora: Lora | None, layers: range, multiply: Multiply) -> ov.Model:
    """Some of the decoder's layers: `hidden` states of all tokens in and out, [T, hidden] float32.

    Of the last layers only those of the wanted rows come out, normed: [R, hidden]. The embedding table and the output
    head are in none: no adapter changes them, so that all share one.
    """
    return _Builder(base, lora, multiply).build(layers)


class _Builder:
    def __init__(self, base: BaseWeights, lora: Lora | None, multiply: Multiply) -> None:
        self.base, self.lora, self.multiply, self.config = base, lora, multiply, base.config
        self.inputs = {name: _parameter(name, shape, dtype) for name, (shape, dtype) in BATCH_INPUTS.items()}
        self.caches: list[ov.op.Parameter] = []

    def build(self, layers: range) -> ov.Model:
        entering = hidden = _parameter("hidden", [-1, -1], np.float32)
        cos, sin = self._rotation()
        for layer in layers:
            hidden = self._layer(layer, hidden, cos, sin)
        if layers.stop == self.config.num_hidden_layers:
            hidden = self._norm(hidden, "model.norm")
        else:
            del self.inputs["rows"]
        return ov.Model([hidden.output(0)], [entering, *self.inputs.values(), *self.caches], f"layers {layers}")

    def _layer(self, layer: int, hidden: ov.Node, cos: ov.Node, sin: ov.Node) -> ov.Node:
        at = f"model.layers.{layer}"
        c = self.config
        query_size, key_size = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
        normed = self._norm(hidden, f"{at}.input_layernorm")
        # One matmul for the three: on few tokens the cost is the calls.
        joined = self._linear(normed, *(f"{at}.self_attn.{p}_proj" for p in "qkv"))
        query, key, value = ops.variadic_split(joined, _ints(1), _ints([query_size, key_size, key_size])).outputs()
        query = self._rotate(query, c.num_attention_heads, cos, sin)
        key = self._rotate(key, c.num_key_value_heads, cos, sin)
        attended = self._attention(layer, query, key, value)
        if layer == c.num_hidden_layers - 1:
            # Its keys and values are those of all tokens; what comes after them is read of the wanted rows only.
            attended, hidden = (ops.gather(all_rows, self.inputs["rows"], _ints(0)) for all_rows in (attended, hidden))
        hidden = ops.add(hidden, self._linear(attended, f"{at}.self_attn.o_proj"))
        normed = self._norm(hidden, f"{at}.post_attention_layernorm")
        # Two matmuls here: the plugin then computes the swish within the first, and copies neither.
        gate, up = (self._linear(normed, f"{at}.mlp.{name}_proj") for name in ("gate", "up"))
        return ops.add(hidden, self._linear(ops.multiply(ops.swish(gate), up), f"{at}.mlp.down_proj"))

    def _linear(self, hidden: ov.Node, *names: str) -> ov.Node:
        weight = quantize(np.concatenate([self.base.weight(f"{name}.weight", self.lora) for name in names]))
        return self.multiply(hidden, weight)

    def _norm(self, hidden: ov.Node, name: str) -> ov.Node:
        mean = ops.reduce_mean(ops.power(hidden, _floats(2)), _ints([-1]), True)
        inverse = ops.divide(_floats(1), ops.sqrt(ops.add(mean, _floats(self.config.rms_norm_eps))))
        return ops.multiply(ops.constant(self.base.weight(f"{name}.weight")[None]), ops.multiply(hidden, inverse))

    def _rotation(self) -> tuple[ov.Node, ov.Node]:
        half = np.arange(0, self.config.head_dim, 2) / self.config.head_dim
        frequencies = (self.config.rope_parameters.rope_theta**-half).astype(np.float32)[None]
        angles = ops.multiply(ops.unsqueeze(ops.convert(self.inputs["positions"], "f32"), _ints([1])), frequencies)
        both = ops.unsqueeze(ops.concat([angles, angles], 1), _ints([1]))
        return ops.cos(both), ops.sin(both)

    def _rotate(self, states: ov.Node, heads: int, cos: ov.Node, sin: ov.Node) -> ov.Node:
        split = ops.reshape(states, _ints([-1, heads, self.config.head_dim]), False)
        first, second = ops.split(split, _ints(-1), 2).outputs()
        turned = ops.concat([ops.negative(second), first], -1)
        rotated = ops.add(ops.multiply(split, cos), ops.multiply(turned, sin))
        return ops.reshape(rotated, _ints([-1, heads * self.config.head_dim]), False)

    def _attention(self, layer: int, query: ov.Node, key: ov.Node, value: ov.Node) -> ov.Node:
        c, given = self.config, self.inputs
        # The plugin chooses type and shape of the caches; see the compiled model's inputs.
        caches = [_cache_parameter(name) for name in cache_names(layer)]
        self.caches += caches
        none, none_f, zero = ops.constant(np.zeros(0, np.int32)), ops.constant(np.zeros(0, np.float32)), _int32(0)
        arguments = [
            *(query, key, value, *caches),
            *(given[name] for name in ("past_lens", "subsequence_begins", "block_indices", "block_indices_begins")),
            *(_floats(c.head_dim**-0.5), zero, none_f),  # scale, sliding window, alibi slopes
            *(given["max_context_len"], none),  # score aggregation window
            *(none, none, none_f),  # rotation of evicted blocks
            *(none_f, zero, zero),  # sparse attention
            none_f,  # sinks
            *(zero, none, none, none),  # eviction
            none,  # token types
            *(ops.constant(np.zeros(0, np.uint8)), none),  # bias between queries
        ]
        node = PagedAttention([a if isinstance(a, ov.Output) else a.output(0) for a in arguments])
        sizes = node.get_rt_info()
        for name in ("num_k_heads", "num_v_heads"):
            sizes[name] = c.num_key_value_heads
        for name in ("k_head_size", "v_head_size"):
            sizes[name] = c.head_dim
        return node.output(0)


def build_head(table: Quantized) -> ov.Model:
    """Hidden states [R, hidden] to logits [R, vocabulary]."""
    hidden = _parameter("hidden", [-1, table.values.shape[1]], np.float32)
    return ov.Model([_matmul(hidden, table).output(0)], [hidden], "head")


def _matmul(hidden: ov.Node, weight: Quantized) -> ov.Node:
    dequantized = ops.multiply(
        ops.convert(ops.constant(weight.values, shared_memory=True), "f32"), ops.constant(weight.scales)
    )
    return ops.matmul(hidden, dequantized, False, True)


def _parameter(name: str, shape: list[int], dtype: type) -> ov.op.Parameter:
    parameter = ops.parameter(shape, dtype, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _cache_parameter(name: str) -> ov.op.Parameter:
    parameter = ops.parameter(ov.PartialShape.dynamic(4), ov.Type.dynamic, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _ints(value: int | list[int]) -> ov.op.Constant:
    return ops.constant(np.array(value, np.int64))


def _int32(value: int) -> ov.op.Constant:
    return ops.constant(np.array(value, np.int32))


def _floats(value: float) -> ov.op.Constant:
    return ops.constant(np.array(value, np.float32))
