"""Command line of the trainer.

python -m formwright_training.train --local --dataset train.jsonl --base DIR --out DIR --hyperparameters JSON
python -m formwright_training.train --request FILE_OR_S3_URI
"""

import argparse
import sys
from pathlib import Path

from formwright_contracts.models import Hyperparameters
from pydantic import ValidationError

from .refused import Refused


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--local", action="store_true", help="train from local files")
    mode.add_argument("--request", help="TrainRequest: a file or an s3:// URI")
    parser.add_argument("--dataset", type=Path, help="train.jsonl; the manifest.json beside it names the data")
    parser.add_argument("--base", type=Path, help="base model folder with manifest.json")
    parser.add_argument("--out", type=Path, help="folder for metrics.jsonl, checkpoints/ and adapter/")
    parser.add_argument("--hyperparameters", help="JSON, or @FILE")
    parser.add_argument("--init-from", type=Path, help="adapter folder to start from")
    parser.add_argument("--resume", action="store_true", help="go on from the newest whole checkpoint in --out")
    parser.add_argument("--checkpoint-seconds", type=float, default=300)
    parser.add_argument("--prompt-version", help="prompt format, when the dataset has no manifest.json")
    return parser


def read_hyperparameters(text: str) -> Hyperparameters:
    """From JSON, or from a file as `@FILE`; raises Refused with one line per wrong value."""
    data = Path(text[1:]).read_text() if text.startswith("@") else text
    try:
        return Hyperparameters.model_validate_json(data)
    except ValidationError as error:
        problems = (f"  {'.'.join(map(str, e['loc'])) or 'JSON'}: {e['msg']}" for e in error.errors())
        raise Refused("Wrong hyperparameters:\n" + "\n".join(problems)) from None


def _run_locally(options: argparse.Namespace) -> int:
    from .local import LocalOptions, train_locally

    try:
        return train_locally(LocalOptions(
            options.dataset, options.base, options.out, read_hyperparameters(options.hyperparameters),
            options.init_from, options.resume, options.checkpoint_seconds, options.prompt_version,
        ))  # fmt: skip
    except (Refused, FloatingPointError, OSError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 1


def main(arguments: list[str] | None = None) -> int:
    """0 trained to the end, 1 refused or failed, 130 stopped by a signal with a checkpoint saved."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.request:
        from .instance.main import run_request

        return run_request(options.request)
    missing = [n for n in ("dataset", "base", "out", "hyperparameters") if getattr(options, n) is None]
    if missing:
        parser.error("--local also needs " + ", ".join(f"--{name}" for name in missing))
    return _run_locally(options)


if __name__ == "__main__":
    sys.exit(main())
