"""A real service on a free port, with the real base model, and adapters made for the tests."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from safetensors.numpy import save_file

ROOT = Path(__file__).parents[2]
BASE = Path(os.environ.get("FORMWRIGHT_BASE_DIR", ROOT / ".formwright/base/SmolLM2-135M-Instruct"))
TOKEN, ADMIN_TOKEN = "infer-0123456789abcdef", "admin-0123456789abcdef"
BASE_DIGEST = hashlib.sha256((BASE / "manifest.json").read_bytes()).hexdigest()


def chat(question: str) -> str:
    """ChatML, which the base model was tuned on."""
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


def make_adapter(parent: Path, seed: int, rank: int = 2, strength: float = 0.02, base_digest: str = BASE_DIGEST) -> str:
    """A random LoRA adapter in PEFT's layout below `parent/<digest>`; returns the digest."""
    random = np.random.default_rng(seed)
    weights = {}
    for layer in (27, 28, 29):
        at = f"base_model.model.model.layers.{layer}.mlp.down_proj"
        weights[f"{at}.lora_A.weight"] = random.normal(0, strength, (rank, 1536)).astype(np.float32)
        weights[f"{at}.lora_B.weight"] = random.normal(0, 1, (576, rank)).astype(np.float32)
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "target_modules": ["down_proj"], "bias": "none"}
    beside = parent / f"making-{seed}"
    beside.mkdir(parents=True)
    save_file(weights, beside / "adapter_model.safetensors")
    (beside / "adapter_config.json").write_text(json.dumps(config))
    return seal_adapter(beside, rank=rank, base_digest=base_digest)


def seal_adapter(folder: Path, rank: int = 2, base_digest: str = BASE_DIGEST) -> str:
    """Writes the manifest of what is in the folder and renames the folder to its digest."""
    files = [
        {"path": p.name, "sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "bytes": p.stat().st_size}
        for p in sorted(folder.iterdir())
    ]
    manifest = {
        "format": "peft",
        "base": {"name": BASE.name, "digest": base_digest},
        "promptVersion": "test-1",
        "dataset": "0" * 64,
        "rank": rank,
        "files": files,
    }
    content = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    (folder / "manifest.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    folder.rename(folder.parent / digest)
    return digest


@dataclass
class Service:
    """A running service. `api` infers, `admin` administers."""

    process: subprocess.Popen
    url: str
    state: Path
    settings: dict[str, str]

    @property
    def adapters(self) -> Path:
        return self.state / "adapters"

    @property
    def api(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=300)

    @property
    def admin(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, timeout=300)

    def complete(self, model: str, prompt: str | list[str], max_tokens: int = 8, **more: object) -> httpx.Response:
        body = {"model": model, "prompt": prompt, "max_tokens": max_tokens, **more}
        return self.api.post("/v1/completions", json=body)

    def load(self, digest: str, name: str | None = None, sha256: str | None = None) -> httpx.Response:
        path = f"file://{self.adapters / digest}"
        body = {"lora_name": name or digest, "lora_path": path, "sha256": sha256 or digest}
        return self.admin.post("/v1/load_lora_adapter", json=body)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(300)


def start_service(state: Path, **settings: str) -> Service:
    """Starts `python -m formwright_inference` and waits until it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "inference"), str(ROOT / "contracts/python")]),
        "FORMWRIGHT_BASE_DIR": str(BASE),
        "FORMWRIGHT_INFERENCE_PORT": str(port),
        "FORMWRIGHT_INFERENCE_STATE_DIR": str(state),
        "FORMWRIGHT_INFERENCE_TOKEN": TOKEN,
        "FORMWRIGHT_ADMIN_TOKEN": ADMIN_TOKEN,
        "FORMWRIGHT_INFERENCE_THREADS": "2",
        **{f"FORMWRIGHT_INFERENCE_{name.upper()}": value for name, value in settings.items()},
    }
    log = (state.parent / f"{state.name}.log").open("a")
    process = subprocess.Popen([sys.executable, "-m", "formwright_inference"], env=env, stdout=log, stderr=log)
    service = Service(process, f"http://127.0.0.1:{port}", state, settings)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{service.url}/ready").status_code == 200:
                return service
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"The service did not start: {Path(log.name).read_text()[-2000:]}")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Shared by the tests that leave no trace in it."""
    running = start_service(tmp_path_factory.mktemp("service") / "state")
    yield running
    assert running.stop() == 0
