"""The compiled parts: a decoder per adapter, and what all of them share."""

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov

from .. import kernel
from .base_model import EMBEDDINGS, BaseWeights, quantize
from .graph import BATCH_INPUTS, build_head, build_segment, by_kernel, by_plugin, cache_names
from .lora import Lora
from .memory import SpillFile, give_back_freed

# Up to so many allowed tokens, only their rows of the head are multiplied; the whole head costs about 2,000 of them.
FEW_TOKENS = 1_500
EXACT_TOP = 32
# Steps that run at once, each on its share of the threads: two cores that need not wait for each other do a fifth more.
MAX_STREAMS = 2
# Layers of a segment: those that an adapter leaves as they are, it shares with the others.
SEGMENT_LAYERS = 8
# From so many rows on the plugin uses the packing of the weights that is for many.
MANY_ROWS = 16


@dataclass
class Batch:
    """One step's tokens, flat; names and shapes as in BATCH_INPUTS."""

    tokens: np.ndarray
    positions: np.ndarray
    past_lens: list[int]
    subsequence_begins: list[int]
    block_indices: list[int]
    block_indices_begins: list[int]
    rows: list[int]

    def tensors(self) -> dict[str, ov.Tensor]:
        ends = zip(self.past_lens, self.subsequence_begins, self.subsequence_begins[1:], strict=False)
        values = vars(self) | {"max_context_len": max(past + end - begin for past, begin, end in ends)}
        return {name: ov.Tensor(np.array(values[name], dtype)) for name, (_, dtype) in BATCH_INPUTS.items()}


class Shared:
    """Embeddings, output head, key-value cache and the device: one of each, whatever the number of adapters.

    `scratch`: a folder on a disk, for weights that memory need not hold.
    """

    def __init__(self, base: BaseWeights, threads: int, blocks: int, scratch: Path) -> None:
        self.core, self.scratch, self.blocks = ov.Core(), scratch, blocks
        self.kernel = kernel.load(self.core, base.matrices(range(base.config.num_hidden_layers)))
        self.streams = min(threads, MAX_STREAMS)
        self.properties = {
            "NUM_STREAMS": self.streams,
            "INFERENCE_NUM_THREADS": threads,
            # Chosen by docs/inference.md's table of agreement with transformers against speed and memory.
            "KV_CACHE_PRECISION": "f16",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 32,
            # Other programs run on the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._base = base
        self._head: ov.InferRequest | None = None
        self._head_lock = threading.Lock()
        self._caches: dict[str, ov.Tensor] = {}
        self._segments: dict[range, Segment] = {}

    def embed(self, tokens: np.ndarray) -> np.ndarray:
        """[T] → [T, hidden] float32."""
        return self._base.embeddings(tokens)

    def head(self) -> ov.InferRequest:
        """The whole output head, made at its first use: our grammars allow too few tokens to need it."""
        with self._head_lock:
            if self._head is None:
                model = build_head(quantize(self._base.weight(EMBEDDINGS)))
                self._head = self.core.compile_model(model, "CPU", self.properties).create_infer_request()
                give_back_freed()
            return self._head

    def all_logits(self, hidden: np.ndarray) -> np.ndarray:
        """[R, hidden] → [R, vocabulary]; the greatest of each row are exact, the others those of an int8 head."""
        head = self.head()
        with self._head_lock:
            head.infer([np.ascontiguousarray(hidden)])
            logits = head.get_output_tensor(0).data.copy()
        for row, states in zip(logits, hidden, strict=True):
            top = np.argpartition(row, -EXACT_TOP)[-EXACT_TOP:]
            row[top] = self.some_logits(states, top)
        return logits

    def some_logits(self, hidden: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """[hidden], [n] → [n]: the logits of a few tokens, exact."""
        return self._base.embeddings(tokens) @ hidden

    def segments(self, lora: Lora | None) -> list["Segment"]:
        """The layers of a model from first to last. Raises OSError when the disk is full."""
        count = self._base.config.num_hidden_layers
        starts = range(0, count, SEGMENT_LAYERS)
        return [self._segment(range(at, min(at + SEGMENT_LAYERS, count)), lora) for at in starts]

    def _segment(self, layers: range, lora: Lora | None) -> "Segment":
        if lora is not None and lora.changes(layers):
            return Segment(self._base, lora, layers, self)
        if layers not in self._segments:
            self._segments[layers] = Segment(self._base, None, layers, self)
        return self._segments[layers]

    def cache(self, port: ov.ConstOutput) -> ov.Tensor:
        """The cache tensor for a graph input, made at its first use. Its last block is nobody's: for trial runs."""
        name = port.any_name
        if name not in self._caches:
            shape = [self.blocks + 1, *(dimension.get_length() for dimension in list(port.partial_shape)[1:])]
            self._caches[name] = ov.Tensor(port.element_type, ov.Shape(shape))
        return self._caches[name]

    def copy_block(self, source: int, to: int) -> None:
        """The keys and values of a block's tokens, in every layer."""
        for cache in self._caches.values():
            cache.data[to] = cache.data[source]


class Segment:
    """Some layers of the decoder, ready to run in each stream."""

    def __init__(self, base: BaseWeights, lora: Lora | None, layers: range, shared: Shared) -> None:
        """Raises OSError when the disk is full."""
        spill = None
        if shared.kernel is None:
            sizes = [math.prod(shape) for shape in base.matrices(layers)]
            spill = SpillFile(shared.scratch, SpillFile.space_for(sizes))
        multiply = by_plugin(spill) if spill else by_kernel(shared.kernel)
        compiled = shared.core.compile_model(build_segment(base, lora, layers, multiply), "CPU", shared.properties)
        self._inputs = [name for name in BATCH_INPUTS if name != "rows" or layers.stop == base.config.num_hidden_layers]
        self._requests = [compiled.create_infer_request() for _ in range(shared.streams)]
        for stream, request in enumerate(self._requests):
            for name in (name for layer in layers for name in cache_names(layer)):
                request.set_tensor(name, shared.cache(compiled.input(name)))
            for rows in (1, MANY_ROWS):
                trial = Batch(np.full(rows, 1), np.arange(rows), [0], [0, rows], [shared.blocks], [0, 1], [rows - 1])
                self.run(ov.Tensor(np.zeros((rows, base.config.hidden_size), np.float32)), trial.tensors(), stream)
        if spill:
            spill.release()
        give_back_freed()

    def run(self, hidden: ov.Tensor, batch: dict[str, ov.Tensor], stream: int) -> ov.Tensor:
        """The hidden states that come out, valid until the stream runs the segment again."""
        request = self._requests[stream]
        request.set_tensor("hidden", hidden)
        for name in self._inputs:
            request.set_tensor(name, batch[name])
        request.infer()
        return request.get_output_tensor(0)


class Decoder:
    """The base model with one adapter merged into it, ready to run."""

    def __init__(self, lora: Lora | None, shared: Shared) -> None:
        """Raises OSError when the disk is full."""
        self._shared, self._segments = shared, shared.segments(lora)

    def run(self, batch: Batch, stream: int) -> np.ndarray:
        """Hidden states of the batch's rows, [R, hidden]. A stream runs one batch at a time."""
        tensors, hidden = batch.tensors(), ov.Tensor(self._shared.embed(batch.tokens))
        for segment in self._segments:
            hidden = segment.run(hidden, tensors, stream)
        return hidden.data.copy()
