"""Checkpoints in the object store: objects first, then a manifest, all create-only."""

import shutil
from collections.abc import Callable
from pathlib import Path

from formwright_contracts.models import CheckpointManifest
from pydantic import ValidationError

from .. import checkpoint
from ..digests import DigestMismatch
from .store import Store, Taken


class StoredCheckpoints:
    """Below `<output>checkpoints/<step>/`. A folder without a manifest is incomplete and is passed over."""

    def __init__(self, store: Store, output_prefix: str, local: Path, say: Callable[[str], None]) -> None:
        self._store, self._prefix, self._local, self._say = store, f"{output_prefix}checkpoints/", local, say

    def fetch_newest(self) -> int | None:
        """Downloads the newest complete checkpoint whose bytes are right; its step, or None when there is none."""
        names = [key.removeprefix(self._prefix).split("/") for key in self._store.keys(self._prefix)]
        steps = sorted({int(p[0]) for p in names if len(p) == 2 and p[1] == "manifest.json" and p[0].isdigit()})
        for step in reversed(steps):
            try:
                self._fetch(step)
                return step
            except DigestMismatch as error:
                shutil.rmtree(self._local / str(step), ignore_errors=True)
                self._say(f"checkpoint {step} is damaged, trying the one before: {error}")
        return None

    def upload(self, folder: Path) -> bool:
        """False when this step's place is taken by another attempt's checkpoint, damaged or not: save a later step."""
        prefix = f"{self._prefix}{folder.name}/"
        try:
            for name in ("state.safetensors", "position.json", "manifest.json"):
                self._store.create(prefix + name, folder / name)
            return True
        except Taken as error:
            self._say(f"{error}; the next step is saved instead")
            return False

    def _fetch(self, step: int) -> None:
        folder = self._local / str(step)
        folder.mkdir(parents=True, exist_ok=True)
        data = self._store.get(f"{self._prefix}{step}/manifest.json")
        try:
            manifest = CheckpointManifest.model_validate_json(data or b"")
        except ValidationError as error:
            raise DigestMismatch(f"its manifest cannot be read: {error.errors()[0]['msg']}") from None
        (folder / "manifest.json").write_bytes(data or b"")
        for entry in manifest.files:
            if Path(entry.path).name != entry.path:
                raise DigestMismatch(f"its manifest names {entry.path}")
            self._store.download(f"{self._prefix}{step}/{entry.path}", folder / entry.path, entry.sha256)
        checkpoint.verify(folder)
