"""Who waits, who runs, and when to come back."""

from collections import deque
from collections.abc import Iterator

from .beginning import Beginning
from .blocks import BlockPool
from .job import Job
from .model import Decoder
from .schedule import Slice
from .sequence import Sequence
from .step import release


class Queue:
    """Not safe by itself: the engine holds its lock around every call."""

    def __init__(self, pool: BlockPool, max_running: int, max_queued: int) -> None:
        self._pool, self._max_running, self._max_queued = pool, max_running, max_queued
        self._waiting: deque[tuple[Sequence, Job]] = deque()
        self.running: dict[Sequence, Job] = {}
        self._seconds_per_prompt = 0.5
        self._busy_seconds = 0.0

    @property
    def lengths(self) -> tuple[int, int]:
        """Sequences that run and that wait."""
        return len(self.running), len(self._waiting)

    @property
    def decoders(self) -> list[Decoder]:
        return list(dict.fromkeys(job.decoder for job in self.running.values()))

    def has_room(self, count: int) -> bool:
        """A request larger than the whole queue is taken when nothing else is there."""
        queued = sum(self.lengths)
        return queued == 0 or queued + count <= self._max_queued

    def retry_after(self) -> int:
        """Seconds until about half of the queue is worked off, at the pace of the last answers."""
        return min(60, max(1, round(sum(self.lengths) / 2 * self._seconds_per_prompt)))

    def add(self, job: Job) -> None:
        self._waiting.extend((sequence, job) for sequence in job.sequences if not sequence.finished)

    def drop_over(self) -> None:
        """Lets go of what belongs to cancelled and failed jobs."""
        for sequence in [s for s, job in self.running.items() if job.over]:
            self._remove(sequence)
        self._waiting = deque((s, job) for s, job in self._waiting if not job.over)

    def admit(self) -> Iterator[Sequence]:
        """Moves waiting sequences to the running ones, first come first served, while there is room for them."""
        passed: deque[tuple[Sequence, Job]] = deque()
        while self._waiting and len(self.running) < self._max_running:
            sequence, job = self._waiting.popleft()
            if sequence.beginning is None:
                sequence.beginning = Beginning(job.key, sequence.tokens)
            if self._pool.worth_waiting(sequence.beginning):
                passed.append((sequence, job))
                continue
            sequence.table = self._pool.take(sequence.beginning, sequence.blocks_for(len(sequence.tokens)))
            if sequence.table is None:
                passed.append((sequence, job))
                break
            sequence.computed = sequence.table.cached_tokens
            self.running[sequence] = job
            yield sequence
        self._waiting.extendleft(reversed(passed))

    def fit(self, slices: list[Slice]) -> list[Slice]:
        """Gets each slice the blocks it needs. When they run out, the sequences that came last wait again."""
        for part in slices:
            sequence = part.sequence
            total = sequence.blocks_for(sequence.computed + len(part.certain) + len(sequence.draft))
            while sequence in self.running and not self._pool.extend(sequence.table, total):
                self._put_back(next(reversed(self.running)))
        return [part for part in slices if part.sequence in self.running]

    def finish(self, sequences: list[Sequence], seconds: float) -> None:
        """Removes finished sequences and ends the jobs that have no other; `seconds`: how long the step took."""
        self._busy_seconds += seconds
        if sequences:
            self._seconds_per_prompt += 0.2 * (self._busy_seconds / len(sequences) - self._seconds_per_prompt)
            self._busy_seconds = 0.0
        for sequence in sequences:
            job = self._remove(sequence)
            if all(s.finished for s in job.sequences):
                job.finish()

    def fail_all(self, error: Exception) -> None:
        for job in {*self.running.values(), *(job for _, job in self._waiting)}:
            job.fail(error)
        self.drop_over()

    def _put_back(self, sequence: Sequence) -> None:
        job = self._remove(sequence)
        sequence.computed, sequence.draft, sequence.beginning = 0, [], None
        self._waiting.appendleft((sequence, job))

    def _remove(self, sequence: Sequence) -> Job:
        release(sequence, self._pool)
        return self.running.pop(sequence)
