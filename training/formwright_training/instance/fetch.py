"""Folders by digest: nothing is used before its bytes are those that the request names."""

from pathlib import Path, PurePosixPath
from typing import TypeVar

from formwright_contracts.models import AdapterManifest, DatasetManifest, FolderManifest, TrainRequest
from pydantic import BaseModel, ValidationError

from ..refused import Refused
from .store import Store, split_uri

Manifest = TypeVar("Manifest", bound=BaseModel)


class RequestRefused(Refused):
    """What the request names does not fit together."""


def fetch_folder(store: Store, uri: str, digest: str, out: Path, shape: type[Manifest]) -> Manifest:
    """Fetches `<uri>manifest.json` and the files it names into `out`; raises DigestMismatch or RequestRefused."""
    bucket, prefix = split_uri(uri if uri.endswith("/") else f"{uri}/")
    if bucket != store.bucket:
        raise RequestRefused(f"{uri} is not in bucket {store.bucket}, where the run's output goes.")
    out.mkdir(parents=True, exist_ok=True)
    store.download(f"{prefix}manifest.json", out / "manifest.json", digest)
    try:
        manifest = shape.model_validate_json((out / "manifest.json").read_bytes())
    except ValidationError as error:
        raise RequestRefused(f"{uri}manifest.json is not a {shape.__name__}: {error.errors()[0]['msg']}") from None
    for entry in manifest.files:
        path = PurePosixPath(entry.path)
        if path.is_absolute() or ".." in path.parts:
            raise RequestRefused(f"{uri}manifest.json names {entry.path}, which is outside its folder.")
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        store.download(prefix + entry.path, out / path, entry.sha256)
    return manifest


def fetch_inputs(store: Store, request: TrainRequest, work: Path) -> Path | None:
    """Fetches dataset and base, and the adapter to start from (whose folder is the result), into `work`."""
    dataset = fetch_folder(store, request.dataset.uri, request.dataset.digest, work / "dataset", DatasetManifest)
    _same("dataset", dataset.promptVersion, request.promptVersion)
    fetch_folder(store, request.base.uri, request.base.digest, work / "base", FolderManifest)
    if request.initFrom is None:
        return None
    folder = work / "init-from"
    adapter = fetch_folder(store, request.initFrom.uri, request.initFrom.digest, folder, AdapterManifest)
    _same("adapter to start from", adapter.promptVersion, request.promptVersion)
    if adapter.base.digest != request.base.digest:
        raise RequestRefused(f"The adapter to start from was made for another base: {adapter.base.name}.")
    return folder


def _same(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise RequestRefused(f"The {what} has prompt version {found}, the request {expected}: make it anew.")


def read_request(text: bytes) -> TrainRequest:
    """Raises RequestRefused with the first wrong value."""
    try:
        return TrainRequest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise RequestRefused(f"Request: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
