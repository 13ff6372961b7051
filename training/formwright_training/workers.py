"""Packs side by side: on a CPU, threads that meet once a step beat threads that meet in every matrix product."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

# Below this many tokens per worker the matrices get too small.
TOKENS_PER_WORKER = 256

In = TypeVar("In")
Out = TypeVar("Out")


class Workers:
    """`count` threads that share the cores; results come in the order of the inputs, so that sums keep their bits."""

    def __init__(self, cores: int, tokens_per_step: int, side_by_side: bool) -> None:
        self.count = max(1, min(cores, tokens_per_step // TOKENS_PER_WORKER)) if side_by_side else 1
        threads = max(1, cores // self.count)
        torch.set_num_threads(threads)
        self._pool = ThreadPoolExecutor(self.count, "pack", initializer=torch.set_num_threads, initargs=(threads,))

    def map(self, function: Callable[[In], Out], inputs: Iterable[In]) -> list[Out]:
        """Applies `function` to each input; the first error is raised after all have ended."""
        futures = [self._pool.submit(function, one) for one in inputs]
        errors = [error for future in futures if (error := future.exception())]
        if errors:
            raise errors[0]
        return [future.result() for future in futures]
