import json
import shutil

import pytest
import torch
from formwright_contracts.models import AdapterManifest, MetricsLine
from safetensors.torch import load_file

from formwright_training import checkpoint
from formwright_training.digests import sha256_bytes, verify_files
from formwright_training.job import prepare
from formwright_training.loop import Verdict, train
from formwright_training.resume import OtherTraining, resume
from formwright_training.testing import tiny_hyperparameters, write_tiny_base, write_tiny_dataset
from formwright_training.train import main


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return write_tiny_base(folder / "tiny-base"), write_tiny_dataset(folder / "dataset") / "train.jsonl"


def run(inputs, scratch, hyperparameters, checkpoints=None, stop_after=None):
    """Losses by step, and the weights at the end; saves a checkpoint where it stops."""
    base, dataset = inputs
    job = prepare(dataset, base, base.name, hyperparameters, scratch)
    start = resume(job, checkpoints, print) if checkpoints and checkpoints.exists() else job.start
    losses = {}

    def after_step(position, line):
        losses[position.step] = line.loss
        return Verdict.STOP if position.step == stop_after else Verdict.GO_ON

    train(job.work, start, after_step, lambda p: checkpoint.save(checkpoints, job.work.trained, p, 1))
    return losses, {name: w.detach().clone() for name, w in job.work.trained.weights.items()}


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.2}, {"precision": "bfloat16"}, {"layers": 3}], ids=str)
@pytest.mark.parametrize("stop_after", [1, 4])
def test_an_interrupted_training_goes_on_to_exactly_the_same_losses_and_weights(inputs, tmp_path, settings, stop_after):
    hyperparameters = tiny_hyperparameters(**settings)
    whole, weights = run(inputs, tmp_path / "a", hyperparameters)
    first, _ = run(inputs, tmp_path / "b", hyperparameters, tmp_path / "checkpoints", stop_after)
    torch.rand(3)
    rest, resumed_weights = run(inputs, tmp_path / "c", hyperparameters, tmp_path / "checkpoints")
    assert list(rest) == list(range(stop_after + 1, len(whole) + 1))
    assert first | rest == whole
    assert len(whole) > 5 and whole[len(whole)] < whole[1]
    for name, weight in weights.items():
        assert torch.equal(weight, resumed_weights[name]), name


def test_another_seed_gives_another_loss_curve(inputs, tmp_path):
    one, _ = run(inputs, tmp_path / "a", tiny_hyperparameters())
    other, _ = run(inputs, tmp_path / "b", tiny_hyperparameters(seed=8))
    assert one != other


def test_a_damaged_checkpoint_falls_back_to_the_one_before(inputs, tmp_path, capsys):
    hyperparameters, root = tiny_hyperparameters(), tmp_path / "checkpoints"
    whole, _ = run(inputs, tmp_path / "a", hyperparameters)
    run(inputs, tmp_path / "b", hyperparameters, root, 2)
    run(inputs, tmp_path / "c", hyperparameters, root, 3)
    state = root / "3" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    rest, _ = run(inputs, tmp_path / "d", hyperparameters, root)
    assert "checkpoint" not in capsys.readouterr().err
    assert list(rest)[0] == 3 and all(whole[step] == loss for step, loss in rest.items())


def test_a_checkpoint_of_another_training_is_refused_and_kept(inputs, tmp_path):
    run(inputs, tmp_path / "a", tiny_hyperparameters(), tmp_path / "checkpoints", 2)
    with pytest.raises(OtherTraining, match="other data"):
        run(inputs, tmp_path / "b", tiny_hyperparameters(rank=2), tmp_path / "checkpoints")
    assert (tmp_path / "checkpoints" / "2" / "manifest.json").is_file()


def arguments(inputs, out, **changes):
    base, dataset = inputs
    hyperparameters = tiny_hyperparameters(maxSteps=2, **changes).model_dump_json()
    return ["--local", "--base", str(base), "--dataset", str(dataset), "--out", str(out),
            "--hyperparameters", hyperparameters]  # fmt: skip


