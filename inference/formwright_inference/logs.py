"""Logs as one JSON object per line on standard output, with the run and stage of the request."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType

from . import work

# As the TypeScript parts call them.
_LEVELS = {"WARNING": "warn", "CRITICAL": "fatal"}
_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """`extra` fields become fields of the line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": _LEVELS.get(record.levelname, record.levelname.lower()),
            "part": "inference",
            **work.current(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _OWN},
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_logs() -> None:
    """Replaces all handlers; warnings and errors that nobody caught become lines too.

    The access log of uvicorn is left out, our own has more.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(True)
    sys.excepthook = _fatal
    threading.excepthook = lambda thrown: _fatal(thrown.exc_type, thrown.exc_value, thrown.exc_traceback)


def _fatal(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logging.getLogger("formwright.inference").critical("%s", error, exc_info=(kind, error or kind(), trace))
