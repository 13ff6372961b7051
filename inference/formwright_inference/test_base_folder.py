import hashlib
import json
from pathlib import Path

import pytest

from .base_folder import BaseRefused, base_digest

WEIGHTS = b"weights" * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.safetensors").write_bytes(WEIGHTS)
    entry = {"path": "model.safetensors", "sha256": hashlib.sha256(WEIGHTS).hexdigest(), "bytes": len(WEIGHTS)}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [entry]}))
    return tmp_path


def test_a_whole_base_model_is_known_by_the_digest_of_its_manifest(folder: Path) -> None:
    assert base_digest(folder) == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def test_a_model_file_that_is_cut_short_is_named(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1])
    with pytest.raises(BaseRefused, match="model.safetensors .* differs from the sha256 .* makes it again"):
        base_digest(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json"])
def test_a_file_that_is_missing_is_named_with_what_makes_it(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BaseRefused, match=rf"{name} is missing; `node scripts/setup.mjs` makes the base model"):
        base_digest(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}', '{"files": [{"path": "model'])
def test_half_a_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(BaseRefused, match="is not a manifest"):
        base_digest(folder)