def test_the_command_writes_metrics_and_an_adapter_that_its_manifest_describes(inputs, tmp_path):
    assert main(arguments(inputs, tmp_path / "out")) == 0
    adapter = tmp_path / "out" / "adapter"
    manifest = AdapterManifest.model_validate_json((adapter / "manifest.json").read_bytes())
    verify_files(adapter, manifest.files)
    assert manifest.base.name == "tiny-base" and manifest.promptVersion == "windows-v2"
    assert manifest.base.digest == sha256_bytes((inputs[0] / "manifest.json").read_bytes())
    lines = [MetricsLine.model_validate_json(x) for x in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [line.step for line in lines] == [1, 2]


def test_the_adapter_is_loaded_by_peft_and_changes_what_the_base_answers(inputs, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    assert main(arguments(inputs, tmp_path / "out")) == 0
    base = AutoModelForCausalLM.from_pretrained(inputs[0])
    ids = torch.arange(20)[None]
    before = base(ids).logits
    tuned = PeftModel.from_pretrained(base, tmp_path / "out" / "adapter")
    assert not torch.allclose(before, tuned(ids).logits)
    read = load_file(tmp_path / "out" / "adapter" / "adapter_model.safetensors")
    assert all(weight.dtype == torch.float16 for weight in read.values())
    assert any("layers.2." in name for name in read) and not any("layers.0." in name for name in read)
    assert json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())["peft_type"] == "LORA"


def test_training_starts_from_an_earlier_adapter(inputs, tmp_path):
    assert main(arguments(inputs, tmp_path / "first", epochs=1)) == 0
    adapter = tmp_path / "first" / "adapter"
    assert main([*arguments(inputs, tmp_path / "next", learningRate=1e-9), "--init-from", str(adapter)]) == 0
    first, then = (load_file(tmp_path / f / "adapter" / "adapter_model.safetensors") for f in ("first", "next"))
    assert all(torch.allclose(first[name], then[name], atol=1e-3) for name in first)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": 4}, "layers to be at most 3"),
        ({"targetModules": ["no_such_module"]}, "targetModules do not fit"),
        ({"precision": "qlora"}, "needs an NVIDIA GPU"),
        ({"maxSequenceTokens": 64, "tokensPerStep": 64}, None),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_a_sentence(inputs, tmp_path, capsys, change, message):
    code = main(arguments(inputs, tmp_path / "out", **change))
    if message is None:
        assert code == 0
    else:
        assert code == 1 and message in capsys.readouterr().err
        assert not (tmp_path / "out" / "adapter").exists()


def test_an_adapter_of_another_rank_is_refused(inputs, tmp_path, capsys):
    assert main(arguments(inputs, tmp_path / "first")) == 0
    adapter = tmp_path / "first" / "adapter"
    assert main([*arguments(inputs, tmp_path / "next", rank=2), "--init-from", str(adapter)]) == 1
    assert "other rank, layers or target modules" in capsys.readouterr().err


def test_a_folder_that_holds_checkpoints_is_not_trained_over(inputs, tmp_path, capsys):
    run(inputs, tmp_path / "scratch", tiny_hyperparameters(), tmp_path / "out" / "checkpoints", 1)
    assert main(arguments(inputs, tmp_path / "out")) == 1
    assert "add --resume" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "out")
    assert main(arguments(inputs, tmp_path / "out")) == 0


def test_a_wrong_line_of_the_dataset_is_named(inputs, tmp_path, capsys):
    dataset = tmp_path / "train.jsonl"
    dataset.write_text('{"id": "a", "family": "f", "prompt": "p", "answer": "a"}\n{"id": "b"}\n')
    assert main([*arguments((inputs[0], dataset), tmp_path / "out"), "--prompt-version", "windows-v2"]) == 1
    assert "train.jsonl line 2: family" in capsys.readouterr().err


def test_wrong_hyperparameters_are_named(inputs, tmp_path, capsys):
    given = arguments(inputs, tmp_path / "out")
    given[-1] = given[-1].replace('"rank":4', '"rank":0')
    assert main(given) == 1
    assert "rank: Input should be greater than or equal to 1" in capsys.readouterr().err
