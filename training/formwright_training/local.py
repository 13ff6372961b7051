"""Training from local files into a local folder."""

import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from formwright_contracts.models import DatasetManifest, FolderManifest, Hyperparameters, MetricsLine

from . import checkpoint
from .adapter import Origin, write_adapter
from .checkpoint import Position
from .digests import sha256_file
from .job import Job, prepare
from .loop import Verdict, train
from .refused import Refused
from .resume import resume


class LocalRefused(Refused):
    """The command line does not describe a training that can start."""


@dataclass(frozen=True)
class LocalOptions:
    """`out` gets metrics.jsonl, checkpoints/ and adapter/."""

    dataset: Path
    base: Path
    out: Path
    hyperparameters: Hyperparameters
    init_from: Path | None = None
    resume: bool = False
    checkpoint_seconds: float = 300
    prompt_version: str | None = None


def train_locally(options: LocalOptions) -> int:
    """Trains to the end (0) or to a signal, after which `--resume` goes on (130)."""
    origin_of = _origin(options)
    checkpoints = options.out / "checkpoints"
    if checkpoint.steps_in(checkpoints) and not options.resume:
        raise LocalRefused(
            f"{options.out} holds checkpoints of an earlier training: add --resume, or give another --out."
        )
    options.out.mkdir(parents=True, exist_ok=True)
    job = prepare(
        options.dataset, options.base, options.base.resolve().name, options.hyperparameters, options.out,
        options.init_from,
    )  # fmt: skip
    _say_plan(job)
    start = resume(job, checkpoints, _say) if options.resume else job.start
    metrics = options.out / "metrics.jsonl"
    _cut_metrics(metrics, start.step)
    with _stop_on_signal() as stopped, metrics.open("a") as out:
        clock = time.monotonic()

        def after_step(position: Position, line: MetricsLine) -> Verdict:
            nonlocal clock
            out.write(line.model_dump_json() + "\n")
            out.flush()
            _say_step(position, line)
            if stopped.is_set():
                return Verdict.STOP
            if time.monotonic() - clock < options.checkpoint_seconds or line.step == line.steps:
                return Verdict.GO_ON
            clock = time.monotonic()
            return Verdict.CHECKPOINT

        end = train(
            job.work, start, after_step, lambda p: checkpoint.save(checkpoints, job.work.trained, p, 1) and None
        )
    if end.step < len(job.work.steps):
        _say(f"stopped after step {end.step}, checkpoint saved; --resume goes on from there")
        return 130
    digest = write_adapter(options.out / "adapter", job.model, options.hyperparameters, end, origin_of(job.machine))
    _say(f"adapter {digest} in {options.out / 'adapter'}")
    return 0


def _origin(options: LocalOptions):
    """Digests come from the manifests beside the files, where there are some."""
    beside = options.dataset.with_name("manifest.json")
    version = options.prompt_version
    if beside.is_file():
        version = DatasetManifest.model_validate_json(beside.read_bytes()).promptVersion
    if version is None:
        raise LocalRefused(f"{options.dataset.parent} has no manifest.json: say the format with --prompt-version.")
    manifest = options.base / "manifest.json"
    if not manifest.is_file():
        raise LocalRefused(f"{options.base} is not a base model folder: manifest.json is missing.")
    FolderManifest.model_validate_json(manifest.read_bytes())
    dataset = sha256_file(beside if beside.is_file() else options.dataset)
    return lambda machine: Origin(options.base.resolve().name, sha256_file(manifest), dataset, version, machine)


def _cut_metrics(path: Path, step: int) -> None:
    """Drops the lines of steps that are trained again."""
    if path.is_file():
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(x for x in lines if MetricsLine.model_validate_json(x).step <= step))


@contextmanager
def _stop_on_signal():
    stopped = threading.Event()
    before = {s: signal.signal(s, lambda *_: stopped.set()) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say_plan(job: Job) -> None:
    work = job.work
    tokens = sum(len(work.examples[i]) for step in work.steps for i in step)
    answers = sum(len(work.examples[i]) - work.examples[i].prompt_length for step in work.steps for i in step)
    _say(f"machine: {job.machine}")
    _say(f"hyperparameters: {work.hyperparameters.model_dump_json(exclude_none=True)}")
    _say(f"{len(work.examples)} examples ({len(job.left_out)} too long, left out), {len(work.steps)} steps, "
         f"{tokens} tokens, {answers / tokens:.0%} of them answers")  # fmt: skip


def _say_step(position: Position, line: MetricsLine) -> None:
    left = position.seconds / position.step * (line.steps - line.step)
    _say(f"step {line.step}/{line.steps}  loss {line.loss:.4f}  {line.tokensPerSecond:.0f} tokens/s  "
         f"{left / 60:.1f} min left")  # fmt: skip
