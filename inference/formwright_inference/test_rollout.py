import hashlib
import json
import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from . import kernel
from .conftest import ADMIN_TOKEN, ROOT, Service, make_adapter, start_service

PROMPT = "Once upon a time"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Service]:
    """A service that a test may restart and break."""
    running = start_service(tmp_path / "state", cache_blocks="128")
    yield running
    running.stop()


def two_adapters(service: Service) -> list[str]:
    digests = [make_adapter(service.adapters, seed=seed, strength=0.03) for seed in (21, 22)]
    assert [service.load(digest).status_code for digest in digests] == [200, 200]
    return digests


def point(service: Service, digest: str) -> dict:
    answer = service.admin.put("/v1/aliases/lora-v1", json={"digest": digest})
    assert answer.status_code == 200, answer.text
    return answer.json()


def resident_mib(service: Service) -> float:
    lines = service.api.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes")) / 2**20


def run_rollback(service: Service) -> dict:
    """`npm run rollback -- --json`"""
    env = os.environ | {
        "FORMWRIGHT_TEMPORAL_ADDRESS": "not asked",
        "FORMWRIGHT_INFERENCE_URL": service.url,
        "FORMWRIGHT_ADMIN_TOKEN": ADMIN_TOKEN,
    }
    command = ["node", "--import", "tsx", "scripts/rollback.ts", "--json"]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def wait_until_loaded(service: Service, count: int) -> None:
    deadline = time.monotonic() + 600
    while f"formwright_loaded_models {count}.0" not in service.api.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def digest_of(folder: Path) -> str:
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def answer_of(service: Service, model: str) -> tuple[str, str]:
    answer = service.complete(model, PROMPT, 8)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-formwright-adapter"], answer.json()["choices"][0]["text"]


def test_swaps_under_load_lose_no_request_and_mix_no_answer(own: Service) -> None:
    digests = two_adapters(own)
    text_of = {digest: answer_of(own, digest)[1] for digest in digests}
    assert len(set(text_of.values())) == 2
    point(own, digests[0])
    seen: list[tuple[str, str]] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                seen.append(answer_of(own, "lora-v1"))
        except Exception as error:
            failures.append(error)

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    for swap in range(int(os.environ.get("FORMWRIGHT_TEST_SWAPS", "6"))):
        count = len(seen)
        point(own, digests[(swap + 1) % 2])
        while len(seen) < count + 8 and not failures:
            stop.wait(0.02)
    stop.set()
    for client in clients:
        client.join()
    assert not failures
    assert {header for header, _ in seen} == set(digests)
    assert all(text_of[header] == text for header, text in seen)
    # Two adapters, loaded and used; the test's cache is 90 MiB smaller than the one of a service.
    assert resident_mib(own) + 90 < 1024


def test_aliases_are_kept_over_a_crash_in_mid_load_and_rolled_back_within_a_second(
    own: Service, tmp_path: Path
) -> None:
    digests = two_adapters(own)
    point(own, digests[0])
    point(own, digests[1])
    before = answer_of(own, "lora-v1")
    third = make_adapter(own.adapters, seed=25)
    crashed: list[Exception] = []

    def load() -> None:
        try:
            own.load(third)
        except httpx.TransportError as error:
            crashed.append(error)

    loading = threading.Thread(target=load)
    loading.start()
    loading.join(0.3)
    own.process.kill()
    own.process.wait()
    loading.join()
    assert crashed
    again = start_service(tmp_path / "state", cache_blocks="128")
    try:
        assert answer_of(again, "lora-v1") == before
        wait_until_loaded(again, 2)
        # Back, forth, and so on: the fastest of five, since other work on the cores may hold one up.
        rolled = [again.admin.post("/v1/aliases/lora-v1/rollback") for _ in range(5)]
        assert (rolled[-1].json()["digest"], rolled[-1].json()["previous"]) == (digests[0], digests[1])
        assert min(answer.elapsed.total_seconds() for answer in rolled) < 1
        assert answer_of(again, "lora-v1")[0] == digests[0]
        # The command does the same, from outside.
        told = run_rollback(again)
        assert (told["digest"], told["previous"]) == (digests[1], digests[0])
        last = json.loads((again.state / "aliases.json").read_text())["history"][-1]
        assert (last["reason"], last["digest"], last["previous"]) == ("rollback", digests[1], digests[0])
    finally:
        again.stop()


