"""Predicts the larger bases and writes their table.

python -m formwright_training.dry_run [--real-step] [--tokens N] [--typescript]
"""

import argparse
import json
from pathlib import Path

from .architectures import ARCHITECTURES
from .measure import take_step
from .page import table, typescript

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Prints the table that docs/larger-bases.md holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=1_000_000, help="of one pass")
    parser.add_argument("--real-step", action="store_true", help="also take a step on the CPU, with one layer each")
    parser.add_argument("--typescript", action="store_true", help="print contracts/larger-bases.ts instead")
    options = parser.parse_args()
    if options.typescript:
        print(typescript(), end="")
        return
    prices = json.loads((ROOT / "infra/local/ec2/prices.json").read_text())
    print(table(options.tokens, {name: min(zones.values()) for name, zones in prices.items()}))
    for architecture in ARCHITECTURES if options.real_step else []:
        loss = take_step(architecture.config(1), architecture.rank, [48, 16])
        print(f"{architecture.name}, one of its {architecture.layers} layers at random weights on the CPU: "
              f"a step of 64 tokens, loss {loss:.2f} a token", flush=True)  # fmt: skip


main()
