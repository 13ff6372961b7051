"""The compiled parts: a decoder per adapter, and what all of them share."""

from dataclasses import dataclass

import numpy as np
import openvino as ov

from .base_model import BaseWeights, quantize
from .graph import BATCH_INPUTS, build_decoder, build_head, cache_names
from .lora import Lora

# Up to so many allowed tokens, only their rows of the head are multiplied; the whole head costs about 2,000 of them.
FEW_TOKENS = 1_500
EXACT_TOP = 32


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


class Shared:
    """Embeddings, output head, key-value cache and the device: one of each, whatever the number of adapters."""

    def __init__(self, base: BaseWeights, threads: int) -> None:
        self.core = ov.Core()
        self.properties = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            # Chosen by docs/inference.md's table of agreement with transformers against speed and memory.
            "KV_CACHE_PRECISION": "u8",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 32,
        }
        table = base.weight("model.embed_tokens.weight")
        head = self.core.compile_model(build_head(quantize(table)), "CPU", self.properties)
        self._head = head.create_infer_request()
        self._table = table.astype(np.float16)
        self._caches: dict[str, ov.Tensor] = {}

    def embed(self, tokens: np.ndarray) -> np.ndarray:
        """[T] → [T, hidden] float32."""
        return self._table[tokens].astype(np.float32)

    def all_logits(self, hidden: np.ndarray) -> np.ndarray:
        """[R, hidden] → [R, vocabulary]; the greatest of each row are exact, the others those of an int8 head."""
        self._head.infer([np.ascontiguousarray(hidden)])
        logits = self._head.get_output_tensor(0).data.copy()
        for row, states in zip(logits, hidden, strict=True):
            top = np.argpartition(row, -EXACT_TOP)[-EXACT_TOP:]
            row[top] = self.some_logits(states, top)
        return logits

    def some_logits(self, hidden: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """[hidden], [n] → [n]: the logits of a few tokens, exact."""
        return self._table[tokens].astype(np.float32) @ hidden

    def cache(self, port: ov.ConstOutput, blocks: int) -> ov.Tensor:
        """The cache tensor for a graph input, made at its first use."""
        name = port.any_name
        if name not in self._caches:
            shape = [blocks, *(dimension.get_length() for dimension in list(port.partial_shape)[1:])]
            self._caches[name] = ov.Tensor(port.element_type, ov.Shape(shape))
        return self._caches[name]


class Decoder:
    """The base model with one adapter merged into it, ready to run."""

    def __init__(self, base: BaseWeights, lora: Lora | None, shared: Shared, blocks: int) -> None:
        compiled = shared.core.compile_model(build_decoder(base, lora), "CPU", shared.properties)
        self._shared, self._request = shared, compiled.create_infer_request()
        for layer in range(base.config.num_hidden_layers):
            for name in cache_names(layer):
                self._request.set_tensor(name, shared.cache(compiled.input(name), blocks))

    def run(self, batch: Batch) -> np.ndarray:
        """Hidden states of the batch's rows, [R, hidden]."""
        values = vars(batch) | {
            "embeddings": self._shared.embed(batch.tokens),
            "max_context_len": max(
                past + end - begin
                for past, begin, end in zip(
                    batch.past_lens, batch.subsequence_begins, batch.subsequence_begins[1:], strict=False
                )
            ),
        }
        for name, (_, dtype) in BATCH_INPUTS.items():
            self._request.set_tensor(name, ov.Tensor(np.array(values[name], dtype=dtype)))
        self._request.infer()
        return self._request.get_output_tensor(0).data.copy()
