"""Finding and ending the processes of an instance, those that left its process group too."""

import os
import signal
import time

import psutil

from .records import InstanceRecord

_MARK = "FORMWRIGHT_INSTANCE_ID"


def _marked(process: psutil.Process, instance_id: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == instance_id
    except (psutil.Error, OSError):
        return False


def members(instance_id: str) -> list[psutil.Process]:
    """Every living process that was started inside the instance."""
    return [process for process in psutil.process_iter() if _marked(process, instance_id)]


def leader_alive(record: InstanceRecord) -> bool:
    """Whether the very process that runs the user data is alive, not another with its pid."""
    if record.pid is None:
        return False
    try:
        process = psutil.Process(record.pid)
        same = record.pid_started is None or abs(process.create_time() - record.pid_started) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def signal_all(instance_id: str, number: int) -> int:
    """Sends a signal to every process of the instance; answers how many there were."""
    found = members(instance_id)
    for process in found:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue
    return len(found)


def end_all(instance_id: str, grace_seconds: float) -> None:
    """SIGTERM, then SIGKILL to whatever is left after the grace; returns when nothing is left."""
    deadline = time.monotonic() + grace_seconds
    if signal_all(instance_id, signal.SIGTERM) == 0:
        return
    while members(instance_id):
        if time.monotonic() >= deadline:
            signal_all(instance_id, signal.SIGKILL)
        time.sleep(0.1)
