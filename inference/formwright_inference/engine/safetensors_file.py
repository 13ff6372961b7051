"""Reads safetensors into float32 arrays, bfloat16 included, which numpy lacks."""

import json
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np

MAX_HEADER_BYTES = 4 << 20  # a header has about 100 bytes per tensor
_DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


class UnreadableWeights(Exception):
    """The file is not safetensors, or has a tensor that cannot be used."""


class SafetensorsFile:
    """Tensors by name, read from the file when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            size = path.stat().st_size
            if size < 10:
                raise UnreadableWeights(f"{path.name} is too short to be a safetensors file.")
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length = int.from_bytes(self._bytes[:8], "little")
        if length > min(MAX_HEADER_BYTES, size - 8):
            raise UnreadableWeights(f"{path.name} is not a safetensors file: its header would have {length} bytes.")
        try:
            header = json.loads(self._bytes[8 : 8 + length])
            self._entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            self.shapes = {name: tuple(map(int, entry["shape"])) for name, entry in self._entries.items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UnreadableWeights(f"{path.name} is not a safetensors file: its header cannot be read.") from None
        self._start = 8 + length

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> np.ndarray:
        """The tensor as a float32 copy; raises UnreadableWeights for other types, wrong extents and NaN or infinity."""
        view = self.view(name)
        values = _float32(view)
        self._leave_memory(view)
        if not np.isfinite(values).all():
            raise UnreadableWeights(f"{name} has values that are not finite.")
        return values

    def _leave_memory(self, view: np.ndarray) -> None:
        """Its pages count as ours no longer; they are read again from the file when they are needed."""
        begin = view.ctypes.data - np.frombuffer(self._bytes, np.uint8).ctypes.data
        first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
        whole = (begin + view.nbytes - first) // mmap.PAGESIZE * mmap.PAGESIZE
        if whole > 0:
            self._bytes.madvise(mmap.MADV_DONTNEED, first, whole)

    def rows(self, name: str, at: np.ndarray) -> np.ndarray:
        """Some rows of the tensor as a float32 copy; the others are not read."""
        return _float32(self.view(name)[at])

    def view(self, name: str) -> np.ndarray:
        """The tensor in the file, not copied; bfloat16 as uint16. Raises UnreadableWeights."""
        if name not in self._entries:
            raise UnreadableWeights(f"{self.path.name} has no tensor {name}.")
        entry, shape = self._entries[name], self.shapes[name]
        dtype = _DTYPES.get(entry.get("dtype"))
        if dtype is None:
            raise UnreadableWeights(f"Expected {name} to be F32, F16 or BF16, got {entry.get('dtype')}.")
        begin, end = _extent(entry)
        if (
            not 0 <= begin <= end <= len(self._bytes) - self._start
            or end - begin != int(np.prod(shape)) * dtype.itemsize
        ):
            raise UnreadableWeights(f"{name} lies outside of {self.path.name} or does not fill its shape.")
        return np.frombuffer(self._bytes, dtype, int(np.prod(shape)), self._start + begin).reshape(shape)


def _float32(raw: np.ndarray) -> np.ndarray:
    if raw.dtype == np.uint16:
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32)


def _extent(entry: dict) -> tuple[int, int]:
    offsets = entry.get("data_offsets")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(n, int) for n in offsets)):
        raise UnreadableWeights("A tensor of the safetensors header has no data_offsets.")
    return offsets[0], offsets[1]
