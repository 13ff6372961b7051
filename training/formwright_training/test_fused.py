import pytest
import torch

from formwright_training import loop
from formwright_training.answers import answer_places
from formwright_training.fused_ops import ShortAttention
from formwright_training.job import prepare
from formwright_training.model import SplitModel
from formwright_training.testing import tiny_hyperparameters, write_tiny_base, write_tiny_dataset

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return write_tiny_base(folder / "tiny-base"), write_tiny_dataset(folder / "dataset") / "train.jsonl"


def prepared(inputs, scratch, **changes):
    base, dataset = inputs
    return prepare(dataset, base, base.name, tiny_hyperparameters(**changes), scratch)


@pytest.mark.parametrize("modules", [ALL, ["v_proj"], ["q_proj", "v_proj", "down_proj"], ["o_proj", "up_proj"]])
@pytest.mark.parametrize("layers", [2, 3])
def test_fused_layers_give_the_loss_and_gradients_of_the_layers_they_are_made_from(inputs, tmp_path, modules, layers):
    work = prepared(inputs, tmp_path, targetModules=modules, layers=layers).work
    weights = list(work.trained.weights.values())
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in weights:
            weight.add_(torch.randn_like(weight) * 0.05)
    fused, plain = work.split, SplitModel.__new__(SplitModel)
    plain.__dict__.update(fused.__dict__, fused=None)
    assert fused.fused is not None
    fused.weights_changed()
    pack = [3, 0, 5]
    rows, targets = answer_places([work.examples[i] for i in pack])
    found = []
    for split in (fused, plain):
        states = split.run_upper(work.hidden.of(pack), [len(work.examples[i]) for i in pack], rows)
        loss = split.summed_loss(states, targets)
        found.append((loss, torch.autograd.grad(loss, weights)))
    (loss, gradients), (expected_loss, expected) = found
    torch.testing.assert_close(loss, expected_loss, rtol=1e-5, atol=1e-4)
    for gradient, of, name in zip(gradients, expected, work.trained.weights, strict=True):
        assert of.abs().max() > 0, name
        torch.testing.assert_close(gradient, of, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize("length", [1, 7, 256])
def test_short_attention_gives_what_torchs_own_gives(length):
    torch.manual_seed(length)
    heads = torch.randn(length, 8, 16, dtype=torch.float64, requires_grad=True)
    query, key, value = (t.transpose(0, 1)[None] for t in heads.split([4, 2, 2], dim=1))
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
    expected = expected[0].transpose(0, 1).flatten(1)
    found = ShortAttention.apply(heads, [4, 2, 2], 0.25)
    upstream = torch.randn_like(found)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(*(torch.autograd.grad(out, heads, upstream)[0] for out in (found, expected)))


def test_a_pack_gives_each_example_the_loss_that_it_has_alone(inputs, tmp_path):
    work = prepared(inputs, tmp_path).work

    def loss_of(pack):
        rows, targets = answer_places([work.examples[i] for i in pack])
        states = work.split.run_upper(work.hidden.of(pack), [len(work.examples[i]) for i in pack], rows)
        return work.split.summed_loss(states, targets).item()

    assert loss_of([0, 1, 2]) == pytest.approx(sum(loss_of([i]) for i in range(3)), rel=1e-5)


def test_dropout_is_trained_with_the_layers_as_peft_runs_them(inputs, tmp_path):
    work = prepared(inputs, tmp_path, dropout=0.1).work
    assert work.split.fused is None
    assert loop.run_step(work, 0)[0] > 0


def test_the_last_answer_token_is_a_target_and_no_prompt_token_is(inputs, tmp_path):
    example = prepared(inputs, tmp_path).work.examples[0]
    rows, targets = answer_places([example, example])
    assert targets.tolist() == example.tokens[example.prompt_length :] * 2
    assert rows[0] == example.prompt_length - 1 and rows[len(rows) // 2] == len(example) + example.prompt_length - 1
