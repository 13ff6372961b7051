import pickle
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

from .conftest import ROOT, Service, make_adapter, seal_adapter, start_service

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_REGION": "us-east-1"}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def refused(answer: httpx.Response, because: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "adapter_refused")
    assert because in answer.json()["error"]["message"]


def test_an_adapter_is_served_by_its_digest_and_its_name_and_differs_from_the_base(service: Service) -> None:
    digest = make_adapter(service.adapters, seed=11, strength=0.03)
    loaded = service.load(digest, "trial")
    assert loaded.json() == {"status": "loaded", "digest": digest, "prompt_version": "test-1"}
    answers = [service.complete(model, "Once upon a time", 12) for model in (digest, "trial", "base")]
    assert [a.headers["x-formwright-adapter"] for a in answers] == [digest, digest, "base"]
    texts = [a.json()["choices"][0]["text"] for a in answers]
    assert texts[0] == texts[1] != texts[2]
    entry = next(m for m in service.api.get("/v1/models").json()["data"] if m["id"] == digest)
    told = {name: entry[name] for name in ("object", "owned_by", "state", "parent", "digest", "prompt_version")}
    assert told == {
        "object": "model",
        "owned_by": "formwright",
        "state": "candidate",
        "parent": "SmolLM2-135M-Instruct",
        "digest": digest,
        "prompt_version": "test-1",
    }
    assert abs(entry["created"] - time.time()) < 3600
    assert service.admin.post("/v1/unload_lora_adapter", json={"lora_name": "trial"}).status_code == 200
    assert service.complete(digest, "Once", 1).status_code == 404


def test_a_digest_that_is_not_the_manifests_is_refused(service: Service) -> None:
    digest = make_adapter(service.adapters, seed=12)
    refused(service.load(digest, sha256="0" * 64), "sha256")
    assert not (service.adapters / ("0" * 64)).exists()


def test_a_file_that_is_not_the_manifests_is_refused(service: Service) -> None:
    digest = make_adapter(service.adapters, seed=13)
    with (service.adapters / digest / "adapter_model.safetensors").open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\0\0\0\0")
    refused(service.load(digest), "adapter_model.safetensors differs")


def test_an_adapter_of_another_base_model_is_refused(service: Service) -> None:
    refused(service.load(make_adapter(service.adapters, seed=14, base_digest="b" * 64)), "this service has")


def test_a_pickle_is_refused_unopened(service: Service, tmp_path: Path) -> None:
    proof = tmp_path / "ran"

    class Harmful:
        def __reduce__(self) -> tuple:
            return Path.touch, (proof,)

    for name in ("adapter_model.bin", "adapter_model.safetensors"):
        folder = service.adapters / f"pickle-{name}"
        shutil.copytree(service.adapters / make_adapter(service.adapters, seed=len(name)), folder)
        (folder / "manifest.json").unlink()
        (folder / "adapter_model.safetensors").unlink()
        (folder / name).write_bytes(pickle.dumps(Harmful()))
        answer = service.load(seal_adapter(folder))
        refused(answer, "")
    assert not proof.exists()


def test_a_rank_over_the_bound_is_refused(service: Service) -> None:
    folder = service.adapters / "great"
    shutil.copytree(service.adapters / make_adapter(service.adapters, seed=15), folder)
    (folder / "manifest.json").unlink()
    refused(service.load(seal_adapter(folder, rank=100_000)), "rank")


@pytest.mark.parametrize(
    "path", ["file:///etc", "file://{adapters}/../../..", "https://example.org/a", "s3://", "/etc", "file://host/a"]
)
def test_other_places_are_refused(service: Service, path: str) -> None:
    body = {"lora_name": "a", "lora_path": path.format(adapters=service.adapters), "sha256": "0" * 64}
    refused(service.admin.post("/v1/load_lora_adapter", json=body), "Expected")


def test_a_manifest_that_names_files_elsewhere_is_refused(service: Service) -> None:
    folder = service.adapters / "elsewhere"
    shutil.copytree(service.adapters / make_adapter(service.adapters, seed=16), folder)
    (folder / "manifest.json").unlink()
    (folder / "run.py").write_text("")
    refused(service.load(seal_adapter(folder)), "run.py")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """A real object store; yields its address."""
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    ports = {f"-{name}={port}" for name in names if (port := free_port()) < 55_000 or (port := port - 20_000)}
    address = next(p.split("=")[1] for p in ports if p.startswith("-s3.port="))
    config = tmp_path / "s3.json"
    config.write_text(
        '{"identities":[{"name":"t","credentials":[{"accessKey":"test","secretKey":"test-secret"}],"actions":["Admin"]}]}'
    )
    quiet = ["-master.telemetry=false", "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command = [
        str(ROOT / ".formwright/venv/bin/weed"),
        "mini",
        f"-dir={tmp_path / 'weed'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
    ]
    (tmp_path / "weed").mkdir()
    log = (tmp_path / "weed.log").open("w")
    process = subprocess.Popen([*command, *quiet, *ports, f"-s3.config={config}"], stdout=log, stderr=log)
    yield f"http://127.0.0.1:{address}"
    process.terminate()
    process.wait(20)


def client_of(address: str):  # noqa: ANN201 - boto3 makes its classes at run time
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test-secret",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, connect_timeout=2, retries={"max_attempts": 1}),
    )


def test_an_adapter_comes_from_the_object_store_and_a_missing_one_is_refused(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (KEYS | {"FORMWRIGHT_S3_ENDPOINT": store}).items():
        monkeypatch.setenv(name, value)
    digest = make_adapter(tmp_path / "made", seed=17)
    client, deadline = client_of(store), time.monotonic() + 40
    while True:
        try:
            client.create_bucket(Bucket="formwright")
            break
        except Exception:
            assert time.monotonic() < deadline
            time.sleep(0.3)
    for path in (tmp_path / "made" / digest).iterdir():
        client.put_object(Bucket="formwright", Key=f"adapters/{digest}/{path.name}", Body=path.read_bytes())
    service = start_service(tmp_path / "state", cache_blocks="64")
    try:
        body = {"lora_name": digest, "lora_path": f"s3://formwright/adapters/{digest}", "sha256": digest}
        assert service.admin.post("/v1/load_lora_adapter", json=body).status_code == 200
        assert service.complete(digest, "Once", 2).headers["x-formwright-adapter"] == digest
        missing = body | {
            "sha256": "1" * 64,
            "lora_path": f"s3://formwright/adapters/{'1' * 64}",
            "lora_name": "missing",
        }
        refused(service.admin.post("/v1/load_lora_adapter", json=missing), "manifest.json cannot be read")
    finally:
        service.stop()
