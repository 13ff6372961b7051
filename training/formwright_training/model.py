"""The base model with LoRA on its upper layers, split where the frozen lower layers end."""

import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from formwright_contracts.models import Hyperparameters
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from . import attention
from .fused import FusedLayers, can_fuse
from .fused_ops import FrozenHeadLoss
from .precision import Precision
from .refused import Refused

# Logits of this many tokens at a time: 50 MB in float32 with a vocabulary of 49,152.
LOSS_CHUNK = 256


class ModelRefused(Refused):
    """Base model, adapter and hyperparameters do not fit together."""


def load_base(folder: Path, precision: Precision) -> PreTrainedModel:
    """Reads a causal language model in transformers' layout, frozen, on the device of `precision`."""
    if not (folder / "config.json").is_file():
        raise ModelRefused(f"{folder} is not a base model folder: config.json is missing.")
    config = AutoConfig.from_pretrained(folder)
    options = {"config": config, "dtype": precision.dtype, "attn_implementation": attention.NAME}
    if precision.quantized:
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=precision.dtype
        )
        options["device_map"] = {"": precision.device}
    model = AutoModelForCausalLM.from_pretrained(folder, **options)
    model.requires_grad_(False)
    return model if precision.quantized else model.to(precision.device)


def add_lora(model: PreTrainedModel, base_name: str, hyperparameters: Hyperparameters) -> PeftModel:
    """Adds LoRA with float32 weights, drawn from the seed, to the upper `layers` layers."""
    depth = model.config.get_text_config().num_hidden_layers
    if hyperparameters.layers > depth:
        raise ModelRefused(
            f"Expected layers to be at most {depth}, got {hyperparameters.layers}: {base_name} has no more."
        )
    torch.manual_seed(hyperparameters.seed)
    config = LoraConfig(
        r=hyperparameters.rank,
        lora_alpha=hyperparameters.alpha,
        lora_dropout=hyperparameters.dropout,
        target_modules=hyperparameters.targetModules,
        layers_to_transform=list(range(depth - hyperparameters.layers, depth)),
        task_type="CAUSAL_LM",
    )
    try:
        with_lora = get_peft_model(model, config, autocast_adapter_dtype=True)
    except ValueError as error:
        raise ModelRefused(f"targetModules do not fit {base_name}: {error}") from None
    with_lora.peft_config["default"].base_model_name_or_path = base_name
    return with_lora


def lora_weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Trainable weights by peft's file name for them, sorted."""
    named = (
        (name.replace(".default", ""), weight) for name, weight in model.named_parameters() if weight.requires_grad
    )
    return dict(sorted(named))


def load_lora(model: nn.Module, folder: Path) -> None:
    """Starts from an adapter in PEFT's layout; raises ModelRefused unless each of its weights fits."""
    path = folder / "adapter_model.safetensors"
    if not path.is_file():
        raise ModelRefused(f"{folder} is not an adapter folder: adapter_model.safetensors is missing.")
    read, own = load_file(path), lora_weights(model)
    different = sorted(read.keys() ^ own.keys()) or [k for k in own if own[k].shape != read[k].shape]
    if different:
        raise ModelRefused(
            f"The adapter in {folder} was made with other rank, layers or target modules "
            f"(first difference: {different[0]}): use those, or do not continue from it."
        )
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(read[name])


class SplitModel:
    """Runs the frozen lower layers and the trained upper ones apart.

    Works for decoders that keep embeddings, `layers` and `norm` as Llama does; `check` compares with the whole model.
    """

    def __init__(self, model: PeftModel, upper_layers: int, fuse: bool = True) -> None:
        self.causal = model.get_base_model()
        decoder = self.causal.get_decoder()
        if not (hasattr(decoder, "layers") and hasattr(decoder, "norm")):
            raise ModelRefused(f"{type(decoder).__name__} has no list of layers to split.")
        cut = len(decoder.layers) - upper_layers
        lower, upper = decoder.layers[:cut], decoder.layers[cut:]
        self.lower, self.upper = _part(decoder, lower, nn.Identity()), _part(decoder, upper, decoder.norm)
        self.head = self.causal.get_output_embeddings()
        self.fused = None
        if fuse and can_fuse(decoder, self.head, decoder.layers):
            self.fused = FusedLayers(decoder, lower), FusedLayers(decoder, upper)
        self.hidden_size = self.causal.config.get_text_config().hidden_size
        self.device = next(self.causal.parameters()).device

    def weights_changed(self) -> None:
        """To be called before the first pack after LoRA's weights have changed."""
        if self.fused:
            self.fused[1].refresh()

    @torch.no_grad()
    def run_lower(self, tokens: torch.Tensor, lengths: list[int]) -> torch.Tensor:
        """Token ids [tokens] of a pack → hidden states [tokens, hidden size] below the trained layers."""
        if self.fused:
            return self.fused[0](self.lower.embed_tokens(tokens), lengths)
        positions = _positions(lengths, self.device)
        output = self.lower(
            input_ids=tokens[None].to(self.device), position_ids=positions, use_cache=False, pack_lengths=lengths
        )
        return output.last_hidden_state[0]

    def run_upper(self, hidden: torch.Tensor, lengths: list[int], rows: torch.Tensor) -> torch.Tensor:
        """Hidden states of a pack → normed states [rows, hidden size] of the chosen rows."""
        if self.fused:
            return self.upper.norm(self.fused[1](hidden, lengths, rows))
        positions = _positions(lengths, self.device)
        output = self.upper(inputs_embeds=hidden[None], position_ids=positions, use_cache=False, pack_lengths=lengths)
        return output.last_hidden_state[0].index_select(0, rows)

    def summed_loss(self, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cross entropy summed over answer tokens; `states` [n, hidden size] are those that predict `targets` [n]."""
        if self.fused:
            return FrozenHeadLoss.apply(states, self.head.weight, targets, LOSS_CHUNK)
        losses = [
            F.cross_entropy(self.logits(some).float(), of, reduction="sum")
            for some, of in zip(states.split(LOSS_CHUNK), targets.split(LOSS_CHUNK), strict=True)
        ]
        return torch.stack(losses).sum()

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """[n, hidden size] → [n, vocabulary]."""
        return self.head(states)

    @torch.no_grad()
    def check(self, tokens: list[int]) -> None:
        """Raises ModelRefused when the parts together do not give what the whole model gives."""
        ids, length = torch.tensor(tokens, device=self.device), [len(tokens)]
        whole = self.causal(input_ids=ids[None], use_cache=False).logits[0, -1].float()
        last = torch.tensor([len(tokens) - 1], device=self.device)
        apart = self.logits(self.run_upper(self.run_lower(ids, length), length, last))[0].float()
        if not torch.allclose(whole, apart, rtol=0.05, atol=0.05):
            raise ModelRefused(f"{type(self.causal).__name__} cannot be split between its layers.")


def _part(decoder: nn.Module, layers: nn.ModuleList, norm: nn.Module) -> nn.Module:
    part = copy.copy(decoder)
    part._modules = {**decoder._modules, "layers": layers, "norm": norm}
    return part


def _positions(lengths: list[int], device: torch.device) -> torch.Tensor:
    return torch.cat([torch.arange(n, device=device) for n in lengths])[None]
