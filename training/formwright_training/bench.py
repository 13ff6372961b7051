"""One round of the training benchmark: this trainer, or TRL's SFTTrainer, on the same model, data, rank and schedule.

    python -m formwright_training.bench ours|trl|trl-defaults --dataset train.jsonl --base DIR --examples 64 --epochs 2

Prints one line of JSON. `trl` trains without activation checkpointing, which is faster; `trl-defaults` as TRL comes.
"""

import argparse
import json
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from formwright_contracts.models import Hyperparameters
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from .answers import answer_places
from .data import Example, read_examples
from .job import prepare
from .loop import Verdict, train

HELD_OUT = 32
# Examples of a step: TRL's own default.
BATCH = 8


@dataclass(frozen=True)
class Round:
    """What a contender is given. `lines` are those of train.jsonl, the held-out ones last."""

    lines: list[str]
    base: Path
    hyperparameters: Hyperparameters
    work: Path


@dataclass(frozen=True)
class Timing:
    """Seconds and tokens of each step of each epoch; the first step, which warms up, is left out."""

    epochs: list[tuple[float, float]]
    adapter_model: Any

    def rates(self) -> list[float]:
        """Tokens per second of each epoch."""
        return [tokens / seconds for seconds, tokens in self.epochs]


def run_ours(given: Round) -> Timing:
    """This trainer, as `train --local` runs it."""
    dataset = given.work / "train.jsonl"
    dataset.write_text("\n".join(given.lines[:-HELD_OUT]))
    job = prepare(dataset, given.base, given.base.name, given.hyperparameters, given.work)
    stamps, tokens = [time.perf_counter()], [0]

    def after_step(position: Any, _: Any) -> Verdict:
        stamps.append(time.perf_counter())
        tokens.append(position.tokens)
        return Verdict.GO_ON

    train(job.work, job.start, after_step, lambda _: None)
    return Timing(_by_epoch(stamps, tokens, given.hyperparameters.epochs), job.model)


def run_trl(given: Round, checkpointing: bool) -> Timing:
    """TRL's SFTTrainer with the same LoRA, learning rate, schedule and examples per step, in float32."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    stamps: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            if not stamps:
                stamps.append(time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            stamps.append(time.perf_counter())

    wanted, examples = given.hyperparameters, [json.loads(line) for line in given.lines[:-HELD_OUT]]
    model = AutoModelForCausalLM.from_pretrained(given.base, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(given.base)
    depth = model.config.num_hidden_layers
    lora = LoraConfig(
        r=wanted.rank, lora_alpha=wanted.alpha, lora_dropout=0, target_modules=wanted.targetModules,
        layers_to_transform=list(range(depth - wanted.layers, depth)), task_type="CAUSAL_LM",
    )  # fmt: skip
    settings = SFTConfig(
        output_dir=str(given.work / "trl"), per_device_train_batch_size=BATCH,
        num_train_epochs=wanted.epochs,
        learning_rate=wanted.learningRate, lr_scheduler_type="cosine", warmup_steps=0, weight_decay=0.0,
        max_length=wanted.maxSequenceTokens, completion_only_loss=True, gradient_checkpointing=checkpointing,
        bf16=False, use_cpu=True, report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
        dataloader_pin_memory=False, seed=wanted.seed,
    )  # fmt: skip
    rows = Dataset.from_list([{"prompt": e["prompt"], "completion": e["answer"]} for e in examples])
    trainer = SFTTrainer(
        model, settings, train_dataset=rows, processing_class=tokenizer, peft_config=lora, callbacks=[Clock()]
    )
    trainer.train()
    total = sum(len(tokenizer(e["prompt"] + e["answer"], add_special_tokens=False).input_ids) for e in examples)
    steps = len(stamps) - 1
    tokens = [total * wanted.epochs * n / steps for n in range(steps + 1)]
    return Timing(_by_epoch(stamps, tokens, wanted.epochs), trainer.model)


def _by_epoch(stamps: list[float], tokens: list[float], epochs: float) -> list[tuple[float, float]]:
    steps, count = len(stamps) - 1, round(epochs)
    edges = [max(1, round(steps * e / count)) for e in range(count + 1)]
    return [(stamps[b] - stamps[a], tokens[b] - tokens[a]) for a, b in zip(edges, edges[1:], strict=False)]


@torch.no_grad()
def held_out_loss(model: PeftModel, examples: list[Example]) -> float:
    """Mean loss over the answers' tokens of examples that were not trained on, one example at a time."""
    model.eval()
    total, count = 0.0, 0
    for example in examples:
        rows, targets = answer_places([example])
        logits = model(input_ids=torch.tensor(example.tokens)[None], use_cache=False).logits[0].index_select(0, rows)
        total += torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum").item()
        count += len(targets)
    return total / count


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contender", choices=["ours", "trl", "trl-defaults"])
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--layers", type=int, default=18)
    parser.add_argument("--rank", type=int, default=32)
    options = parser.parse_args()
    lines = options.dataset.read_text().splitlines()[: options.examples + HELD_OUT]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        work = Path(folder)
        sample = work / "sample.jsonl"
        sample.write_text("\n".join(lines))
        examples, _ = read_examples(sample, AutoTokenizer.from_pretrained(options.base), 2048)
        mean = sum(map(len, examples)) / len(examples)
        hyperparameters = Hyperparameters(
            rank=options.rank, alpha=2 * options.rank, dropout=0, layers=options.layers, learningRate=5e-4,
            targetModules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
            warmupShare=0, weightDecay=0, epochs=options.epochs, tokensPerStep=max(64, round(mean * BATCH)),
            maxSequenceTokens=2048, seed=1, precision="float32",
        )  # fmt: skip
        given = Round(lines, options.base, hyperparameters, work)
        if options.contender == "ours":
            timing = run_ours(given)
        else:
            timing = run_trl(given, checkpointing=options.contender == "trl-defaults")
        seconds, tokens = map(sum, zip(*timing.epochs, strict=True))
        print(json.dumps({
            "contender": options.contender, "tokensPerSecond": tokens / seconds, "byEpoch": timing.rates(),
            "tokens": round(tokens), "seconds": seconds, "meanTokens": mean,
            "loss": held_out_loss(timing.adapter_model, examples[-HELD_OUT:]),
            "peakMemoryMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }))  # fmt: skip


if __name__ == "__main__":
    main()
