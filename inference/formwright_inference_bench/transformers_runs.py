"""transformers' generate with the adapter applied by peft: one window at a time, or padded into one batch."""

from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from .contestant import Ran, Work


class Transformers:
    """Greedy and without a grammar: generate has none for EBNF. An answer ends at its end token or at max_tokens."""

    def __init__(self, base: Path, adapter: Path, threads: int, *, batched: bool) -> None:
        torch.set_num_threads(threads)
        self._batched = batched
        self._tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        self._model = PeftModel.from_pretrained(model, adapter).eval()

    def run(self, work: Work) -> Ran:
        groups = [work.prompts] if self._batched else [[prompt] for prompt in work.prompts]
        counts = [self._generate(group, work.max_tokens) for group in groups]
        return Ran(sum(c[0] for c in counts), sum(c[1] for c in counts))

    def _generate(self, prompts: list[str], max_tokens: int) -> tuple[int, int]:
        inputs = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            output = self._model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
        answers = output[:, inputs["input_ids"].shape[1] :]
        return int(inputs["attention_mask"].sum()), int((answers != self._tokenizer.pad_token_id).sum())
