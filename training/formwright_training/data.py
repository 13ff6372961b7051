"""Examples of train.jsonl as tokens, and the order in which the steps take them."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formwright_contracts.models import Hyperparameters, TrainingExample
from pydantic import ValidationError

from .refused import Refused

# More gains no speed on a CPU, and costs memory.
PACK_TOKENS = 1024


class DatasetRefused(Refused):
    """train.jsonl cannot be trained on."""


@dataclass(frozen=True)
class Example:
    """One window: the prompt's tokens and then the answer's. Only the answer's are learnt."""

    id: str
    tokens: list[int]
    prompt_length: int

    def __len__(self) -> int:
        return len(self.tokens)


def read_examples(path: Path, tokenizer: Any, max_tokens: int) -> tuple[list[Example], list[str]]:
    """Examples of at most `max_tokens` tokens, and the ids of those that were longer and left out.

    Prompt and answer are tokenized apart, as they are when the model answers. Raises DatasetRefused.
    """
    parsed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed.append(TrainingExample.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            raise DatasetRefused(f"{path.name} line {number}: {where}: {first['msg']}") from None
    if not parsed:
        raise DatasetRefused(f"{path.name} holds no example.")
    encode = {"add_special_tokens": False}
    prompts = tokenizer([e.prompt for e in parsed], **encode).input_ids
    answers = tokenizer([e.answer for e in parsed], **encode).input_ids
    examples, too_long = [], []
    for one, prompt, answer in zip(parsed, prompts, answers, strict=True):
        if not prompt or not answer:
            raise DatasetRefused(f"{path.name}: example {one.id} has an empty prompt or answer.")
        if len(prompt) + len(answer) > max_tokens:
            too_long.append(one.id)
        else:
            examples.append(Example(one.id, prompt + answer, len(prompt)))
    if not examples:
        raise DatasetRefused(f"Every example of {path.name} is longer than maxSequenceTokens ({max_tokens}).")
    return examples, too_long


def plan_steps(lengths: Sequence[int], hyperparameters: Hyperparameters) -> list[list[int]]:
    """Indexes of the examples of each optimizer step, in order, for all epochs.

    Depends on lengths and hyperparameters alone, so that the step number is the position in the data.
    """
    total = max(1, round(len(lengths) * hyperparameters.epochs))
    steps: list[list[int]] = []
    tokens = 0
    for position in range(total):
        epoch, place = divmod(position, len(lengths))
        if place == 0:
            order = list(range(len(lengths)))
            random.Random(f"{hyperparameters.seed}/{epoch}").shuffle(order)
        index = order[place]
        if not steps or tokens + lengths[index] > hyperparameters.tokensPerStep:
            steps.append([])
            tokens = 0
        steps[-1].append(index)
        tokens += lengths[index]
    return steps[: hyperparameters.maxSteps]


def packs_of(step: Sequence[int], lengths: Sequence[int], workers: int) -> list[list[int]]:
    """Cuts a step into packs of about equal size, a multiple of `workers` where there are examples enough.

    The examples of a pack go through the model together.
    """
    total = sum(lengths[i] for i in step)
    count = min(len(step), workers * math.ceil(total / (workers * PACK_TOKENS)))
    packs: list[list[int]] = [[]]
    tokens = 0
    for index in step:
        if packs[-1] and tokens + lengths[index] / 2 > total * len(packs) / count:
            packs.append([])
        packs[-1].append(index)
        tokens += lengths[index]
    return packs
