"""Runs prompts of many callers through one compiled model per adapter, on one thread."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from .base_model import BaseWeights
from .blocks import BlockPool, block_keys
from .grammar import GrammarTokens
from .job import Job
from .lora import Lora
from .model import Decoder, Shared
from .request import GenerationRequest, RequestRefused
from .schedule import Slice, make_batch, plan_step
from .sequence import Sequence


class EngineBusy(Exception):
    """The queue is full; `seconds` is when to try again, from the pace of the last answers."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"The queue is full. Try again in {seconds} s.")
        self.seconds = seconds


class ModelMissing(Exception):
    """No model is loaded under that key."""


class GenerationFailed(Exception):
    """The engine itself failed; the model stays loaded and the next request is served."""


class Engine:
    """`key` is what a model is loaded under: an adapter's digest, or a name for the base model alone."""

    def __init__(
        self, base: Path, *, threads: int = 2, blocks: int = 512, max_running: int = 32, max_queued: int = 256
    ) -> None:
        self._folder = base
        weights = BaseWeights(base)
        self.config, self.name, self.tokenizer = weights.config, weights.name, weights.tokenizer
        self._end = weights.config.eos_token_id
        self._grammars = GrammarTokens(weights.tokenizer_json, weights.config.vocab_size, self._end)
        self._shared = Shared(weights, threads)
        self._pool, self._max_running, self._max_queued = BlockPool(blocks), max_running, max_queued
        self._decoders: dict[str, Decoder] = {}
        self._waiting: deque[tuple[Sequence, Job]] = deque()
        self._running: dict[Sequence, Job] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._pace = 1.0  # seconds a prompt takes, lately
        self.counts: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    def load(self, key: str, adapter: Path | None) -> None:
        """Merges, compiles and runs once. Takes seconds; others are served meanwhile. Raises AdapterRefused."""
        weights = BaseWeights(self._folder)
        decoder = Decoder(weights, Lora(adapter, weights.shapes) if adapter else None, self._shared, self._pool.size)
        with self._changed:
            self._decoders[key] = decoder

    def unload(self, key: str) -> None:
        """Answers under way are finished first: they hold the model."""
        with self._changed:
            self._decoders.pop(key, None)

    @property
    def loaded(self) -> list[str]:
        return list(self._decoders)

    @property
    def load_now(self) -> tuple[int, int]:
        """Sequences that run and that wait."""
        return len(self._running), len(self._waiting)

    def prepare(self, request: GenerationRequest, max_prompt_tokens: int) -> Sequence:
        """Tokenizes and compiles the grammar, on the caller's thread; raises RequestRefused."""
        try:
            prompt = self.tokenizer.encode(request.prompt, add_special_tokens=False).ids
        except (TypeError, UnicodeError):
            raise RequestRefused("Expected the prompt to be valid Unicode.", "prompt") from None
        if not 1 <= len(prompt) <= max_prompt_tokens:
            raise RequestRefused(
                f"Expected the prompt to have 1 to {max_prompt_tokens} tokens, got {len(prompt)}.", "prompt"
            )
        follower = self._grammars.follow(request.grammar) if request.grammar is not None else None
        sequence = Sequence(request, prompt, follower, self._end, self._decode)
        if sequence.blocks_needed > self._pool.size:
            raise RequestRefused("Prompt and max_tokens together are more than the cache holds.", "max_tokens")
        return sequence

    def submit(self, key: str, sequences: list[Sequence], done: Callable[[Job], None]) -> Job:
        """Queues a request's prompts; `done` is called on the engine's thread. Raises EngineBusy, ModelMissing."""
        with self._changed:
            decoder = self._decoders.get(key)
            if decoder is None:
                raise ModelMissing(f"{key} is not loaded.")
            queued = len(self._waiting) + len(self._running)
            if queued and queued + len(sequences) > self._max_queued:
                raise EngineBusy(max(1, round(queued * self._pace)))
            job = Job(key, decoder, sequences, done)
            self._waiting.extend((s, job) for s in sequences if not s.finished)
            self._changed.notify()
        if all(s.finished for s in sequences):
            job.finish()
        return job

    def close(self) -> None:
        """Stops the thread; what is under way fails."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _decode(self, tokens: list[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True)

    def _work(self) -> None:
        turn = 0
        while True:
            with self._changed:
                while not (self._closing or self._waiting or self._running):
                    self._changed.wait()
                if self._closing:
                    break
                self._drop_cancelled()
                self._admit()
                decoders = list(dict.fromkeys(job.decoder for job in self._running.values()))
            if decoders:
                self._step(decoders[turn % len(decoders)])
                turn += 1
        for job in {*self._running.values(), *(job for _, job in self._waiting)}:
            job.fail(GenerationFailed("The service is shutting down."))

    def _drop_cancelled(self) -> None:
        for sequence in [s for s, job in self._running.items() if job.over]:
            self._release(sequence)
        self._waiting = deque((s, job) for s, job in self._waiting if not job.over)

    def _admit(self) -> None:
        kept: deque[tuple[Sequence, Job]] = deque()
        while self._waiting and len(self._running) < self._max_running:
            sequence, job = self._waiting.popleft()
            keys = block_keys(job.key, sequence.tokens)
            # What another sequence computes right now is waited for, not computed twice.
            if self._pool.is_computing(keys):
                kept.append((sequence, job))
                continue
            reusable = (len(sequence.tokens) - 1) // 32
            sequence.table = self._pool.take(keys, reusable, sequence.blocks_needed)
            if sequence.table is None:
                kept.append((sequence, job))
                break
            sequence.computed = sequence.table.cached_tokens
            self.counts["prompt"] += sequence.prompt_length
            self.counts["reused"] += sequence.computed
            self._running[sequence] = job
        self._waiting.extendleft(reversed(kept))

    def _step(self, decoder: Decoder) -> None:
        started = perf_counter()
        own = [s for s, job in self._running.items() if job.decoder is decoder]
        slices = plan_step(own)
        try:
            self._advance(decoder, slices)
        except Exception as error:
            for job in {self._running[part.sequence] for part in slices}:
                job.fail(error if isinstance(error, RequestRefused) else GenerationFailed(repr(error)))
        finished = [part.sequence for part in slices if part.sequence.finished]
        with self._changed:
            for sequence in finished:
                job = self._running[sequence]
                self._release(sequence)
                if all(s.finished for s in job.sequences):
                    job.finish()
        self.counts["steps"] += 1
        if finished:
            self._pace += 0.1 * (
                (perf_counter() - started) * max(1, len(own)) / len(finished) / max(1, len(own)) - self._pace
            )

    def _advance(self, decoder: Decoder, slices: list[Slice]) -> None:
        hidden = decoder.run(make_batch(slices))
        for part in slices:
            part.sequence.computed += len(part.certain)
            self._pool.publish(part.sequence.table, part.sequence.computed)
        ending = [part.sequence for part in slices if part.last]
        first_rows, at = [], 0
        for sequence in ending:
            first_rows.append(at)
            at += 1 + len(sequence.draft)
        allowed = [sequence.allowed() for sequence in ending]
        whole = [i for i, ids in enumerate(allowed) if ids is None or len(ids) > 1_500]
        logits = self._shared.all_logits(hidden[[first_rows[i] for i in whole]]) if whole else []
        row_of = dict(zip(whole, logits, strict=True))
        for i, sequence in enumerate(ending):
            before, guessed = len(sequence.completion.tokens), len(sequence.draft)
            sequence.take(hidden[first_rows[i] : first_rows[i] + 1 + guessed], row_of.get(i), allowed[i], self._shared)
            self.counts["answer"] += len(sequence.completion.tokens) - before
            self.counts["guessed"] += guessed

    def _release(self, sequence: Sequence) -> None:
        del self._running[sequence]
        self._pool.give_back(sequence.table)
