"""`python -m formwright_inference_bench CONTESTANT --base DIR --adapter DIR`: answers one JSON line per line of work.

Work: {"prompts": [...], "grammars": [...], "max_tokens": n, "answers": [[token, ...], ...]};
answer: {"seconds", "cpu_seconds", "prompt_tokens", "answer_tokens"}.
The first line out, {"ready": true}, comes when the model is loaded and warm.
"""

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from .contestant import Contestant, Work

CONTESTANTS = ["transformers", "transformers-batched", "llama-cpp", "bound", "agreement"]


def _make(name: str, base: Path, adapter: Path, threads: int) -> Contestant:
    # Imported one by one: each brings an engine of its own.
    if name == "llama-cpp":
        from .llama_cpp import LlamaCpp

        return LlamaCpp(base, adapter, threads)
    if name == "bound":
        from .bound import Bound

        return Bound(base, threads)
    if name == "agreement":
        from .agreement import Agreement

        return Agreement(base, adapter, threads)
    from .transformers_runs import Transformers

    return Transformers(base, adapter, threads, batched=name == "transformers-batched")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    contestant = _make(options.contestant, options.base, options.adapter, options.threads)
    contestant.run(Work(["warm up"], [None], 4))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        work = Work(**json.loads(line))
        started, cpu_started = perf_counter(), process_time()
        ran = contestant.run(work)
        # The bound is computed, not run: it says itself how long it would take.
        seconds, cpu_seconds = perf_counter() - started, process_time() - cpu_started
        if ran.seconds is not None and ran.cpu_seconds is not None:
            seconds, cpu_seconds = ran.seconds, ran.cpu_seconds
        answer = {
            "seconds": seconds,
            "cpu_seconds": cpu_seconds,
            "prompt_tokens": ran.prompt_tokens,
            "answer_tokens": ran.answer_tokens,
        }
        print(json.dumps(answer | ran.details), flush=True)


if __name__ == "__main__":
    main()
