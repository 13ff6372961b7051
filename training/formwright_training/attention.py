"""Causal attention over a pack: examples lie end to end in one row, and none sees another."""

from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface

NAME = "formwright_packed"


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    pack_lengths: list[int] | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention within each example. Shapes: query [1, heads, tokens, head size], key and value with their own heads.

    Cheaper than a block-diagonal mask, which would compute every pair of the pack.
    """
    lengths = pack_lengths or [query.shape[2]]
    grouped = query.shape[1] != key.shape[1]
    outputs = [
        F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout, scale=scaling, enable_gqa=grouped)
        for q, k, v in zip(*(t.split(lengths, dim=2) for t in (query, key, value)), strict=True)
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, packed_attention)
