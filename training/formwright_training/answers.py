"""Where the answers are in a pack: the loss is theirs alone, and logits exist for no other token."""

import torch

from .data import Example


def answer_places(pack: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of the pack that predict an answer token, and those tokens; both [answer tokens], int64."""
    rows, targets, start = [], [], 0
    for example in pack:
        rows.extend(range(start + example.prompt_length - 1, start + len(example) - 1))
        targets.extend(example.tokens[example.prompt_length :])
        start += len(example)
    return torch.tensor(rows), torch.tensor(targets)
