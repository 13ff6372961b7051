"""The instance host: runs each instance's user data, and ends it when EC2 does."""

import logging
import secrets
import subprocess
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from .config import ImageConfig
from .identities import Identities
from .image import Disk
from .imds import MetadataServer
from .processes import end_all, leader_alive, members, signal_all
from .records import InstanceRecord, RecordStore, now

log = logging.getLogger(__name__)

#: Seconds between two looks at timers and notices.
TICK = 0.25


class InstanceHost:
    """Calls, from threads of its own, `due` when a timer or notice of an instance has run out, and
    `ended` when nothing of it is left."""

    def __init__(
        self,
        store: RecordStore,
        image: ImageConfig,
        identities: Identities | None,
        folder: Path,
        grace_seconds: float,
        due: Callable[[InstanceRecord, str], None],
        ended: Callable[[InstanceRecord, str], None],
    ) -> None:
        self._store, self._image, self._identities, self._folder = store, image, identities, folder
        self._grace, self._due, self._ended = grace_seconds, due, ended
        self._servers: dict[str, MetadataServer] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ending: set[str] = set()
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def disk(self, record: InstanceRecord) -> Disk:
        """The instance's folder."""
        return Disk(self._folder / record.id)

    def boot(self, record: InstanceRecord) -> None:
        """Serves the metadata and starts the user data in a session of its own."""
        with self._lock:
            if record.state != "pending":
                return
            disk = self.disk(record)
            disk.write(record)
            if self._identities and record.profile:
                record.keys = self._identities.grant(record)
            server = self._serve(record, 0)
            with disk.console.open("ab") as console:
                child = self._start(record, disk, server.port, console)
            if child:
                self._children[record.id] = child
                record.pid, record.pid_started = child.pid, psutil.Process(child.pid).create_time()
            record.state = "running"
            self._store.save(record)

    def _start(self, record: InstanceRecord, disk: Disk, port: int, console: object) -> subprocess.Popen[bytes] | None:
        if not disk.script.read_bytes().startswith(b"#!"):
            disk.console.write_text("user data is not a script: nothing was run\n")
            return None
        return subprocess.Popen(
            [disk.script],
            cwd=disk.home,
            env=disk.environment(record, self._image, port),
            stdin=subprocess.DEVNULL,
            stdout=console,  # type: ignore[arg-type]
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def adopt(self, record: InstanceRecord) -> bool:
        """Takes an instance over from an earlier EC2 process; False when it died meanwhile."""
        if not leader_alive(record) and not members(record.id):
            return False
        record.state = "running"
        self._serve(record, record.imds_port or 0)
        return True

    def _serve(self, record: InstanceRecord, port: int) -> MetadataServer:
        token = secrets.token_urlsafe(24)
        server = MetadataServer(record, self._image, token, lambda when: self._shutdown(record, when), port)
        self._servers[record.id] = server
        self.disk(record).write_commands(server.port, token)
        record.imds_port = server.port
        self._store.save(record)
        return server

    def _shutdown(self, record: InstanceRecord, when: str) -> None:
        if when == "cancel":
            record.shutdown_at = None
        elif when == "now":
            record.shutdown_at = now()
        elif when.startswith("+") and when[1:].isdigit():
            record.shutdown_at = now() + timedelta(minutes=int(when[1:]))
        else:
            raise ValueError(f"Expected `now` or `+MINUTES`, got {when!r}")
        self._store.save(record)

    def end(self, record: InstanceRecord, reason: str) -> None:
        """Ends every process of the instance in the background, then calls `ended`. Once only."""
        with self._lock:
            if record.id in self._ending:
                return
            self._ending.add(record.id)
        threading.Thread(target=self._end, args=(record, reason), daemon=True).start()

    def _end(self, record: InstanceRecord, reason: str) -> None:
        end_all(record.id, self._grace)
        with self._lock:
            server, child = self._servers.pop(record.id, None), self._children.pop(record.id, None)
        if child:
            child.wait()
        if server:
            server.close()
        self.revoke(record)
        self.disk(record).wipe()
        self._ended(record, reason)
        with self._lock:
            self._ending.discard(record.id)

    def revoke(self, record: InstanceRecord) -> None:
        """Takes the instance's key away; a key that cannot be taken now is kept in the record for later."""
        try:
            if self._identities:
                self._identities.revoke(record)
        except (BotoCoreError, ClientError) as error:
            log.warning("the key of %s stays until the next start: %s", record.id, error)

    def signal(self, record: InstanceRecord, number: int) -> int:
        """Sends a signal to the instance's processes; answers how many got it."""
        return signal_all(record.id, number)

    def _watch(self) -> None:
        while not self._stopped.wait(TICK):
            try:
                self._look()
            except Exception:
                # A timer that fails once must not end all the others.
                log.exception("a look at the instances failed")

    def _look(self) -> None:
        for child in list(self._children.values()):
            child.poll()
        for record in self._store.all():
            if record.state not in ("pending", "running"):
                continue
            if record.interruption and record.interruption.time <= now():
                record.spot_status = record.interruption.status
                self._due(record, "Server.SpotInstanceTermination")
            elif record.shutdown_at and record.shutdown_at <= now():
                self._due(record, "Client.InstanceInitiatedShutdown")

    def stop(self) -> None:
        """Stops watching; the instances are left as they are."""
        self._stopped.set()
