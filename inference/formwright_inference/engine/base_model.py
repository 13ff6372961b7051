"""The base model's folder: configuration, tokenizer, and weights read on demand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field
from tokenizers import Tokenizer

from .lora import Lora, layer_prefix
from .safetensors_file import SafetensorsFile

EMBEDDINGS = "model.embed_tokens.weight"


class _Rope(BaseModel):
    rope_theta: float
    rope_type: Literal["default"] = "default"


class ModelConfig(BaseModel):
    """The part of config.json that the graph needs; other architectures are refused by it."""

    model_type: Literal["llama"]
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: int
    rms_norm_eps: float
    eos_token_id: int
    hidden_act: Literal["silu"]
    attention_bias: Literal[False] = False
    mlp_bias: Literal[False] = False
    tie_word_embeddings: Literal[True]
    rope_parameters: Annotated[_Rope, Field()]


@dataclass(frozen=True)
class Quantized:
    """A weight [out, in] as int8 with one float32 scale per output row [out, 1]."""

    values: np.ndarray
    scales: np.ndarray


def quantize(weight: np.ndarray) -> Quantized:
    """Symmetric, per row: the greatest magnitude of a row becomes 127."""
    scales = np.abs(weight).max(axis=1, keepdims=True) / np.float32(127)
    scales[scales == 0] = 1
    return Quantized(np.rint(weight / scales).astype(np.int8), scales.astype(np.float32))


class BaseWeights:
    """Weights are float32, with an adapter's additions when one is given."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.config = ModelConfig.model_validate_json((folder / "config.json").read_bytes())
        self.tokenizer_json = (folder / "tokenizer.json").read_text()
        self.tokenizer: Tokenizer = Tokenizer.from_str(self.tokenizer_json)
        self._file = SafetensorsFile(folder / "model.safetensors")
        self.shapes = self._file.shapes

    def matrices(self, layers: range) -> list[tuple[int, ...]]:
        """Shapes [out, in] of these layers."""
        prefixes = tuple(layer_prefix(layer) for layer in layers)
        return [shape for name, shape in self.shapes.items() if len(shape) == 2 and name.startswith(prefixes)]

    def embeddings(self, tokens: np.ndarray) -> np.ndarray:
        """Rows of the embedding table, which is the output head too: [n, hidden] float32, exact."""
        return self._file.rows(EMBEDDINGS, tokens)

    def weight(self, name: str, lora: Lora | None = None) -> np.ndarray:
        values = self._file.read(name)
        delta = lora.delta(name) if lora else None
        return values if delta is None else values + delta
