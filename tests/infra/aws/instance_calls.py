"""The S3 calls of an instance's program and of the inference service, made by their own classes."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from formwright_inference.sources import source_of
from formwright_training.instance.store import Store

bucket, run, digest, sha256, part = sys.argv[1:]
with TemporaryDirectory() as folder:
    here = Path(folder)
    if part == "inference":
        source = source_of(f"s3://{bucket}/adapters/{digest}/", here, os.environ["AWS_ENDPOINT_URL_S3"])
        assert b"".join(source.open("manifest.json"))
    else:
        store = Store(bucket)
        for kind in ("datasets", "bases", "bundles", "adapters"):
            store.download(f"{kind}/{digest}/manifest.json", here / kind, sha256)
        assert store.get(f"runs/{run}/result.json") is None
        assert store.get(f"runs/{run}/attempts/1/request.json")
        store.put(f"runs/{run}/attempts/1/heartbeat.json", b"{}")
        store.put(f"runs/{run}/attempts/1/metrics.jsonl", b"")
        assert store.create(f"runs/{run}/checkpoints/5/manifest.json", b"{}")
        assert not store.create(f"runs/{run}/checkpoints/5/manifest.json", b"{}")
        assert list(store.keys(f"runs/{run}/checkpoints/")) == [f"runs/{run}/checkpoints/5/manifest.json"]
        store.create(f"runs/{run}/adapter/{digest}/manifest.json", b"{}")
        store.create(f"runs/{run}/result.json", b"{}")
