"""A request's prompts while the engine works on them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .model import Decoder
from .request import Completion

if TYPE_CHECKING:
    from .sequence import Sequence


class Job:
    """Ends once: finished, failed or cancelled. Holds its decoder, so that an unloaded model finishes its answers."""

    def __init__(self, key: str, decoder: Decoder, sequences: "list[Sequence]", done: "Callable[[Job], None]") -> None:
        self.key, self.decoder, self.sequences = key, decoder, sequences
        self.error: Exception | None = None
        self.over = False
        self._done = done

    @property
    def completions(self) -> list[Completion]:
        return [sequence.result() for sequence in self.sequences]

    def finish(self) -> None:
        self._end(None)

    def fail(self, error: Exception) -> None:
        self._end(error)

    def cancel(self) -> None:
        """The engine drops what is left at its next step; `done` is not called."""
        self.over = True

    def _end(self, error: Exception | None) -> None:
        if self.over:
            return
        self.over, self.error = True, error
        self._done(self)
