"""Everything that can tell a training to save or to leave, watched in a thread."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from formwright_contracts.models import Lease, TrainRequest
from pydantic import ValidationError

from .metadata import Metadata
from .store import Store, StoreError, split_uri

METADATA_SECONDS = 2.0
# Kept for the last checkpoint before the instance's own timer ends it.
DEADLINE_MARGIN_SECONDS = 60.0


class Orders:
    """`leave`: save and go, with the reason; `finish`: end with what was reached; `save`: a checkpoint now.

    An interruption notice, a lease that nobody touches, another attempt's lease and the deadline mean leave.
    A rebalance recommendation means save: the machine often stays, and leaving it early would cost another boot.
    """

    def __init__(
        self, store: Store, request: TrainRequest, metadata: Metadata, clock: Callable[[], float] = time.monotonic
    ):
        self.leave, self.finish, self.save = threading.Event(), threading.Event(), threading.Event()
        self.reason = ""
        self._store, self._request, self._metadata, self._clock = store, request, metadata, clock
        self._lease_key = split_uri(request.output)[1] + "lease.json"
        self._touched: datetime | None = None
        self._heard = clock()
        self._rebalanced = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="orders", daemon=True)

    def __enter__(self) -> "Orders":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def look(self) -> None:
        """One look at metadata service, deadline and lease."""
        notice = self._metadata.notice()
        if notice == "interruption":
            self.go("EC2 takes the instance back")
        elif notice == "rebalance" and not self._rebalanced:
            self._rebalanced = True
            self.save.set()
        left = (self._request.deadline - datetime.now(UTC)).total_seconds()
        if left < DEADLINE_MARGIN_SECONDS:
            self.go("the deadline of the attempt is near")

    def look_at_lease(self) -> None:
        """A lease is alive while its time changes: no two clocks are compared."""
        lease = self._read_lease()
        if lease is not None and lease.attempt > self._request.attempt:
            self.go(f"attempt {lease.attempt} has taken over")
        elif lease is not None and lease.touchedAt != self._touched:
            self._touched, self._heard = lease.touchedAt, self._clock()
            if lease.stop == "finish":
                self.finish.set()
        if self._clock() - self._heard > self._request.leaseSeconds:
            self.go(f"nobody touched the lease for {self._request.leaseSeconds:.0f} s")

    def _read_lease(self) -> Lease | None:
        try:
            data = self._store.get(self._lease_key)
            return Lease.model_validate_json(data) if data else None
        except (*StoreError, ValidationError):
            return None

    def go(self, reason: str) -> None:
        """Save and leave; the first reason counts."""
        if not self.leave.is_set():
            self.reason = reason
            self.leave.set()

    def _watch(self) -> None:
        lease_seconds = min(15.0, self._request.leaseSeconds / 5)
        pause = min(METADATA_SECONDS, lease_seconds)
        next_lease = 0.0
        while not self._over.wait(pause):
            self.look()
            if self._clock() >= next_lease:
                self.look_at_lease()
                next_lease = self._clock() + lease_seconds
