from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset16 as ops
import pytest

from .. import kernel
from . import build

SHAPES = [(960, 576), (576, 1536), (16, 32)]  # [out, in]
served = pytest.mark.skipif(
    not kernel.serves(kernel.processor_flags()) or not kernel.library().exists(),
    reason="this processor, or a machine without a C++ compiler, has no kernel",
)


def layer(values: np.ndarray, scales: np.ndarray) -> ov.InferRequest:
    core = ov.Core()
    own = kernel.load(core, [values.shape])
    assert own is not None
    hidden = ops.parameter([-1, values.shape[1]], np.float32)
    model = ov.Model([own.linear(hidden, values, scales).output(0)], [hidden], "layer")
    return core.compile_model(model, "CPU").create_infer_request()


def weight(shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(-127, 128, shape, np.int8), random.uniform(0.001, 0.1, (shape[0], 1)).astype(np.float32)


@served
@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_float32_to_what_seven_bits_hold_for_any_number_of_rows(shape: tuple[int, int]) -> None:
    values, scales = weight(shape)
    run = layer(values, scales)
    random = np.random.default_rng(1)
    for rows in (*range(1, 9), 15, 16, 17, 37, 128):
        hidden = (random.standard_normal((rows, shape[1])) + 0.3).astype(np.float32)
        expected = hidden @ (values * scales).T
        error = np.linalg.norm(run.infer([hidden])[0] - expected) / np.linalg.norm(expected)
        assert 0 < error < 0.015


@served
def test_a_row_is_the_same_alone_and_in_any_company() -> None:
    run = layer(*weight((960, 576)))
    hidden = np.random.default_rng(2).standard_normal((37, 576)).astype(np.float32)
    together = run.infer([hidden])[0].copy()
    for row in (0, 3, 15, 16, 36):
        assert np.array_equal(run.infer([hidden[row : row + 1]])[0][0], together[row])


@served
def test_an_extreme_value_costs_its_own_group_precision_and_no_other() -> None:
    values, scales = weight((16, 64))
    run = layer(values, scales)
    hidden = np.random.default_rng(3).standard_normal((1, 64)).astype(np.float32)
    hidden[0, 5] = 1e4
    rest = hidden.copy()
    rest[0, :32] = 0
    extreme = hidden - rest
    parts = run.infer([rest])[0].copy() + run.infer([extreme])[0]
    assert np.allclose(run.infer([hidden])[0], parts, rtol=1e-5)
    expected = rest @ (values * scales).T
    assert np.linalg.norm(run.infer([rest])[0] - expected) / np.linalg.norm(expected) < 0.03


@served
def test_groups_of_one_value_and_the_extremes_of_int8_are_exact() -> None:
    values = np.concatenate([np.full((8, 64), 127, np.int8), np.full((8, 64), -127, np.int8)])
    run = layer(values, np.ones((16, 1), np.float32))
    steps = np.tile(np.linspace(0, 127, 32, dtype=np.float32).round(), 2)
    steps[0], steps[31] = 0, 127
    for hidden in (np.zeros(64), np.full(64, -2.5), steps, -steps, np.tile([127.0, 0.0], 32)):
        row = hidden.astype(np.float32)[None]
        assert np.allclose(run.infer([row])[0], row @ values.T.astype(np.float32), rtol=1e-5)


def test_serves_processors_that_openvino_has_no_fast_code_for() -> None:
    assert kernel.serves({"avx2", "fma", "sse4_2"})
    assert not kernel.serves({"avx2", "fma", "avx_vnni"})
    assert not kernel.serves({"avx2", "fma", "avx512_vnni"})
    assert not kernel.serves({"avx2"})
    assert not kernel.serves(set())


def test_the_plugin_multiplies_where_the_kernel_cannot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("INFO", "formwright.inference")
    monkeypatch.setattr(kernel, "processor_flags", lambda: {"avx2", "fma", "avx_vnni"})
    assert kernel.load(ov.Core(), SHAPES) is None
    monkeypatch.setattr(kernel, "processor_flags", lambda: {"avx2", "fma"})
    monkeypatch.setattr(kernel, "library", lambda: tmp_path / "none.so")
    assert kernel.load(ov.Core(), SHAPES) is None
    (tmp_path / "none.so").touch()
    assert kernel.load(ov.Core(), [(17, 32)]) is None
    assert kernel.load(ov.Core(), [(16, 33)]) is None
    (tmp_path / "none.so").write_text("cut short")
    assert kernel.load(ov.Core(), SHAPES) is None
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 5
    assert "faster code" in told[0] and "compiler" in told[1] and "other sizes" in told[2]
    assert "does not load" in told[4]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where a build goes that a test asks for, on a processor that is served."""
    path = tmp_path / "lib" / "kernel-test.so"
    monkeypatch.setattr(build, "library", lambda: path)
    monkeypatch.setattr(build, "processor_flags", lambda: {"avx2", "fma"})
    return path


@served
def test_a_build_replaces_older_ones_and_is_done_once(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.parent.mkdir()
    (made.parent / "kernel-older.so").touch()
    assert build.main() == 0
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    monkeypatch.setattr(build, "COMPILER", "nowhere")
    assert build.main() == 0


def test_without_a_compiler_nothing_is_built_and_it_is_said(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "COMPILER", "nowhere")
    assert build.main() == 1
    assert "no C++ compiler (nowhere)" in capsys.readouterr().err
    assert list(made.parent.iterdir()) == []


@served
def test_what_does_not_compile_leaves_nothing_half_made(
    made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.cpp").write_text("this is no C++")
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    assert build.main() == 1
    assert "does not compile" in capsys.readouterr().err
    assert list(made.parent.iterdir()) == []
