"""True dimensions of the larger bases, as their publishers' config.json has them."""

from dataclasses import dataclass
from typing import Any, Literal

from transformers import AutoConfig, PreTrainedConfig

LLAMA_3_ROPE = {
    "rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """One base of a preset in contracts/presets.ts."""

    name: str
    preset: str
    kind: Literal["llama", "mistral"]
    dimensions: dict[str, Any]
    # As its model card states them; the dimensions above must give the same.
    parameters: int
    rank: int
    quantized: bool

    def config(self, layers: int | None = None) -> PreTrainedConfig:
        """The whole model, or one with so many of its layers."""
        depth = {} if layers is None else {"num_hidden_layers": layers}
        return AutoConfig.for_model(self.kind, **(self.dimensions | depth))

    @property
    def layers(self) -> int:
        """All of them."""
        return int(self.dimensions["num_hidden_layers"])


ARCHITECTURES = [
    Architecture(
        "Llama-3.2-3B-Instruct", "llama-3.2-3b", "llama",
        {"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 28, "num_attention_heads": 24,
         "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 128256, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 131072, "tie_word_embeddings": True, "rope_parameters": LLAMA_3_ROPE},
        3_212_749_824, 16, False,
    ),
    Architecture(
        "Mistral-7B-Instruct-v0.3", "mistral-7b", "mistral",
        {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
         "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 32768, "rms_norm_eps": 1e-5, "sliding_window": None,
         "max_position_embeddings": 32768, "tie_word_embeddings": False,
         "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
        7_248_023_552, 16, True,
    ),
]  # fmt: skip
