"""Where adapters come from: one class per origin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .engine.lora import AdapterRefused

CHUNK_BYTES = 1 << 20


class SourceMissing(Exception):
    """A file could not be read from its origin."""


class Source(Protocol):
    """A folder that can be read file by file."""

    def open(self, name: str) -> Iterator[bytes]: ...


class FolderSource:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, name: str) -> Iterator[bytes]:
        try:
            with (self.folder / name).open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise SourceMissing(f"{name} of the adapter cannot be read: {error.strerror}.") from None


class S3Source:
    """Objects below a key prefix."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        self.bucket, self.prefix = bucket, prefix.strip("/")
        # An unreachable store must end as an answer, not as a hung request.
        options = Config(
            connect_timeout=3, read_timeout=20, retries={"max_attempts": 3}, s3={"addressing_style": "path"}
        )
        self._client = boto3.client("s3", endpoint_url=endpoint, config=options)

    def open(self, name: str) -> Iterator[bytes]:
        try:
            body = self._client.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{name}")["Body"]
            yield from body.iter_chunks(CHUNK_BYTES)
        except (BotoCoreError, ClientError) as error:
            raise SourceMissing(f"{name} cannot be read from s3://{self.bucket}/{self.prefix}: {error}") from None


def source_of(uri: str, allowed_folder: Path, s3_endpoint: str | None) -> Source:
    """Raises AdapterRefused for an address of another kind, or a folder that is not below the allowed one."""
    parts = urlsplit(uri)
    if parts.scheme == "s3" and parts.netloc and parts.path.strip("/"):
        return S3Source(parts.netloc, parts.path, s3_endpoint)
    if parts.scheme == "file" and not parts.netloc:
        folder = Path(parts.path).resolve()
        if folder.is_relative_to(allowed_folder.resolve()):
            return FolderSource(folder)
        raise AdapterRefused("Expected file:// to name a folder below the service's own adapters folder.")
    raise AdapterRefused("Expected lora_path to be s3://bucket/folder, or file:// below the service's adapters folder.")
