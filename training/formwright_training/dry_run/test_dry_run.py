import json
import re
from pathlib import Path

import pytest

from formwright_training.dry_run.architectures import ARCHITECTURES
from formwright_training.dry_run.measure import count, take_step
from formwright_training.dry_run.page import table, typescript
from formwright_training.dry_run.predict import base_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda one: one.name)
def test_the_dimensions_give_the_parameters_of_the_model_card(architecture):
    assert base_of(architecture).parameters == architecture.parameters


def test_a_layer_more_costs_the_same_again():
    one, two, three = (count(ARCHITECTURES[0].config(layers), 16, [64]) for layers in (1, 2, 3))
    assert three.flops - two.flops == two.flops - one.flops > 0
    assert three.saved_bytes - two.saved_bytes == two.saved_bytes - one.saved_bytes > 0


def test_a_step_through_the_trainers_own_code_has_the_loss_of_chance():
    config = ARCHITECTURES[1].config(2)
    config.hidden_size, config.intermediate_size, config.num_attention_heads, config.num_key_value_heads = 64, 128, 4, 2
    config.head_dim, config.vocab_size = 16, 512
    assert 6.0 < take_step(config, 4, [12, 20]) < 6.6


def test_the_page_holds_what_is_computed():
    page = (ROOT / "docs/larger-bases.md").read_text()
    tokens = int(re.search(r"One pass over ([\d,]+) tokens", page)[1].replace(",", ""))
    prices = json.loads((ROOT / "infra/local/ec2/prices.json").read_text())
    assert table(tokens, {name: min(zones.values()) for name, zones in prices.items()}) in page


def test_quotes_are_made_with_what_is_computed():
    assert (ROOT / "contracts/larger-bases.ts").read_text() == typescript()


def test_the_presets_have_these_bases():
    presets = (ROOT / "contracts/presets.ts").read_text()
    for one in ARCHITECTURES:
        assert re.search(rf"'{re.escape(one.preset)}': {{\n\s+base: '{re.escape(one.name)}'", presets)
