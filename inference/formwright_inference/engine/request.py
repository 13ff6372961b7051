"""What goes into the engine and what comes out, per prompt."""

from dataclasses import dataclass, field
from typing import Literal


class RequestRefused(Exception):
    """The request itself is wrong; `param` names the part of it."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True)
class GenerationRequest:
    """One prompt. `grammar` is EBNF; temperature 0 is greedy; `seed` makes sampling repeatable."""

    prompt: str
    max_tokens: int
    temperature: float = 0.0
    seed: tuple[int, ...] = (0,)
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    # What the answer will probably be: checked, never believed.
    expected: str = ""


@dataclass
class Completion:
    """`logprobs`: of each token among those that the grammar allowed, natural logarithm; forced tokens have 0."""

    text: str = ""
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    finish_reason: Literal["stop", "length"] = "length"
