"""Runs prompts of many callers through one compiled model per adapter, a step at a time on each of its streams."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from .base_model import BaseWeights
from .blocks import BlockPool
from .grammar import GrammarTokens
from .job import Job
from .lora import Lora
from .memory import give_back_freed
from .model import Decoder, Shared
from .queue import Queue
from .request import GenerationRequest, RequestRefused
from .schedule import Slice
from .sequence import Sequence
from .step import run_step

logger = logging.getLogger("formwright.inference")
CHARACTERS_OF_TOKEN = 16  # of an expected answer, more than its tokens may have is not read


class EngineBusy(Exception):
    """The queue is full; `seconds` is when to try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"The queue is full. Try again in {seconds} s.")
        self.seconds = seconds


class ModelMissing(Exception):
    """No model is loaded under that key."""


class GenerationFailed(Exception):
    """The engine itself failed; models stay loaded and the next request is served."""


class Engine:
    """`key` is what a model is loaded under: an adapter's digest, or a name for the base model alone.

    `blocks`: of 32 tokens each, shared by all models; a prompt needs them for itself and its longest answer.
    `scratch`: a folder on a disk that may take 110 MB for each model, where OpenVINO multiplies.
    """

    def __init__(
        self, base: Path, *, threads: int, blocks: int, max_running: int, max_queued: int, scratch: Path
    ) -> None:
        weights = BaseWeights(base)
        self._shapes = weights.shapes
        self.name, self.tokenizer, self._end = weights.name, weights.tokenizer, weights.config.eos_token_id
        self._grammars = GrammarTokens(weights.tokenizer_json, weights.config.vocab_size, self._end)
        self._shared = Shared(weights, threads, blocks, scratch)
        self._pool = BlockPool(blocks, self._shared.copy_block)
        self._queue = Queue(self._pool, max_running, max_queued, self._shared.streams)
        self._decoders: dict[str, Decoder] = {}
        self._changed = threading.Condition()
        self._closing = False
        self.counts: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._work, args=(stream,), name=f"engine-{stream}", daemon=True)
            for stream in range(self._shared.streams)
        ]
        for thread in self._threads:
            thread.start()

    def load(self, key: str, adapter: Path | None) -> None:
        """Merges and compiles. Takes seconds; others are served meanwhile. Raises AdapterRefused, OSError."""
        decoder = Decoder(Lora(adapter, self._shapes) if adapter else None, self._shared)
        with self._changed:
            self._decoders[key] = decoder

    def unload(self, key: str) -> None:
        """Answers under way are finished first: they hold the model."""
        with self._changed:
            self._decoders.pop(key, None)
        give_back_freed()

    @property
    def loaded(self) -> list[str]:
        return list(self._decoders)

    @property
    def queue_lengths(self) -> tuple[int, int]:
        """Prompts that are being answered, and that wait."""
        return self._queue.lengths

    def prepare(self, request: GenerationRequest, max_prompt_tokens: int) -> Sequence:
        """Tokenizes and reads the grammar, on the caller's thread; raises RequestRefused."""
        try:
            prompt = self.tokenizer.encode(request.prompt, add_special_tokens=False).ids
            expected = self._expected(request)
        except (TypeError, UnicodeError):
            raise RequestRefused("Expected prompt and prediction to be valid Unicode.", "prompt") from None
        if not 1 <= len(prompt) <= max_prompt_tokens:
            message = f"Expected the prompt to have 1 to {max_prompt_tokens} tokens, got {len(prompt)}."
            raise RequestRefused(message, "prompt")
        if request.grammar is None:
            self._shared.head()
        follower = self._grammars.follow(request.grammar) if request.grammar is not None else None
        sequence = Sequence(request, prompt, expected, follower, self._end, self._decode)
        if sequence.blocks_for(len(prompt) + request.max_tokens) > self._pool.size:
            raise RequestRefused("Prompt and max_tokens together are more than the cache holds.", "max_tokens")
        return sequence

    def submit(self, key: str, sequences: list[Sequence], done: Callable[[Job], None]) -> Job:
        """Queues a request's prompts; `done` is called once, from any thread. Raises EngineBusy, ModelMissing."""
        with self._changed:
            decoder = self._decoders.get(key)
            if decoder is None:
                raise ModelMissing(f"{key} is not loaded.")
            if not self._queue.has_room(len(sequences)):
                raise EngineBusy(self._queue.retry_after())
            job = Job(key, decoder, sequences, done)
            self._queue.add(job)
            self._changed.notify_all()
        if all(sequence.finished for sequence in sequences):
            job.finish()
        return job

    def close(self) -> None:
        """Stops the threads; what is under way fails."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._queue.fail_all(GenerationFailed("The service is shutting down."))

    def _expected(self, request: GenerationRequest) -> list[int]:
        text = request.expected[: CHARACTERS_OF_TOKEN * request.max_tokens]
        return self.tokenizer.encode(text, add_special_tokens=False).ids if text else []

    def _decode(self, tokens: list[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True)

    def _work(self, stream: int) -> None:
        while step := self._next():
            self._step(stream, *step)

    def _next(self) -> tuple[Decoder, list[Slice]] | None:
        """Waits for work; None when the engine closes."""
        with self._changed:
            while not self._closing:
                self._queue.drop_over()
                for sequence in self._queue.admit():
                    self.counts["prompt"] += sequence.prompt_length
                    self.counts["reused"] += sequence.computed
                if step := self._queue.begin_step():
                    return step
                self._changed.wait()
        return None

    def _step(self, stream: int, decoder: Decoder, slices: list[Slice]) -> None:
        started, counts = perf_counter(), Counter[str]()
        failed: dict[Sequence, Exception]
        try:
            failed = {**run_step(decoder, stream, slices, self._shared, counts)}
        except Exception as error:  # one bad step must not end the thread that serves everyone
            logger.exception("a step of the engine failed")
            failed = {part.sequence: GenerationFailed(str(error)) for part in slices}
        with self._changed:
            self.counts.update(counts)
            self._queue.end_step(slices, failed, perf_counter() - started)
            self._changed.notify_all()
