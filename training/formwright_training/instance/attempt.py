"""One attempt of a run, from the request to the adapter or to an orderly leave."""

import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from formwright_contracts.models import Adapter, MetricsLine, TrainRequest, TrainResult

from .. import checkpoint
from ..adapter import Origin, write_adapter
from ..checkpoint import Position
from ..digests import file_entries
from ..job import Job, prepare
from ..loop import Verdict, train
from ..resume import resume
from .checkpoints import StoredCheckpoints
from .fetch import fetch_inputs
from .log import say, say_transformers_too
from .orders import Orders
from .reporter import Reporter
from .store import Store, StoreError, Taken, split_uri


class End(Enum):
    """How an attempt ended."""

    DONE = "done"
    LEFT = "left"


@dataclass
class Attempt:
    """`work` is an empty folder for everything that is fetched and written."""

    request: TrainRequest
    store: Store
    orders: Orders
    reporter: Reporter
    work: Path

    def run(self) -> End:
        """Trains and stores the result. Another attempt's result counts: then nothing is done again."""
        self.output = split_uri(self.request.output)[1]
        if self.store.get(f"{self.output}result.json") is not None:
            return self._done("another attempt has finished already")
        self.reporter.tell(state="fetching")
        init_from = fetch_inputs(self.store, self.request, self.work)
        self.stored = StoredCheckpoints(self.store, self.output, self.work / "checkpoints", say)
        newest = self.stored.fetch_newest()
        if self.orders.leave.is_set():
            return self._left()
        self.reporter.tell(state="preparing", checkpoint=newest)
        say_transformers_too()
        job = prepare(
            self.work / "dataset" / "train.jsonl", self.work / "base", self.request.base.name,
            self.request.hyperparameters, self.work / "scratch", init_from,
        )  # fmt: skip
        start = resume(job, self.work / "checkpoints", say)
        say(f"{job.machine}; {len(job.work.steps)} steps, from step {start.step}")
        self.reporter.tell(state="training", step=start.step, steps=len(job.work.steps), loss=start.loss or None)
        end = self._train(job, start)
        if end.step < len(job.work.steps) and not self.orders.finish.is_set():
            return self._left()
        return self._store_result(job, end)

    def _train(self, job: Job, start: Position) -> Position:
        self._saved_at = time.monotonic()
        self._saved_step = start.step
        job.work.abandon = self.orders.leave

        def after_step(position: Position, line: MetricsLine) -> Verdict:
            self.reporter.step(line, (position.seconds / position.step) * (line.steps - line.step))
            if self.orders.leave.is_set() or self.orders.finish.is_set():
                return Verdict.STOP
            due = time.monotonic() - self._saved_at >= self.request.checkpointSeconds
            wanted = (due or self.orders.save.is_set()) and line.step < line.steps
            return Verdict.CHECKPOINT if wanted else Verdict.GO_ON

        return train(job.work, start, after_step, lambda position: self._save(job, position))

    def _save(self, job: Job, position: Position) -> None:
        if position.step == self._saved_step:
            return
        self.reporter.tell(state="checkpointing")
        folder = checkpoint.save(self.work / "checkpoints", job.work.trained, position, self.request.attempt)
        try:
            stored = self.stored.upload(folder)
        except StoreError as error:
            # The next step tries again; the training goes on.
            say(f"checkpoint {position.step} was not stored: {error}")
            stored = False
        if stored:
            self._saved_at, self._saved_step = time.monotonic(), position.step
            self.orders.save.clear()
            self.reporter.tell(checkpoint=position.step)
        self.reporter.tell(state="training")

    def _store_result(self, job: Job, end: Position) -> End:
        self.reporter.tell(state="uploading")
        request = self.request
        origin = Origin(
            request.base.name, request.base.digest, request.dataset.digest, request.promptVersion, job.machine
        )
        folder = self.work / "adapter"
        digest = write_adapter(folder, job.model, request.hyperparameters, end, origin)
        prefix = f"{self.output}adapter/{digest}/"
        for entry in file_entries(folder):
            self.store.create(prefix + entry["path"], folder / entry["path"])
        self.store.create(f"{prefix}manifest.json", folder / "manifest.json")
        result = TrainResult(
            adapter=Adapter(uri=f"s3://{self.store.bucket}/{prefix}", digest=digest), steps=end.step, loss=end.loss,
            tokens=end.tokens, seconds=end.seconds, attempts=request.attempt, machine=job.machine,
        )  # fmt: skip
        try:
            self.store.create(f"{self.output}result.json", result.model_dump_json().encode())
        except Taken:
            return self._done("another attempt finished first; its result counts")
        return self._done(f"adapter {digest}")

    def _done(self, text: str) -> End:
        say(text)
        self.reporter.tell(state="done", secondsLeft=0)
        return End.DONE

    def _left(self) -> End:
        say(f"leaving: {self.orders.reason}")
        self.reporter.tell(state="interrupted")
        return End.LEFT
