"""The merged model as GGUF in Q8_0, as llama.cpp reads it."""

import json
from pathlib import Path

import numpy as np
from formwright_inference.engine.base_model import BaseWeights
from formwright_inference.engine.lora import Lora
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import quantize

_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(base_folder: Path, adapter: Path, to: Path) -> None:
    """Norms stay float32; llama.cpp keeps the halves of a rotated head interleaved, so that q and k are permuted."""
    base = BaseWeights(base_folder)
    lora, config = Lora(adapter, base.shapes), base.config
    writer = GGUFWriter(to, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(base.shapes["model.layers.0.mlp.up_proj.weight"][0])
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_file_type(7)
    _add_vocabulary(writer, base)
    _add_tensor(writer, "token_embd.weight", base.weight("model.embed_tokens.weight"))
    _add_tensor(writer, "output_norm.weight", base.weight("model.norm.weight"))
    for layer in range(config.num_hidden_layers):
        for theirs, ours in _NAMES.items():
            weight = base.weight(f"model.layers.{layer}.{theirs}.weight", lora)
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(ours)
            _add_tensor(writer, f"blk.{layer}.{ours}.weight", _permute(weight, heads) if heads else weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tensor(writer: GGUFWriter, name: str, values: np.ndarray) -> None:
    if values.ndim == 1:
        writer.add_tensor(name, values)
    else:
        writer.add_tensor(name, quantize(values, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)


def _permute(weight: np.ndarray, heads: int) -> np.ndarray:
    out_features, in_features = weight.shape
    halves = weight.reshape(heads, 2, out_features // heads // 2, in_features)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(out_features, in_features)


def _add_vocabulary(writer: GGUFWriter, base: BaseWeights) -> None:
    tokenizer = json.loads(base.tokenizer_json)
    special = {token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    tokens = sorted(base.tokenizer.get_vocab().items(), key=lambda item: item[1])
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in tokenizer["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([TokenType.CONTROL if i in special else TokenType.NORMAL for _, i in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(base.config.eos_token_id)
    writer.add_add_bos_token(False)
