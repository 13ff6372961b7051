"""Which sequences run in the next step, with how many tokens, and as which batch."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .beginning import BLOCK_TOKENS
from .model import Batch
from .sequence import Sequence

STEP_TOKENS = 128  # more fill a core no better, take memory, and delay the sequences that are answering
# Guessed tokens per sequence, by how many sequences are in the step: a full batch fills a core without guesses. Of what
# the caller expects, most are right, so that about a line of an answer is always worth a try; of what only occurred
# before, fewer are.
EXPECTED = ((2, 12), (STEP_TOKENS, 6))
REPEATED = ((1, 8), (2, 5), (4, 3))


@dataclass(frozen=True)
class Slice:
    """A sequence's part of a step: `certain` tokens, then its draft when `last` (its pending tokens end here)."""

    sequence: Sequence
    certain: list[int]
    last: bool


def plan_step(sequences: Iterable[Sequence], most_answering: int) -> list[Slice]:
    """Answering sequences first, then as much of the prompts, in the order in which they came, as fits."""
    answering, prompts = [], []
    for sequence in sequences:
        (answering if sequence.answering else prompts).append(sequence)
    ordered = answering[:most_answering] + prompts
    expected, repeated = (_by_count(kind, len(ordered)) for kind in (EXPECTED, REPEATED))
    slices, room = [], STEP_TOKENS
    for sequence in ordered:
        if room <= 0:
            break
        pending = sequence.pending[:room]
        last = len(pending) == len(sequence.tokens) - sequence.computed
        if last:
            left = room - len(pending)
            sequence.guess(min(expected, left), min(repeated, left))
        slices.append(Slice(sequence, pending, last))
        room -= len(pending) + len(sequence.draft)
    return slices


def _by_count(guesses: tuple[tuple[int, int], ...], sequences: int) -> int:
    return next((count for most, count in guesses if sequences <= most), 0)


def make_batch(slices: list[Slice]) -> Batch:
    """The flat batch; rows are the last certain token and the draft of each slice that ends its pending tokens."""
    tokens: list[int] = []
    positions: list[int] = []
    batch = Batch(np.zeros(0), np.zeros(0), [], [0], [], [0], [])
    for part in slices:
        sequence, run = part.sequence, part.certain + part.sequence.draft
        begin, end = sequence.computed, sequence.computed + len(run)
        if part.last:
            at = len(tokens) + len(part.certain) - 1
            batch.rows += range(at, at + 1 + len(sequence.draft))
        tokens += run
        positions += range(begin, end)
        batch.past_lens.append(begin)
        batch.subsequence_begins.append(len(tokens))
        batch.block_indices += sequence.table.blocks[: -(-end // BLOCK_TOKENS)]
        batch.block_indices_begins.append(len(batch.block_indices))
    batch.tokens, batch.positions = np.array(tokens), np.array(positions)
    # A step of prompt parts only still needs a row for the graph; nobody reads it.
    batch.rows = batch.rows or [len(tokens) - 1]
    return batch
