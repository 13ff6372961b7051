"""Entry of the instance's program, and what its exit codes mean."""

import signal
import tempfile
import threading
import traceback
from pathlib import Path

from ..refused import Refused
from .fetch import RequestRefused, read_request
from .log import say, work_for
from .metadata import Metadata
from .orders import Orders
from .reporter import Reporter
from .store import Store, StoreError, split_uri

DONE, PROGRAM_ERROR, LEFT, STORE_LOST = 0, 1, 3, 75
TRACEBACK_LINES = 12


def run_request(source: str) -> int:
    """0 done; 1 a program error, told in the heartbeat; 3 left when told to; 75 the object store is out of reach."""
    try:
        request = read_request(_read(source))
        store = Store(split_uri(request.output)[0])
    except (RequestRefused, OSError, ValueError) as error:
        say(str(error), "error")
        return PROGRAM_ERROR
    except StoreError as error:
        say(f"the object store does not answer: {error}", "error")
        return STORE_LOST
    work_for(request.run, request.attempt)
    prefix = f"{split_uri(request.output)[1]}attempts/{request.attempt}/"
    with (
        Reporter(store, prefix, request.attempt) as reporter,
        Orders(store, request, Metadata()) as orders,
        tempfile.TemporaryDirectory(prefix="formwright-", dir=Path.cwd()) as work,
    ):
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: orders.go("the machine shuts down"))
        try:
            # Imports torch, which takes many seconds on a busy machine: the first heartbeat must not wait for it.
            from .attempt import Attempt, End

            end = Attempt(request, store, orders, reporter, Path(work)).run()
            return DONE if end is End.DONE else LEFT
        except StoreError as error:
            # Not the program's fault: silence tells the workflow, and another attempt goes on from the last checkpoint.
            say(f"the object store does not answer: {error}", "error")
            return STORE_LOST
        except Refused as error:
            say(str(error), "error")
            reporter.tell(state="failed", error=str(error))
            return PROGRAM_ERROR
        except Exception:
            lines = traceback.format_exc().strip().splitlines()
            say("\n".join(lines), "error")
            reporter.tell(state="failed", error="\n".join(lines[-TRACEBACK_LINES:]))
            return PROGRAM_ERROR


def _read(source: str) -> bytes:
    if not source.startswith("s3://"):
        return Path(source).read_bytes()
    bucket, key = split_uri(source)
    data = Store(bucket).get(key)
    if data is None:
        raise RequestRefused(f"{source} does not exist.")
    return data
