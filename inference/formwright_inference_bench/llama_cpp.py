"""llama.cpp's own server, asked over HTTP by as many clients as it has slots, with the same grammars."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from formwright_inference.engine.base_model import BaseWeights

from .contestant import Ran, Work
from .gguf_file import write_gguf

SLOTS = 16
CONTEXT = 2048  # tokens of each slot: the longest window and its answer


class LlamaCpp:
    """Prompts go as token ids, so that both servers read the same."""

    def __init__(self, base: Path, adapter: Path, threads: int) -> None:
        try:
            import xllamacpp
        except ImportError:
            sys.exit(
                "llama.cpp's server is not installed: pip install --target .formwright/bench xllamacpp==2026.10.11549"
            )
        self._tokenizer = BaseWeights(base).tokenizer
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        model = Path(self._folder.name) / "merged.gguf"
        write_gguf(base, adapter, model)
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.cont_batching, params.cache_prompt = True, False
        params.verbosity = -1
        self._server = xllamacpp.Server(params)
        self._client = httpx.Client(base_url=self._server.listening_address, timeout=None)

    def run(self, work: Work) -> Ran:
        with ThreadPoolExecutor(SLOTS) as pool:
            asked = zip(work.prompts, work.grammars, strict=True)
            counts = list(pool.map(lambda one: self._complete(*one, work.max_tokens), asked))
        return Ran(sum(c[0] for c in counts), sum(c[1] for c in counts))

    def _complete(self, prompt: str, grammar: str | None, max_tokens: int) -> tuple[int, int]:
        ids = self._tokenizer.encode(prompt, add_special_tokens=False).ids
        body = {"prompt": ids, "n_predict": max_tokens, "temperature": 0, "cache_prompt": False, "n_probs": 1}
        answer = self._client.post("/completion", json=body | ({"grammar": grammar} if grammar else {}))
        answer.raise_for_status()
        return len(ids), answer.json()["tokens_predicted"]
