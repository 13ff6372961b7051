"""The object store as the instance sees it: create-only writes and reads that are verified."""

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..digests import CHUNK, DigestMismatch, sha256_file

# Cut streams and damaged bytes are fetched again so often.
READ_TRIES = 4
# Answers 409 while another conditional write on the key is under way.
CONFLICT_TRIES = 6

StoreError = (BotoCoreError, ClientError)


class Taken(Exception):
    """The key is there already, with other content."""


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/a/b/` → (`bucket`, `a/b/`); raises ValueError."""
    bucket, slash, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not slash:
        raise ValueError(f"Expected a URI such as s3://bucket/folder/, got {uri}")
    return bucket, key


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


class Store:
    """One bucket. Endpoint and credentials come from boto3's own places (AWS_ENDPOINT_URL_S3, environment, IMDS)."""

    def __init__(self, bucket: str) -> None:
        # Credentials come from the metadata service, which a busy machine answers late.
        os.environ.setdefault("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5")
        os.environ.setdefault("AWS_METADATA_SERVICE_TIMEOUT", "3")
        self.bucket = bucket
        retries = {"mode": "standard", "total_max_attempts": 6}
        self._client = boto3.client(
            "s3",
            config=Config(retries=retries, connect_timeout=5, read_timeout=30, s3={"addressing_style": "path"}),
        )

    def get(self, key: str) -> bytes | None:
        """Content of a small object, None when there is none."""
        try:
            return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise

    def put(self, key: str, data: bytes) -> None:
        """Writes or overwrites: heartbeats and metrics only."""
        self._client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def create(self, key: str, data: bytes | Path) -> bool:
        """Create-only write: True when written now, False when exactly this is there already; raises Taken."""
        digest = hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else sha256_file(data)
        for pause in range(CONFLICT_TRIES):
            try:
                self._create_once(key, data, digest)
                return True
            except ClientError as error:
                if _status(error) == 412:
                    return self._same(key, digest)
                if _status(error) != 409:
                    raise
                time.sleep(0.2 * 2**pause)
        raise Taken(f"{key} is being written by another program")

    def _create_once(self, key: str, data: bytes | Path, digest: str) -> None:
        request = {
            "Bucket": self.bucket, "Key": key, "IfNoneMatch": "*", "Metadata": {"sha256": digest},
            "ChecksumSHA256": base64.b64encode(bytes.fromhex(digest)).decode(),
        }  # fmt: skip
        if isinstance(data, bytes):
            self._client.put_object(Body=data, **request)
        else:
            with data.open("rb") as body:
                self._client.put_object(Body=body, **request)

    def _same(self, key: str, digest: str) -> bool:
        """A retried write whose first answer got lost meets its own object."""
        there = self._client.head_object(Bucket=self.bucket, Key=key)
        if there.get("Metadata", {}).get("sha256") != digest:
            raise Taken(f"{key} exists with other content")
        return False

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))

    def download(self, key: str, path: Path, sha256: str) -> None:
        """Streams an object into a file; raises DigestMismatch when its bytes are not those of `sha256`."""
        for attempt in range(1, READ_TRIES + 1):
            try:
                found = self._stream(key, path)
                if found == sha256:
                    return
                problem: Exception = DigestMismatch(f"{key}: expected sha256 {sha256}, found {found}")
            except StoreError as error:
                if isinstance(error, ClientError) and _status(error) in (403, 404):
                    raise
                problem = error
            if attempt < READ_TRIES:
                time.sleep(0.3 * 2**attempt)
        path.unlink(missing_ok=True)
        raise problem

    def _stream(self, key: str, path: Path) -> str:
        digest = hashlib.sha256()
        body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"]
        with path.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()
