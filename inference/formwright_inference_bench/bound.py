"""What the hardware allows: prompt arithmetic at its matrix rate, and each decoding step reading all weights once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import openvino as ov
import openvino.opset16 as ops
from formwright_inference.engine.base_model import BaseWeights, quantize

from .contestant import Ran, Work

ROWS = 256  # tokens of a step of ours
SIDE = 2048


class Bound:
    """Rates are measured again at every run, between the contestants, as the cores are then."""

    def __init__(self, base: Path, threads: int) -> None:
        self._base = BaseWeights(base)
        shapes = [shape for name, shape in self._base.shapes.items() if len(shape) == 2 and "embed" not in name]
        self._decoder_weights = sum(a * b for a, b in shapes)
        head = self._base.shapes["model.embed_tokens.weight"]
        self._weight_bytes = self._decoder_weights + head[0] * head[1]  # int8
        random = np.random.default_rng(0)
        self._matrix = random.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
        self._rows = random.normal(0, 1, (ROWS, SIDE)).astype(np.float32)
        self._requests = {kind: self._compile(kind, threads) for kind in ("float32", "int8")}
        self._threads = threads
        self._parts = np.array_split(np.ones(self._weight_bytes // 4, np.float32), threads)

    def run(self, work: Work) -> Ran:
        by_clock, by_cores = zip(*(self._rate(request) for request in self._requests.values()), strict=True)
        bandwidth, bandwidth_of_cores = self._bandwidth()
        prompts = [self._base.tokenizer.encode(p, add_special_tokens=False).ids for p in work.prompts]
        shared = _shared_beginning(prompts) if len(prompts) > 1 else 0
        tokens = sum(map(len, prompts)) - shared * (len(prompts) - 1)
        steps = max(map(len, work.answers), default=0)
        # The faster arithmetic, whichever the engine uses, makes the stricter bound.
        operations, read = tokens * 2 * self._decoder_weights, steps * self._weight_bytes
        details = {f"gflops_{kind}": rate / 1e9 for kind, rate in zip(self._requests, by_clock, strict=True)}
        return Ran(
            sum(map(len, prompts)),
            sum(map(len, work.answers)),
            operations / max(by_clock) + read / bandwidth,
            operations / max(by_cores) + read / bandwidth_of_cores,
            details | {"gigabytes_per_second": bandwidth / 1e9},
        )

    def _compile(self, kind: str, threads: int) -> ov.InferRequest:
        rows = ops.parameter([-1, SIDE], np.float32)
        weight = ops.constant(self._matrix)
        if kind == "int8":
            small = quantize(self._matrix)
            weight = ops.multiply(ops.convert(ops.constant(small.values), "f32"), ops.constant(small.scales))
        model = ov.Model([ops.matmul(rows, weight, False, True).output(0)], [rows], kind)
        return ov.Core().compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads}).create_infer_request()

    def _rate(self, request: ov.InferRequest) -> tuple[float, float]:
        """Operations per second by the clock, and per second of a core."""
        seconds, of_cores = _least(lambda: request.infer([self._rows]), 10)
        return 2 * ROWS * SIDE * SIDE / seconds, 2 * ROWS * SIDE * SIDE / of_cores

    def _bandwidth(self) -> tuple[float, float]:
        """Bytes per second at which all threads together read as much as the weights are, caches included; likewise."""
        with ThreadPoolExecutor(self._threads) as pool:
            seconds, of_cores = _least(lambda: list(pool.map(np.max, self._parts)), 5)
        return self._weight_bytes / seconds, self._weight_bytes / of_cores


def _least(action: Callable[[], object], times: int) -> tuple[float, float]:
    """The least seconds by the clock, and of all cores together."""
    taken = []
    for _ in range(times):
        started, cpu_started = perf_counter(), process_time()
        action()
        taken.append((perf_counter() - started, process_time() - cpu_started))
    return min(seconds for seconds, _ in taken), min(of_cores for _, of_cores in taken)


def _shared_beginning(prompts: list[list[int]]) -> int:
    count = 0
    for tokens in zip(*prompts, strict=False):
        if len(set(tokens)) > 1:
            break
        count += 1
    return count
