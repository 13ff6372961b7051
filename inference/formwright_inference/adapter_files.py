"""Adapter folders, by digest: fetched, verified, kept."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from formwright_contracts.models import AdapterManifest
from pydantic import ValidationError

from .engine.lora import MAX_RANK, AdapterRefused
from .sources import Source, SourceMissing

MAX_MANIFEST_BYTES = 64 << 10
REQUIRED = {"adapter_config.json", "adapter_model.safetensors"}
ALLOWED = REQUIRED | {"README.md"}


class AdapterFiles:
    """`root/<digest>/` holds an adapter wholly, or is not there."""

    def __init__(self, root: Path, base_name: str, base_digest: str, max_bytes: int) -> None:
        self.root, self.base_name, self.base_digest, self.max_bytes = root, base_name, base_digest, max_bytes
        root.mkdir(parents=True, exist_ok=True)
        for left in root.glob(".fetch-*"):
            shutil.rmtree(left, ignore_errors=True)

    def folder(self, digest: str) -> Path:
        return self.root / digest

    def fetch(self, digest: str, source: Source) -> AdapterManifest:
        """Verifies the manifest against the digest and each file against the manifest before anything is parsed.

        Raises AdapterRefused; then nothing is kept.
        """
        if self.folder(digest).is_dir():
            return self.verify(digest)
        beside = Path(tempfile.mkdtemp(prefix=".fetch-", dir=self.root))
        try:
            manifest = self._check_manifest(digest, _read_small(source.open("manifest.json")))
            (beside / "manifest.json").write_bytes(_read_small(source.open("manifest.json")))
            for entry in manifest.files:
                _copy(source.open(entry.path), beside / entry.path, entry.bytes, entry.sha256)
            os.replace(beside, self.folder(digest))
            return self.verify(digest)
        except SourceMissing as error:
            raise AdapterRefused(str(error)) from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def verify(self, digest: str) -> AdapterManifest:
        """Checks a kept folder again; raises AdapterRefused."""
        folder = self.folder(digest)
        try:
            with (folder / "manifest.json").open("rb") as file:
                manifest = self._check_manifest(digest, file.read(MAX_MANIFEST_BYTES + 1))
            for entry in manifest.files:
                with (folder / entry.path).open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
                        raise AdapterRefused(f"{entry.path} differs from the sha256 of its manifest.")
        except FileNotFoundError as error:
            raise AdapterRefused(f"{Path(error.filename).name} of adapter {digest} is missing.") from None
        return manifest

    def _check_manifest(self, digest: str, content: bytes) -> AdapterManifest:
        if hashlib.sha256(content).hexdigest() != digest:
            raise AdapterRefused("manifest.json does not have the expected sha256.")
        try:
            manifest = AdapterManifest.model_validate_json(content)
        except ValidationError as error:
            problem = error.errors(include_input=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise AdapterRefused(f"manifest.json is not that of an adapter: {where}: {problem['msg']}") from None
        paths = [entry.path for entry in manifest.files]
        if len(set(paths)) != len(paths) or not REQUIRED <= set(paths) <= ALLOWED:
            raise AdapterRefused(f"Expected the files {', '.join(sorted(ALLOWED))}, got {', '.join(paths)[:200]}.")
        size = sum(entry.bytes for entry in manifest.files)
        if size > self.max_bytes or min(entry.bytes for entry in manifest.files) < 0:
            raise AdapterRefused(f"Expected an adapter of at most {self.max_bytes} bytes, got {size}.")
        if not 1 <= manifest.rank <= MAX_RANK:
            raise AdapterRefused(f"Expected a rank of 1 to {MAX_RANK}, got {manifest.rank}.")
        if manifest.base.digest != self.base_digest:
            raise AdapterRefused(
                f"The adapter is for {manifest.base.name} {manifest.base.digest[:12]}, "
                f"this service has {self.base_name} {self.base_digest[:12]}."
            )
        return manifest


def _read_small(chunks: Iterator[bytes]) -> bytes:
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > MAX_MANIFEST_BYTES:
            raise AdapterRefused(f"Expected manifest.json to have at most {MAX_MANIFEST_BYTES} bytes.")
    return content


def _copy(chunks: Iterator[bytes], to: Path, size: int, sha256: str) -> None:
    digest, written = hashlib.sha256(), 0
    with to.open("xb") as file:
        for chunk in chunks:
            written += len(chunk)
            if written > size:
                raise AdapterRefused(f"{to.name} has more than the {size} bytes of its manifest.")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if written != size or digest.hexdigest() != sha256:
        raise AdapterRefused(f"{to.name} differs from the sha256 of its manifest.")