def test_a_bad_candidate_or_a_full_disk_leaves_the_live_adapter_live(own: Service) -> None:
    digests = two_adapters(own)
    point(own, digests[0])
    live = answer_of(own, "lora-v1")
    wrong = make_adapter(own.adapters, seed=23, base_digest="c" * 64)
    assert own.load(wrong).status_code == 400
    assert own.admin.put("/v1/aliases/lora-v1", json={"digest": wrong}).status_code == 404
    # The disk takes no file over 64 KiB any more: neither a copy of an adapter nor a model's weights.
    copied = own.adapters / "elsewhere"
    shutil.copytree(own.adapters / make_adapter(own.adapters, seed=26, rank=8), copied)
    shutil.rmtree(own.adapters / (third := digest_of(copied)))
    limits = resource.prlimit(own.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(own.process.pid, resource.RLIMIT_FSIZE, (64 << 10, limits[1]))
    full = own.load("elsewhere", name=third, sha256=third)
    assert (full.status_code, full.json()["error"]["code"]) == (507, "storage")
    # An adapter that is there already needs the disk only where OpenVINO multiplies, for the weights that it packs.
    spare = make_adapter(own.adapters, seed=27)
    there, listed = own.load(spare), [*digests]
    if kernel.serves(kernel.processor_flags()) and kernel.library().exists():
        assert there.status_code == 200
        listed.append(spare)
    else:
        assert (there.status_code, there.json()["error"]["code"]) == (507, "storage")
    assert sorted(m["id"] for m in own.api.get("/v1/models").json()["data"] if m["digest"]) == sorted(listed)
    resource.prlimit(own.process.pid, resource.RLIMIT_FSIZE, limits)
    assert not list(own.adapters.glob(".fetch-*"))
    assert answer_of(own, "lora-v1") == live
    # The state file cannot be replaced any more, as on a full disk.
    aliases = own.state / "aliases.json"
    kept = aliases.read_bytes()
    aliases.unlink()
    (aliases / "in-the-way").mkdir(parents=True)
    answer = own.admin.put("/v1/aliases/lora-v1", json={"digest": digests[1]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage")
    assert answer_of(own, "lora-v1") == live
    (aliases / "in-the-way").rmdir()
    aliases.rmdir()
    aliases.write_bytes(kept)


def test_what_no_alias_needs_leaves_memory_after_its_grace_and_comes_back_when_asked_for(tmp_path: Path) -> None:
    hasty = start_service(tmp_path / "state", cache_blocks="64", grace_seconds="0", rollback_grace_seconds="0")
    try:
        digests = two_adapters(hasty)
        point(hasty, digests[0])
        point(hasty, digests[1])
        wait_until_loaded(hasty, 1)
        states = {m["id"]: m["state"] for m in hasty.api.get("/v1/models").json()["data"]}
        assert (states[digests[0]], states[digests[1]]) == ("retired", "live")
        assert hasty.admin.post("/v1/aliases/lora-v1/rollback").status_code == 200
        assert answer_of(hasty, "lora-v1")[0] == digests[0]
    finally:
        hasty.stop()


def test_a_live_adapter_is_not_unloaded_and_an_alias_does_not_hide_a_model(own: Service) -> None:
    digest = make_adapter(own.adapters, seed=24)
    assert own.load(digest).status_code == 200
    assert own.admin.post("/v1/aliases/lora-v1/rollback").status_code == 409
    point(own, digest)
    assert own.admin.post("/v1/unload_lora_adapter", json={"lora_name": "lora-v1"}).status_code == 409
    for alias, status in (("base", 409), (digest, 400), ("Upper", 400), ("lora-v2", 200)):
        assert own.admin.put(f"/v1/aliases/{alias}", json={"digest": digest}).status_code == status
    models = {m["id"]: m for m in own.api.get("/v1/models").json()["data"]}
    assert (models[digest]["state"], models[digest]["aliases"]) == ("live", ["lora-v1", "lora-v2"])
