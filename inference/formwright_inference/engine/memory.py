"""Keeps the process small: weights that only the plugin's packed copies need, and memory that malloc keeps."""

import ctypes
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np


class SpillFile:
    """Arrays in an unlinked file of ours: when released they leave memory, and come back if they are read again.

    The plugin packs the weights it is given once for few rows and once for many, and keeps the original beside.
    """

    def __init__(self, folder: Path, size: int) -> None:
        """Raises OSError when the disk has no room: the file is reserved whole, so that no write can fail later."""
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)
            self._map = mmap.mmap(file.fileno(), size)
        self._end = 0

    @staticmethod
    def space_for(bytes_of_each: list[int]) -> int:
        """The size of a file for arrays of these sizes."""
        return sum(-(-count // mmap.PAGESIZE) * mmap.PAGESIZE for count in bytes_of_each)

    def keep(self, array: np.ndarray) -> np.ndarray:
        """The same values, in the file."""
        kept = np.frombuffer(self._map, array.dtype, array.size, self._end).reshape(array.shape)
        kept[...] = array
        self._end += self.space_for([array.nbytes])
        return kept

    def release(self) -> None:
        self._map.madvise(mmap.MADV_DONTNEED)


def give_back_freed() -> None:
    """What was freed goes back to the system now; where malloc has no such call, when it likes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
