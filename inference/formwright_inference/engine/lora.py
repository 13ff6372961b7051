"""A PEFT LoRA adapter as additions to weights: checked wholly before anything of it is used."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from .safetensors_file import SafetensorsFile, UnreadableWeights

MAX_RANK = 256  # of the contract; a larger one would not be a small adapter any more
PROJECTIONS = {
    "q_proj": "self_attn",
    "k_proj": "self_attn",
    "v_proj": "self_attn",
    "o_proj": "self_attn",
    "gate_proj": "mlp",
    "up_proj": "mlp",
    "down_proj": "mlp",
}
_NAME = re.compile(r"base_model\.model\.(model\.layers\.\d+\.(?:self_attn|mlp)\.[a-z]+_proj)\.lora_(A|B)\.weight")


def layer_prefix(layer: int) -> str:
    """What the names of a layer's weights begin with."""
    return f"model.layers.{layer}."


class AdapterRefused(Exception):
    """The adapter cannot be served; the message says why and what would be accepted."""


class _Config(BaseModel):
    peft_type: Literal["LORA"]
    r: Annotated[int, Field(ge=1, le=MAX_RANK)]
    lora_alpha: Annotated[float, Field(gt=0, le=4096)]
    target_modules: list[Literal[*PROJECTIONS]]  # type: ignore[valid-type]
    use_rslora: bool = False
    bias: Literal["none"] = "none"
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    modules_to_save: Annotated[list[str], Field(max_length=0)] | None = None
    rank_pattern: Annotated[dict[str, int], Field(max_length=0)] = {}
    alpha_pattern: Annotated[dict[str, float], Field(max_length=0)] = {}

    @property
    def scale(self) -> float:
        return self.lora_alpha / (self.r**0.5 if self.use_rslora else self.r)


class Lora:
    """`delta(name)` is what the adapter adds to the base's weight of that name, float32 [out, in], or None."""

    def __init__(self, folder: Path, shapes: dict[str, tuple[int, ...]]) -> None:
        """`shapes`: those of the base model's weights. Raises AdapterRefused."""
        self.config = _read_config(folder / "adapter_config.json")
        try:
            self._file = SafetensorsFile(folder / "adapter_model.safetensors")
            self._pairs = self._pair_up(shapes)
            # Read now, so that a bad tensor is refused before the base is touched.
            self._weights = {name: (self._file.read(a), self._file.read(b)) for name, (a, b) in self._pairs.items()}
        except UnreadableWeights as error:
            raise AdapterRefused(str(error)) from None

    def changes(self, layers: range) -> bool:
        return any(name.startswith(tuple(map(layer_prefix, layers))) for name in self._weights)

    def delta(self, name: str) -> np.ndarray | None:
        if name not in self._weights:
            return None
        a, b = self._weights[name]
        return (b @ a) * np.float32(self.config.scale)

    def _pair_up(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[str, str]]:
        halves: dict[str, dict[str, str]] = {}
        for name in self._file:
            match = _NAME.fullmatch(name)
            if match is None or f"{match[1]}.weight" not in shapes:
                raise AdapterRefused(f"The adapter has a weight that the base model has no place for: {name[:120]}")
            halves.setdefault(f"{match[1]}.weight", {})[match[2]] = name
        for target, pair in halves.items():
            out_features, in_features = shapes[target]
            expected = {"A": (self.config.r, in_features), "B": (out_features, self.config.r)}
            for half, shape in expected.items():
                found = self._file.shapes.get(pair.get(half, ""))
                if found != shape:
                    raise AdapterRefused(f"Expected lora_{half} of {target} to have shape {shape}, got {found}.")
        if not halves:
            raise AdapterRefused("The adapter has no LoRA weights.")
        return {target: (pair["A"], pair["B"]) for target, pair in halves.items()}


def _read_config(path: Path) -> _Config:
    try:
        return _Config.model_validate(json.loads(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        reason = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "not JSON"}
        where = ".".join(map(str, reason["loc"])) or "the file"
        raise AdapterRefused(f"adapter_config.json is not one that can be served: {where}: {reason['msg']}") from None
