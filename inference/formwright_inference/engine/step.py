"""One step of a decoder: run a batch, choose the next tokens."""

from collections import Counter

import numpy as np

from .model import FEW_TOKENS, Decoder, Shared
from .request import RequestRefused
from .schedule import Slice, make_batch
from .sequence import Sequence


def run_step(
    decoder: Decoder, stream: int, slices: list[Slice], shared: Shared, counts: Counter[str]
) -> dict[Sequence, RequestRefused]:
    """Advances each slice's sequence; those whose pending tokens end in this step get their next ones.

    Returns the sequences whose grammar cannot be followed any further.
    """
    hidden = decoder.run(make_batch(slices), stream)
    for part in slices:
        part.sequence.computed += len(part.certain)
    ending = [part.sequence for part in slices if part.last]
    rows = dict(zip(ending, np.split(hidden, np.cumsum([1 + len(s.draft) for s in ending])[:-1]), strict=False))
    allowed: dict[Sequence, np.ndarray | None] = {}
    refused: dict[Sequence, RequestRefused] = {}
    for sequence in ending:
        try:
            allowed[sequence] = sequence.allowed()
        except RequestRefused as error:
            refused[sequence] = error
    logits = _whole_logits(shared, rows, allowed)
    for sequence, ids in allowed.items():
        before, guessed, computed = len(sequence.completion.tokens), len(sequence.draft), sequence.computed
        try:
            sequence.take(rows[sequence], logits.get(sequence), ids, shared)
        except RequestRefused as error:
            refused[sequence] = error
        counts["answer"] += len(sequence.completion.tokens) - before
        counts["guessed"] += guessed
        counts["guessed_right"] += sequence.computed - computed
    counts["steps"] += 1
    return refused


def _whole_logits(
    shared: Shared, rows: dict[Sequence, np.ndarray], allowed: dict[Sequence, np.ndarray | None]
) -> dict[Sequence, np.ndarray]:
    """For each sequence's first row, where many tokens are allowed: one multiplication for all of them."""
    many = [sequence for sequence, ids in allowed.items() if ids is None or len(ids) > FEW_TOKENS]
    if not many:
        return {}
    return dict(zip(many, shared.all_logits(np.stack([rows[s][0] for s in many])), strict=True))
