"""`python -m formwright_inference`: serves until it is told to stop, then finishes what is under way."""

import logging
import os
import signal
import sys

import uvicorn

from .app import create_app
from .logs import set_up_logs
from .settings import SettingsRefused, read_settings
from .slow_clients import protocol_with

MAX_HEADER_BYTES = 16 << 10


def main() -> None:
    set_up_logs()
    try:
        settings = read_settings(dict(os.environ))
    except SettingsRefused as error:
        logging.getLogger("formwright.inference").critical("%s", error)
        sys.exit(1)
    # The server answers what is under way, then raises the signal again: that is an orderly end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        server_header=False,
        http=protocol_with(settings.header_seconds),
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=settings.drain_seconds,
    )


if __name__ == "__main__":
    main()
