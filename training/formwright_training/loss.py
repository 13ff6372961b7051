"""Loss of the answers alone: logits exist for no other token."""

import torch
import torch.nn.functional as F

from .data import Example
from .model import SplitModel

# Logits of this many tokens at a time: 50 MB in float32 with a vocabulary of 49,152.
CHUNK = 256


def answer_places(pack: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of the pack that predict an answer token, and those tokens; both [answer tokens], int64."""
    rows, targets, start = [], [], 0
    for example in pack:
        rows.extend(range(start + example.prompt_length - 1, start + len(example) - 1))
        targets.extend(example.tokens[example.prompt_length :])
        start += len(example)
    return torch.tensor(rows), torch.tensor(targets)


def summed_loss(split: SplitModel, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross entropy summed over answer tokens; `states` [n, hidden size] are those that predict `targets` [n]."""
    losses = [
        F.cross_entropy(split.logits(some).float(), of, reduction="sum")
        for some, of in zip(states.split(CHUNK), targets.split(CHUNK), strict=True)
    ]
    return torch.stack(losses).sum()
