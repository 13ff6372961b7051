import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ..conftest import BASE, make_adapter
from .base_model import BaseWeights
from .lora import AdapterRefused, Lora
from .safetensors_file import SafetensorsFile, UnreadableWeights

SHAPES = BaseWeights(BASE).shapes


def adapter(tmp_path: Path) -> Path:
    return tmp_path / make_adapter(tmp_path, seed=1)


def change_config(folder: Path, **values: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_an_adapter_adds_its_scaled_product_to_the_weights_it_names(tmp_path: Path) -> None:
    folder = adapter(tmp_path)
    weights = load_file(folder / "adapter_model.safetensors")
    at = "model.layers.28.mlp.down_proj"
    a, b = (weights[f"base_model.model.{at}.lora_{half}.weight"] for half in "AB")
    lora = Lora(folder, SHAPES)
    np.testing.assert_allclose(lora.delta(f"{at}.weight"), 2 * (b @ a), rtol=1e-6)
    assert lora.delta("model.layers.0.mlp.down_proj.weight") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"peft_type": "IA3"},
        {"r": 100_000},
        {"r": 3},
        {"use_dora": True},
        {"modules_to_save": ["lm_head"]},
        {"target_modules": ["embed_tokens"]},
        {"lora_alpha": "many"},
    ],
)
def test_a_configuration_that_cannot_be_served_is_refused(tmp_path: Path, wrong: dict) -> None:
    folder = adapter(tmp_path)
    change_config(folder, **wrong)
    with pytest.raises(AdapterRefused):
        Lora(folder, SHAPES)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("base_model.model.model.layers.99.mlp.down_proj.lora_A.weight", (2, 1536)),
        ("base_model.model.model.embed_tokens.lora_A.weight", (2, 576)),
        ("base_model.model.model.layers.1.mlp.down_proj.lora_A.weight", (2, 1536)),
        ("base_model.model.model.layers.28.mlp.down_proj.lora_A.weight", (2, 576)),
    ],
)
def test_a_weight_without_its_place_or_its_pair_is_refused(tmp_path: Path, name: str, shape: tuple[int, int]) -> None:
    folder = adapter(tmp_path)
    path = folder / "adapter_model.safetensors"
    save_file(load_file(path) | {name: np.ones(shape, np.float32)}, path)
    with pytest.raises(AdapterRefused):
        Lora(folder, SHAPES)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    folder = adapter(tmp_path)
    path = folder / "adapter_model.safetensors"
    weights = load_file(path)
    next(iter(weights.values()))[0, 0] = np.nan
    save_file(weights, path)
    with pytest.raises(AdapterRefused, match="not finite"):
        Lora(folder, SHAPES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95pickled-by-someone",
        b"\xff" * 64,
        (2).to_bytes(8, "little") + b"{}",
        (60).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,9999999]}}',
        (57).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,-4]}}',
        (20).to_bytes(8, "little") + b'{"a":{"shape":"many"' + b"}" * 8,
    ],
)
def test_what_is_not_safetensors_is_refused_without_being_run(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "adapter_model.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnreadableWeights):
        file = SafetensorsFile(path)
        assert "a" in file or pytest.fail("no tensors") if content[8:10] == b'{"' else file.read("a")
        file.read("a")
