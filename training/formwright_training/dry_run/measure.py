"""One training step of an architecture through our own code: counted without memory, or taken with few layers."""

import math
from dataclasses import dataclass

import torch
from formwright_contracts.models import Hyperparameters
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForCausalLM, PreTrainedConfig

from .. import attention
from ..model import SplitModel, add_lora, lora_weights

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Counted:
    """Of one pack: forward and backward."""

    flops: int
    saved_bytes: int
    frozen: int
    trained: int


def _model(config: PreTrainedConfig, rank: int, dtype: torch.dtype, device: str) -> SplitModel:
    layers = config.num_hidden_layers
    hyperparameters = Hyperparameters(
        rank=rank, alpha=2 * rank, dropout=0, layers=layers, targetModules=PROJECTIONS, learningRate=1e-4,
        warmupShare=0, weightDecay=0, epochs=1, tokensPerStep=1024, maxSequenceTokens=1024, seed=1, precision="auto",
    )  # fmt: skip
    torch.manual_seed(1)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=attention.NAME)
        model.requires_grad_(False)
        return SplitModel(add_lora(model, "random weights", hyperparameters), layers)


def count(config: PreTrainedConfig, rank: int, lengths: list[int]) -> Counted:
    """Floating-point operations and bytes kept for the backward pass of a pack, on torch's meta device: no memory."""
    split = _model(config, rank, torch.bfloat16, "meta")
    weights = list(split.causal.parameters())
    known = {w.untyped_storage()._cdata for w in weights}
    saved: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            saved[storage._cdata] = storage.nbytes()
        return tensor

    tokens = sum(lengths)
    hidden = torch.empty(tokens, split.hidden_size, dtype=torch.bfloat16, device="meta")
    targets = torch.empty(tokens, dtype=torch.long, device="meta")
    rows = torch.empty(tokens, dtype=torch.long, device="meta")
    counter = FlopCounterMode(display=False)
    with counter:
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = split.summed_loss(split.run_upper(hidden, lengths, rows), targets)
        loss.backward()
    trained = sum(w.numel() for w in weights if w.requires_grad)
    frozen = sum(w.numel() for w in weights if not w.requires_grad)
    return Counted(counter.get_total_flops(), sum(saved.values()), frozen, trained)


def take_step(config: PreTrainedConfig, rank: int, lengths: list[int]) -> float:
    """A real step at random weights: the loss of a token. Raises ArithmeticError when it or a gradient is no number."""
    split = _model(config, rank, torch.float32, "cpu")
    nn.init.normal_(split.head.weight, std=0.02)
    ids = torch.randint(config.vocab_size, (sum(lengths),))
    split.check(ids[: lengths[0]].tolist())
    states = split.run_upper(split.run_lower(ids, lengths), lengths, torch.arange(len(ids)))
    loss = split.summed_loss(states, ids) / len(ids)
    loss.backward()
    gradients = [w.grad for w in lora_weights(split.causal).values()]
    if not math.isfinite(loss.item()) or not all(g is not None and g.isfinite().all() for g in gradients):
        raise ArithmeticError("The loss or a gradient is not a number.")
    return loss.item()
