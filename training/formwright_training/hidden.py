"""What the frozen lower layers give for each example, computed once and kept in a memory-mapped file."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import torch

from .data import Example
from .model import SplitModel

# Up to here hidden states are kept as they are; above it as bfloat16, to spare disk and page cache.
FLOAT32_LIMIT_BYTES = 3 << 30


class HiddenStates:
    """Hidden states below the trained layers.

    An example is computed together with the pack that it has in the first epoch, whenever it is first asked for, so
    that a resumed run gets the same bits as an uninterrupted one.
    """

    def __init__(self, split: SplitModel, examples: Sequence[Example], packs: Sequence[list[int]], path: Path) -> None:
        self._split, self._examples, self._packs = split, examples, packs
        self._pack_of: dict[int, int] = {}
        for number, pack in enumerate(packs):
            for index in pack:
                self._pack_of.setdefault(index, number)
        self._starts = [0, *accumulate(len(e) for e in examples)]
        size = self._starts[-1] * split.hidden_size
        whole = split.causal.dtype == torch.float32 and size * 4 <= FLOAT32_LIMIT_BYTES
        dtype = torch.float32 if whole else torch.bfloat16
        path.unlink(missing_ok=True)
        self._kept = torch.from_file(str(path), shared=True, size=size, dtype=dtype).view(-1, split.hidden_size)
        # The mapping outlives the name, and nothing is left behind however the training ends.
        path.unlink()
        self._present: set[int] = set()

    def of(self, pack: Sequence[int]) -> torch.Tensor:
        """[tokens of the pack, hidden size] in the model's precision."""
        for index in pack:
            if index not in self._present:
                self._compute(self._pack_of[index])
        rows = torch.cat([self._kept[self._starts[i] : self._starts[i + 1]] for i in pack])
        return rows.to(self._split.device, self._split.causal.dtype)

    def _compute(self, number: int) -> None:
        pack = self._packs[number]
        lengths = [len(self._examples[i]) for i in pack]
        tokens = torch.tensor([t for i in pack for t in self._examples[i].tokens])
        states = self._split.run_lower(tokens, lengths)
        for index, rows in zip(pack, states.split(lengths), strict=True):
            # A pack on the border of two epochs also holds examples that belong to an earlier one.
            if self._pack_of[index] == number:
                self._kept[self._starts[index] : self._starts[index + 1]] = rows.to("cpu", self._kept.dtype)
                self._present.add(index)
