"""What every contestant is given and gives back."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Work:
    """Windows of one request. `answers`: the service's, token by token, for the bound and the agreement."""

    prompts: list[str]
    grammars: list[str | None]
    max_tokens: int
    answers: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Ran:
    """`seconds` only when they are computed rather than taken."""

    prompt_tokens: int
    answer_tokens: int
    seconds: float | None = None
    cpu_seconds: float | None = None
    details: dict[str, float] = field(default_factory=dict)


class Contestant(Protocol):
    """Runs one request's windows to their answers."""

    def run(self, work: Work) -> Ran: ...
