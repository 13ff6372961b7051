"""Checkpoints: everything that decides the next step, in a folder that is whole or is not there."""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from formwright_contracts.models import CheckpointManifest
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from .digests import DigestMismatch, canonical_json, file_entries, verify_files, write_atomic

# One to go back to when the newest turns out damaged.
KEPT = 2


@dataclass(frozen=True)
class Position:
    """Where the training stands after `step` steps. `plan` tells apart checkpoints of other data or settings."""

    step: int
    loss: float
    tokens: int
    seconds: float
    plan: str


@dataclass
class Trained:
    """What changes while training: LoRA weights by name, and their optimizer."""

    weights: dict[str, nn.Parameter]
    optimizer: torch.optim.Optimizer


def save(root: Path, trained: Trained, position: Position, attempt: int) -> Path:
    """Writes `<root>/<step>/`, manifest last, and keeps the newest two."""
    target = root / str(position.step)
    beside = root / f".{position.step}.tmp"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    save_file(_tensors(trained), beside / "state.safetensors")
    (beside / "position.json").write_bytes(canonical_json(asdict(position)))
    manifest = CheckpointManifest(step=position.step, attempt=attempt, files=file_entries(beside), at=datetime.now(UTC))
    write_atomic(beside / "manifest.json", canonical_json(manifest.model_dump(mode="json")))
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    for old in steps_in(root)[KEPT:]:
        shutil.rmtree(root / str(old))
    return target


def steps_in(root: Path) -> list[int]:
    """Steps that have a checkpoint folder, newest first."""
    return sorted((int(p.name) for p in root.glob("[0-9]*") if p.name.isdigit()), reverse=True)


def verify(folder: Path) -> Position:
    """Position of a complete checkpoint; raises DigestMismatch when it is incomplete or damaged."""
    try:
        manifest = CheckpointManifest.model_validate_json((folder / "manifest.json").read_bytes())
        verify_files(folder, manifest.files)
        return Position(**json.loads((folder / "position.json").read_bytes()))
    except (OSError, ValidationError, ValueError, TypeError) as error:
        raise DigestMismatch(f"checkpoint {folder.name} cannot be read: {error}") from None


def load(folder: Path, trained: Trained) -> Position:
    """Puts weights, optimizer and random state back; raises DigestMismatch when the checkpoint is damaged."""
    position = verify(folder)
    try:
        tensors = load_file(folder / "state.safetensors")
    except SafetensorError as error:
        raise DigestMismatch(f"checkpoint {folder.name} cannot be read: {error}") from None
    with torch.no_grad():
        for name, weight in trained.weights.items():
            weight.copy_(tensors[f"weight/{name}"])
            saved = {key: tensors.get(f"{key}/{name}") for key in ("exp_avg", "exp_avg_sq", "step")}
            if saved["step"] is not None:
                trained.optimizer.state[weight] = {key: value.to(weight.device) for key, value in saved.items()}
                trained.optimizer.state[weight]["step"] = saved["step"]
    torch.set_rng_state(tensors["rng/cpu"])
    if "rng/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["rng/cuda"])
    return position


def _tensors(trained: Trained) -> dict[str, torch.Tensor]:
    tensors = {"rng/cpu": torch.get_rng_state()}
    for name, weight in trained.weights.items():
        tensors[f"weight/{name}"] = weight.detach().cpu().contiguous()
        for key, value in trained.optimizer.state.get(weight, {}).items():
            tensors[f"{key}/{name}"] = value.detach().cpu().contiguous()
    if torch.cuda.is_available():
        tensors["rng/cuda"] = torch.cuda.get_rng_state()
    return tensors
