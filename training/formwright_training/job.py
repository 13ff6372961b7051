"""Sets a training up: base, LoRA, examples, plan; the same locally and on an instance."""

from dataclasses import dataclass
from pathlib import Path

from formwright_contracts.models import Hyperparameters
from peft import PeftModel

from .checkpoint import Position, Trained
from .data import packs_of, plan_steps, read_examples
from .digests import canonical_json, sha256_bytes, sha256_file
from .hidden import HiddenStates
from .loop import Work, make_optimizer
from .model import SplitModel, add_lora, load_base, load_lora, lora_weights
from .precision import choose_precision, count_cores, describe_machine, keep_memory
from .workers import Workers


@dataclass(frozen=True)
class Job:
    """A training that is ready to run. `start` is the position before the first step."""

    work: Work
    model: PeftModel
    start: Position
    machine: str
    left_out: list[str]


def prepare(
    dataset: Path, base: Path, base_name: str, hyperparameters: Hyperparameters, scratch: Path,
    init_from: Path | None = None,
) -> Job:  # fmt: skip
    """Reads everything into memory; raises DatasetRefused, ModelRefused or PrecisionRefused."""
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    keep_memory()
    precision = choose_precision(hyperparameters.precision)
    # Dropout draws from one random state, which packs side by side would share in no fixed order.
    side_by_side = precision.device == "cpu" and hyperparameters.dropout == 0
    workers = Workers(count_cores(), hyperparameters.tokensPerStep, side_by_side)
    tokenizer = AutoTokenizer.from_pretrained(base)
    examples, left_out = read_examples(dataset, tokenizer, hyperparameters.maxSequenceTokens)
    causal = load_base(base, precision)
    model = add_lora(causal, base_name, hyperparameters)
    if init_from is not None:
        load_lora(model, init_from)
    # Of all dropout only LoRA's own is wanted: the base model stays as it answers.
    model.eval()
    for name, module in model.named_modules():
        if "lora_dropout" in name:
            module.train()
    split = SplitModel(model, hyperparameters.layers)
    split.check(min((e.tokens for e in examples), key=len))
    lengths = [len(e) for e in examples]
    steps = plan_steps(lengths, hyperparameters)
    packs = [pack for step in steps for pack in packs_of(step, lengths, workers.count)]
    scratch.mkdir(parents=True, exist_ok=True)
    hidden = HiddenStates(split, examples, packs, scratch / "hidden-states.bin")
    weights = lora_weights(model)
    trained = Trained(weights, make_optimizer(weights, hyperparameters))
    start = Position(0, 0.0, 0, 0.0, _plan_digest(dataset, base, hyperparameters, init_from))
    return Job(Work(split, trained, examples, steps, hidden, workers, hyperparameters), model, start,
               describe_machine(precision), left_out)  # fmt: skip


def _plan_digest(dataset: Path, base: Path, hyperparameters: Hyperparameters, init_from: Path | None) -> str:
    """Checkpoints go on only where data, base, settings and start are the same.

    The machine's number format is left out: the next attempt may get a machine with another.
    """
    return sha256_bytes(canonical_json({
        "dataset": sha256_file(dataset),
        "base": sha256_file(base / ("manifest.json" if (base / "manifest.json").is_file() else "config.json")),
        "hyperparameters": hyperparameters.model_dump(mode="json"),
        "initFrom": sha256_file(init_from / "adapter_model.safetensors") if init_from else None,
    }))  # fmt: skip
