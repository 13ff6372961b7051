"""One arm of an experiment: trains from the base model and measures the loss on held-out windows.

    python -m formwright_training.experiment --dataset FILE --held-out FILE --base DIR --hyperparameters JSON

Prints one line of JSON; nothing is kept.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

from .bench import held_out_loss
from .data import read_examples
from .job import prepare
from .loop import Verdict, train
from .train import read_hyperparameters


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--hyperparameters", required=True)
    options = parser.parse_args()
    hyperparameters = read_hyperparameters(options.hyperparameters)
    held_out, _ = read_examples(options.held_out, AutoTokenizer.from_pretrained(options.base), 4096)
    with tempfile.TemporaryDirectory(prefix="experiment-") as scratch:
        job = prepare(options.dataset, options.base, options.base.name, hyperparameters, Path(scratch))

        def after_step(_: object, line: object) -> Verdict:
            print(f"step {line.step}/{line.steps} loss {line.loss:.4f}", file=sys.stderr)
            return Verdict.GO_ON

        end = train(job.work, job.start, after_step, lambda _: None)
        answers = sum(len(e) - e.prompt_length for e in held_out)
        loss = held_out_loss(job.model, held_out) * answers
    print(json.dumps({"tokens": end.tokens, "seconds": end.seconds, "heldOutLoss": loss, "heldOutTokens": answers}))


if __name__ == "__main__":
    main()
