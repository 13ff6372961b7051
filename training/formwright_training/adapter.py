"""The finished adapter in PEFT's layout, known by the sha256 of its manifest."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from formwright_contracts.models import AdapterManifest, Base, Hyperparameters
from peft import PeftModel
from safetensors.torch import save_file

from .checkpoint import Position
from .digests import canonical_json, file_entries, sha256_bytes, write_atomic
from .model import lora_weights

CARD = """---
base_model: {base}
library_name: peft
license: apache-2.0
pipeline_tag: text-generation
---
# Form field extraction adapter

LoRA adapter that names, types and groups the fields of a form window.

| | |
|---|---|
| base model | {base}, manifest sha256 `{base_digest}` |
| training data | dataset manifest sha256 `{dataset}` |
| prompt version | `{prompt_version}` |
| trained | {steps} steps, {tokens:,} tokens, {minutes:.0f} minutes on {machine} |
| loss of the last step | {loss:.4f} (mean over its answer tokens) |

Hyperparameters:

```json
{hyperparameters}
```
"""


@dataclass(frozen=True)
class Origin:
    """What an adapter was made from; digests are those of the folders' manifests."""

    base_name: str
    base_digest: str
    dataset: str
    prompt_version: str
    machine: str


def write_adapter(
    out: Path, model: PeftModel, hyperparameters: Hyperparameters, position: Position, origin: Origin
) -> str:
    """Writes the adapter folder, whole or not at all, and gives back its digest.

    float16 halves the size and keeps three more bits of each weight than bfloat16.
    """
    beside = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    config = model.peft_config["default"].to_dict() | {"inference_mode": True}
    config = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    (beside / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True, default=str) + "\n")
    weights = {name: w.detach().cpu().to(torch.float16).contiguous() for name, w in lora_weights(model).items()}
    save_file(weights, beside / "adapter_model.safetensors", metadata={"format": "pt"})
    card = CARD.format(
        base=origin.base_name, base_digest=origin.base_digest, dataset=origin.dataset,
        prompt_version=origin.prompt_version, steps=position.step, tokens=position.tokens,
        minutes=position.seconds / 60, machine=origin.machine, loss=position.loss,
        hyperparameters=hyperparameters.model_dump_json(indent=2, exclude_none=True),
    )  # fmt: skip
    (beside / "README.md").write_text(card)
    for path in beside.iterdir():
        path.chmod(0o644)
    manifest = AdapterManifest(
        format="peft", base=Base(name=origin.base_name, digest=origin.base_digest), dataset=origin.dataset,
        promptVersion=origin.prompt_version, rank=hyperparameters.rank, files=file_entries(beside),
    )  # fmt: skip
    data = canonical_json(manifest.model_dump(mode="json"))
    write_atomic(beside / "manifest.json", data)
    shutil.rmtree(out, ignore_errors=True)
    beside.rename(out)
    return sha256_bytes(data)
