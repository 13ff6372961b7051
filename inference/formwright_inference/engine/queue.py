"""Who waits, who runs, and when to come back."""

from collections import deque
from collections.abc import Iterator

from .beginning import Beginning
from .blocks import BlockPool
from .job import Job
from .model import Decoder
from .schedule import Slice, plan_step
from .sequence import Sequence


class Queue:
    """Not safe by itself: the engine holds its lock around every call."""

    def __init__(self, pool: BlockPool, max_running: int, max_queued: int, streams: int) -> None:
        self._pool, self._max_running, self._max_queued, self._streams = pool, max_running, max_queued, streams
        self._waiting: deque[tuple[Sequence, Job]] = deque()
        self._running: dict[Sequence, Job] = {}
        self._in_step: set[Sequence] = set()
        self._turn = 0
        self._seconds_per_prompt = 0.5
        self._busy_seconds = 0.0

    @property
    def lengths(self) -> tuple[int, int]:
        """Sequences that run and that wait."""
        return len(self._running), len(self._waiting)

    def has_room(self, count: int) -> bool:
        """A request larger than the whole queue is taken when nothing else is there."""
        queued = sum(self.lengths)
        return queued == 0 or queued + count <= self._max_queued

    def retry_after(self) -> int:
        """Seconds until about half of the queue is worked off, at the pace of the last answers."""
        return min(60, max(1, round(sum(self.lengths) / 2 * self._seconds_per_prompt)))

    def add(self, job: Job) -> None:
        """The longest prompts first: they have the longest answers, and the last of them should not run alone."""
        waiting = sorted(job.sequences, key=lambda s: -s.prompt_length)
        self._waiting.extend((sequence, job) for sequence in waiting if not sequence.finished)

    def drop_over(self) -> None:
        """Lets go of what belongs to cancelled and failed jobs, but for what is in a step now."""
        for sequence in [s for s, job in self._running.items() if job.over and s not in self._in_step]:
            self._remove(sequence)
        self._waiting = deque((s, job) for s, job in self._waiting if not job.over)

    def admit(self) -> Iterator[Sequence]:
        """Moves waiting sequences to the running ones, first come first served, while there is room for them."""
        passed: deque[tuple[Sequence, Job]] = deque()
        while self._waiting and len(self._running) < self._max_running:
            sequence, job = self._waiting.popleft()
            if sequence.beginning is None:
                sequence.beginning = Beginning(job.key, sequence.tokens)
            # A stream that has nothing else to do computes again what another is computing.
            if len(self._running) > len(self._in_step) and self._pool.worth_waiting(sequence.beginning):
                passed.append((sequence, job))
                continue
            sequence.table = self._pool.take(sequence.beginning, sequence.blocks_for(len(sequence.tokens)))
            if sequence.table is None:
                passed.append((sequence, job))
                break
            sequence.computed = sequence.table.cached_tokens
            self._running[sequence] = job
            yield sequence
        self._waiting.extendleft(reversed(passed))

    def begin_step(self) -> tuple[Decoder, list[Slice]] | None:
        """What a stream that is free runs next: of one model's sequences that are in no other step.

        It takes its share of those that answer, so that the next free stream finds as many.
        """
        free: dict[Decoder, list[Sequence]] = {}
        for sequence, job in self._running.items():
            if sequence not in self._in_step:
                free.setdefault(job.decoder, []).append(sequence)
        if not free:
            return None
        self._turn += 1
        decoder = list(free)[self._turn % len(free)]
        answering = sum(1 for sequence in self._running if sequence.answering)
        slices = self._fit(plan_step(free[decoder], -(-answering // self._streams)))
        self._in_step.update(part.sequence for part in slices)
        return (decoder, slices) if slices else None

    def end_step(self, slices: list[Slice], failed: dict[Sequence, Exception], seconds: float) -> None:
        """Lets others use what was computed, and ends the jobs whose sequences are all finished."""
        self._in_step.difference_update(part.sequence for part in slices)
        for sequence, error in failed.items():
            self._running[sequence].fail(error)
        for part in slices:
            self._pool.publish(part.sequence.table, part.sequence.computed)
        finished = [part.sequence for part in slices if part.sequence.finished]
        self._busy_seconds += seconds / self._streams
        if finished:
            self._seconds_per_prompt += 0.2 * (self._busy_seconds / len(finished) - self._seconds_per_prompt)
            self._busy_seconds = 0.0
        for sequence in finished:
            job = self._remove(sequence)
            if all(s.finished for s in job.sequences):
                job.finish()

    def fail_all(self, error: Exception) -> None:
        """When no step runs any more."""
        for job in {*self._running.values(), *(job for _, job in self._waiting)}:
            job.fail(error)
        self.drop_over()

    def _fit(self, slices: list[Slice]) -> list[Slice]:
        """Gets each slice the blocks it needs. When they run out, the sequences that came last wait again."""
        for part in slices:
            sequence = part.sequence
            total = sequence.blocks_for(sequence.computed + len(part.certain) + len(sequence.draft))
            while sequence in self._running and not self._pool.extend(sequence.table, total):
                self._put_back(next(s for s in reversed(self._running) if s not in self._in_step))
        return [part for part in slices if part.sequence in self._running]

    def _put_back(self, sequence: Sequence) -> None:
        job = self._remove(sequence)
        sequence.computed, sequence.draft, sequence.beginning = 0, [], None
        self._waiting.appendleft((sequence, job))

    def _remove(self, sequence: Sequence) -> Job:
        self._pool.give_back(sequence.table)
        sequence.table = None
        return self._running.pop(sequence)
