"""The instance's log: one JSON object a line on standard error, which the instance's console keeps."""

import json
import sys
from datetime import UTC, datetime

_whom: dict[str, str | int | None] = {"run": None, "stage": "training", "attempt": None}


def work_for(run: str, attempt: int) -> None:
    """From now on each line says whose it is."""
    _whom.update(run=run, attempt=attempt)


def say(text: str, level: str = "info") -> None:
    """Writes a line."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"at": at, "level": level, "part": "instance", **_whom, "message": text}
    print(json.dumps(line), file=sys.stderr, flush=True)
