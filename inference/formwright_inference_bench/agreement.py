"""How often the service chooses as transformers and peft do, given the same beginning: a figure, not a time."""

from pathlib import Path

import torch
from formwright_inference.engine.grammar import GrammarTokens
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from .contestant import Ran, Work


class Agreement:
    """Counts the tokens that a grammar left open, and of these the ones that float32 weights would take too."""

    def __init__(self, base: Path, adapter: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self._ids = {self._tokenizer.decode([token]): token for token in range(len(self._tokenizer))}
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        self._model = PeftModel.from_pretrained(model, adapter).eval()
        end = int(self._tokenizer.eos_token_id)
        self._grammars = GrammarTokens((base / "tokenizer.json").read_text("utf-8"), model.config.vocab_size, end)

    def run(self, work: Work) -> Ran:
        counts = [
            self._count(self._encode(prompt), [self._ids[token] for token in answer], grammar)
            for prompt, answer, grammar in zip(work.prompts, work.answers, work.grammars, strict=False)
            if grammar is not None
        ]
        chosen, same = (sum(count[which] for count in counts) for which in (0, 1))
        return Ran(
            sum(len(self._encode(prompt)) for prompt in work.prompts),
            sum(len(answer) for answer in work.answers),
            details={"chosen": chosen, "same": same},
        )

    def _encode(self, prompt: str) -> list[int]:
        return self._tokenizer.encode(prompt, add_special_tokens=False)

    def _count(self, prompt: list[int], answer: list[int], grammar: str) -> tuple[int, int]:
        with torch.inference_mode():
            logits = self._model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        follower = self._grammars.follow(grammar)
        at = chosen = same = 0
        while at < len(answer):
            at += len(follower.forced())
            if at >= len(answer) or follower.finished:
                break
            allowed = torch.from_numpy(follower.allowed())
            chosen += 1
            same += int(allowed[logits[at][allowed].argmax()]) == answer[at]
            follower.take(answer[at])
            at += 1
        return chosen, same
