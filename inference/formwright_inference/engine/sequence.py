"""One prompt on its way to its answer."""

from collections.abc import Callable

import numpy as np

from .beginning import BLOCK_TOKENS, Beginning
from .blocks import Table
from .draft import Drafter
from .grammar import GrammarFollower
from .model import FEW_TOKENS, Shared
from .request import Completion, GenerationRequest


class Sequence:
    """Tokens so far, how many of them the cache has, and the rules for the next one."""

    def __init__(
        self,
        request: GenerationRequest,
        prompt: list[int],
        expected: list[int],
        follower: GrammarFollower | None,
        end: int,
        text: Callable[[list[int]], str],
    ) -> None:
        self.request, self.follower = request, follower
        self.tokens, self.prompt_length = list(prompt), len(prompt)
        self.completion = Completion(prompt_tokens=len(prompt))
        self.table: Table | None = None
        self.beginning: Beginning | None = None
        self.computed = 0
        self.draft: list[int] = []
        self.finished = False
        self._end, self._text, self._cut = end, text, None
        self._random = np.random.default_rng(request.seed)
        self._drafter = Drafter(self.tokens, expected)
        self._add_forced()

    @staticmethod
    def blocks_for(tokens: int) -> int:
        """Cache blocks that so many tokens fill."""
        return -(-tokens // BLOCK_TOKENS)

    @property
    def answering(self) -> bool:
        """Whether the cache has the whole prompt."""
        return self.computed >= self.prompt_length

    @property
    def pending(self) -> list[int]:
        """Tokens that are certain and not in the cache yet."""
        return self.tokens[self.computed :]

    def guess(self, expected: int, repeated: int) -> None:
        """Drafts tokens that may come next, to be checked in the same step: at most so many of each kind."""
        room = self.request.max_tokens - len(self.completion.tokens) - 1
        guesses = [*self._drafter.expected(min(expected, room)), self._drafter.repeated(min(repeated, room))]
        self.draft = next(filter(None, map(self._acceptable, guesses)), [])

    def _acceptable(self, guessed: list[int]) -> list[int]:
        return guessed[: self.follower.acceptable(guessed)] if self.follower and guessed else guessed

    def allowed(self) -> np.ndarray | None:
        """Ids that may come next; None when the whole vocabulary may."""
        return self.follower.allowed() if self.follower else None

    def take(self, hidden: np.ndarray, logits: np.ndarray | None, allowed: np.ndarray | None, shared: Shared) -> None:
        """Chooses the next token, and as many more as the draft guessed right.

        `hidden` [1 + draft, hidden size]: the states of the last certain token and of the draft's. `logits`: those of
        the whole vocabulary for the first row, when already computed; `allowed` likewise.
        """
        confirmed = 0
        while not self.finished:
            if allowed is not None and len(allowed) <= FEW_TOKENS:
                index, logprob = self._choose(shared.some_logits(hidden[confirmed], allowed))
                token = int(allowed[index])
            else:
                row = logits if logits is not None else shared.all_logits(hidden[confirmed][None])[0]
                index, logprob = self._choose(row if allowed is None else row[allowed])
                token = index if allowed is None else int(allowed[index])
            before = len(self.tokens)
            self._append(token, logprob)
            added = self.tokens[before:]
            if self.draft[confirmed : confirmed + len(added)] != added:
                confirmed += _agreeing(self.draft[confirmed:], added)
                break
            confirmed += len(added)
            if confirmed < len(hidden) and not self.finished:
                logits, allowed = None, self.allowed()
        self.computed += confirmed
        self.draft = []

    def _choose(self, logits: np.ndarray) -> tuple[int, float]:
        """Index of the chosen logit and its log probability among them, at temperature 1."""
        shifted = logits - logits.max()
        logprobs = shifted - np.log(np.exp(shifted).sum())
        if self.request.temperature == 0:
            index = int(logits.argmax())
        else:
            weights = np.exp(shifted.astype(np.float64) / self.request.temperature)
            index = int(self._random.choice(len(logits), p=weights / weights.sum()))
        return index, float(logprobs[index])

    def _append(self, token: int, logprob: float) -> None:
        if token == self._end:
            self.finished, self.completion.finish_reason = True, "stop"
            return
        self._add(token, logprob)
        if self.follower and not self.finished:
            self.follower.take(token)
            self._add_forced()

    def _add_forced(self) -> None:
        if not self.follower:
            return
        for token in self.follower.forced():
            if not self.finished:
                self._add(token, 0.0)
        if self.follower.finished and not self.finished:
            self.finished, self.completion.finish_reason = True, "stop"

    def _add(self, token: int, logprob: float) -> None:
        self.tokens.append(token)
        self.completion.tokens.append(token)
        self.completion.logprobs.append(logprob)
        self._check_stop()
        if not self.finished and len(self.completion.tokens) >= self.request.max_tokens:
            self.finished = True

    def _check_stop(self) -> None:
        if not self.request.stop:
            return
        text = self._text(self.completion.tokens)
        found = [at for at in (text.find(stop) for stop in self.request.stop) if at >= 0]
        if found:
            self._cut = text[: min(found)]
            self.finished, self.completion.finish_reason = True, "stop"

    def result(self) -> Completion:
        self.completion.text = self._text(self.completion.tokens) if self._cut is None else self._cut
        return self.completion


def _agreeing(draft: list[int], added: list[int]) -> int:
    count = 0
    for guessed, token in zip(draft, added, strict=False):
        if guessed != token:
            break
        count += 1
    return count
