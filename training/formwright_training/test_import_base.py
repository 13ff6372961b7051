import json

import pytest

from formwright_training.digests import sha256_bytes
from formwright_training.import_base import ImportRefused, import_base, main
from formwright_training.testing import write_tiny_base


@pytest.fixture
def downloaded(tmp_path):
    folder = write_tiny_base(tmp_path / "downloaded")
    (folder / "manifest.json").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    return folder


@pytest.fixture
def pins(tmp_path):
    path = tmp_path / "bases.json"
    path.write_text(json.dumps({"Tiny": {"repository": "someone/tiny", "licence": "none", "files": None}}))
    return path


def test_a_first_import_pins_and_a_second_must_be_the_same(downloaded, pins, tmp_path):
    out = tmp_path / "base" / "Tiny"
    with pytest.raises(ImportRefused, match="not pinned yet"):
        import_base(downloaded, out, pins)
    assert not out.exists()
    digest = import_base(downloaded, out, pins, pin=True)
    assert sha256_bytes((out / "manifest.json").read_bytes()) == digest
    assert import_base(downloaded, out, pins) == digest

    (downloaded / "config.json").write_text((downloaded / "config.json").read_text() + " ")
    with pytest.raises(ImportRefused, match=r"Tiny: config\.json differ from what is pinned"):
        import_base(downloaded, out, pins)
    assert sha256_bytes((out / "manifest.json").read_bytes()) == digest


def test_pickled_weights_are_not_taken(downloaded, pins, tmp_path):
    import_base(downloaded, tmp_path / "base" / "Tiny", pins, pin=True)
    assert not (tmp_path / "base" / "Tiny" / "pytorch_model.bin").exists()
    (downloaded / "model.safetensors").unlink()
    with pytest.raises(ImportRefused, match=r"holds no config\.json with"):
        import_base(downloaded, tmp_path / "base" / "Tiny", pins, pin=True)


def test_a_base_of_no_preset_is_refused(downloaded, tmp_path, capsys):
    assert main([str(downloaded), str(tmp_path / "Other")]) == 1
    assert "Llama-3.2-3B-Instruct" in capsys.readouterr().err
