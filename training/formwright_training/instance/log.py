"""The instance's log: one JSON object a line on standard error, which the instance's console keeps."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

_whom: dict[str, str | int | None] = {"run": None, "stage": "training", "attempt": None}
# As the TypeScript parts call them.
_LEVELS = {"WARNING": "warn", "CRITICAL": "fatal"}


def work_for(run: str, attempt: int) -> None:
    """From now on each line says whose it is."""
    _whom.update(run=run, attempt=attempt)


def say(text: str, level: str = "info") -> None:
    """Writes a line."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"at": at, "level": level, "part": "instance", **_whom, "message": text}
    print(json.dumps(line), file=sys.stderr, flush=True)


def say_everything() -> None:
    """Python's warnings, what libraries log, and errors that nobody caught become lines too."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[_Lines()], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _fatal


def say_transformers_too() -> None:
    """Takes from transformers the handler of its own. Imports it, so not before the first heartbeat."""
    from transformers.utils import logging as theirs

    theirs.disable_default_handler()
    theirs.enable_propagation()


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record), _LEVELS.get(record.levelname, record.levelname.lower()))


def _fatal(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        say("".join(traceback.format_exception(kind, error, trace)).strip(), "fatal")
