"""Finds the checkpoint to go on from."""

from collections.abc import Callable
from pathlib import Path

from . import checkpoint
from .checkpoint import Position
from .digests import DigestMismatch
from .job import Job
from .refused import Refused


class OtherTraining(Refused):
    """A checkpoint belongs to other data, base or hyperparameters."""


def resume(job: Job, root: Path, say: Callable[[str], None]) -> Position:
    """Loads the newest whole checkpoint below `root`; a damaged one is named and the one before is taken.

    Gives back the start when there is none. Raises OtherTraining rather than mix two trainings.
    """
    for step in checkpoint.steps_in(root):
        folder = root / str(step)
        try:
            position = checkpoint.verify(folder)
        except DigestMismatch as error:
            say(f"{error}; trying the one before")
            continue
        if position.plan != job.start.plan:
            raise OtherTraining(
                f"Checkpoint {step} in {root} was made with other data, base or hyperparameters. "
                "It is kept; train into another folder."
            )
        return checkpoint.load(folder, job.work.trained)
    return job.start
