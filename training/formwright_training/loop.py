"""The training loop: from a position to the last step, or to where it is told to stop."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import torch
from formwright_contracts.models import Hyperparameters, MetricsLine

from .answers import answer_places
from .checkpoint import Position, Trained
from .data import Example, packs_of
from .hidden import HiddenStates
from .model import SplitModel
from .workers import Workers

MAX_GRADIENT_NORM = 1.0
BETAS = (0.9, 0.999)


class StepAbandoned(Exception):
    """There is no time to end the step; nothing of it was applied."""


class Verdict(Enum):
    """What to do after a step."""

    GO_ON = "go on"
    CHECKPOINT = "checkpoint"
    STOP = "stop"


@dataclass
class Work:
    """All that a training needs; `steps` holds the examples' indexes of each optimizer step."""

    split: SplitModel
    trained: Trained
    examples: Sequence[Example]
    steps: Sequence[list[int]]
    hidden: HiddenStates
    workers: Workers
    hyperparameters: Hyperparameters
    # Set when there is no time left to end a step.
    abandon: threading.Event = field(default_factory=threading.Event)


def learning_rate(step: int, steps: int, hyperparameters: Hyperparameters) -> float:
    """Rate of step `step` (from 0): linear warm-up, then a cosine down to zero."""
    warmup = round(hyperparameters.warmupShare * steps)
    if step < warmup:
        return hyperparameters.learningRate * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return hyperparameters.learningRate * 0.5 * (1 + math.cos(math.pi * done))


def make_optimizer(weights: dict[str, torch.nn.Parameter], hyperparameters: Hyperparameters) -> torch.optim.AdamW:
    """AdamW over the LoRA weights, in the order of their names."""
    return torch.optim.AdamW(
        weights.values(), lr=hyperparameters.learningRate, betas=BETAS, weight_decay=hyperparameters.weightDecay
    )


def run_step(work: Work, step: int) -> tuple[float, int]:
    """One optimizer step (from 0): mean loss over its answer tokens, and its number of tokens."""
    indexes = work.steps[step]
    lengths = [len(e) for e in work.examples]
    answers = sum(len(work.examples[i]) - work.examples[i].prompt_length for i in indexes)
    weights = list(work.trained.weights.values())
    work.split.weights_changed()
    packs = packs_of(indexes, lengths, work.workers.count)
    parts = work.workers.map(lambda pack: _loss_and_gradients(work, weights, pack, answers), packs)
    for place, weight in enumerate(weights):
        weight.grad = torch.stack([gradients[place] for _, gradients in parts]).sum(0)
    torch.nn.utils.clip_grad_norm_(weights, MAX_GRADIENT_NORM)
    for group in work.trained.optimizer.param_groups:
        group["lr"] = learning_rate(step, len(work.steps), work.hyperparameters)
    work.trained.optimizer.step()
    return sum(loss for loss, _ in parts), sum(lengths[i] for i in indexes)


def _loss_and_gradients(
    work: Work, weights: list[torch.Tensor], pack: list[int], answers: int
) -> tuple[float, tuple[torch.Tensor, ...]]:
    if work.abandon.is_set():
        raise StepAbandoned
    examples = [work.examples[i] for i in pack]
    rows, targets = (t.to(work.split.device) for t in answer_places(examples))
    states = work.split.run_upper(work.hidden.of(pack), [len(e) for e in examples], rows)
    loss = work.split.summed_loss(states, targets) / answers
    return loss.item(), torch.autograd.grad(loss, weights)


def train(
    work: Work,
    start: Position,
    after_step: Callable[[Position, MetricsLine], Verdict],
    save: Callable[[Position], None],
) -> Position:
    """Trains from `start`, asks after each step how to go on, and gives back where it ended.

    Stopping and abandoning save a checkpoint first; the end of the last step does not.
    """
    position = start
    while position.step < len(work.steps):
        began = time.perf_counter()
        try:
            loss, tokens = run_step(work, position.step)
        except StepAbandoned:
            save(position)
            break
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The loss of step {position.step + 1} is {loss}: lower learningRate; checkpoints before it are kept."
            )
        seconds = time.perf_counter() - began
        rate = learning_rate(position.step, len(work.steps), work.hyperparameters)
        position = Position(
            position.step + 1, loss, position.tokens + tokens, position.seconds + seconds, position.plan
        )
        line = MetricsLine(
            step=position.step, steps=len(work.steps), loss=loss, learningRate=rate, tokens=position.tokens,
            tokensPerSecond=tokens / seconds, at=datetime.now(UTC),
        )  # fmt: skip
        verdict = after_step(position, line)
        if verdict is not Verdict.GO_ON:
            save(position)
        if verdict is Verdict.STOP:
            break
    return position
