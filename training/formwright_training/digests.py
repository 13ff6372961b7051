"""Digests and manifests: every folder is known by the sha256 of its manifest.json bytes."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .refused import Refused

CHUNK = 1 << 20


class DigestMismatch(Refused):
    """A file or folder is not the one that its digest names."""


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8: one value has one digest."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_bytes(data: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Lower-case hex, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def file_entries(folder: Path, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """`{path, sha256, bytes}` of each file below a folder, sorted by path; manifest.json is left out."""
    paths = [folder / name for name in names] if names is not None else [p for p in folder.rglob("*") if p.is_file()]
    relative = sorted(str(path.relative_to(folder)) for path in paths)
    return [
        {"path": name, "sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
        for name in relative
        if name != "manifest.json"
    ]


def verify_files(folder: Path, entries: Iterable[Any]) -> None:
    """Compares a folder with the entries (`path`, `sha256`, `bytes`) of its manifest; raises DigestMismatch."""
    for entry in entries:
        path = folder / entry.path
        if not path.is_file():
            raise DigestMismatch(f"{entry.path} is missing in {folder}")
        size = path.stat().st_size
        if size != entry.bytes:
            raise DigestMismatch(f"{entry.path} in {folder} has {size} bytes, its manifest says {entry.bytes}")
        if sha256_file(path) != entry.sha256:
            raise DigestMismatch(f"{entry.path} in {folder} differs from the sha256 of its manifest")


def write_atomic(path: Path, data: bytes) -> None:
    """Writes beside and renames, so that a reader sees the old bytes or the new ones."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
