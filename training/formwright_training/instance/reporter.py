"""Heartbeat and metrics of an attempt, written from a thread every few seconds."""

import threading
from datetime import UTC, datetime
from typing import Any

from formwright_contracts.models import Heartbeat, InstancePhases, MetricsLine, Phase

from .log import say
from .store import Store, StoreError

HEARTBEAT_SECONDS = 2.0
LAST_TRIES = 3
# Each checkpoint makes two: more than any attempt has.
MAX_PHASES = 1000


class Reporter:
    """What the workflow sees. A store that does not answer for a while costs a heartbeat, never the training."""

    def __init__(self, store: Store, prefix: str, attempt: int) -> None:
        self._store, self._prefix = store, prefix
        self._heartbeat: dict[str, Any] = {
            "attempt": attempt, "state": "booting", "step": 0, "steps": 0, "loss": None, "secondsLeft": None,
            "checkpoint": None, "error": None,
        }  # fmt: skip
        self._lines: list[str] = []
        self._phases = [Phase(state="booting", at=datetime.now(UTC))]
        self._untold_phases = True
        self._unwritten = False
        self._delivered = False
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Reporter":
        self.send()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=60)
        # The last state matters most: it says whether another attempt makes sense.
        for _ in range(LAST_TRIES):
            if self._delivered or self.send():
                break

    def tell(self, **changes: Any) -> None:
        """Changes the heartbeat; a new state is sent at once."""
        with self._lock:
            new_state = changes.get("state", self._heartbeat["state"]) != self._heartbeat["state"]
            self._heartbeat |= changes
            if new_state and len(self._phases) < MAX_PHASES:
                self._phases.append(Phase(state=changes["state"], at=datetime.now(UTC)))
                self._untold_phases = True
        if new_state:
            self.send()

    def step(self, line: MetricsLine, seconds_left: float) -> None:
        """Adds a line to metrics.jsonl and moves the heartbeat."""
        with self._lock:
            self._lines.append(line.model_dump_json())
            self._unwritten = True
            self._heartbeat |= {"step": line.step, "steps": line.steps, "loss": line.loss, "secondsLeft": seconds_left}

    def send(self) -> bool:
        """Writes what is new; False when the store did not take it."""
        with self._sending:
            with self._lock:
                heartbeat = Heartbeat(**self._heartbeat, at=datetime.now(UTC))
                lines = "".join(f"{line}\n" for line in self._lines) if self._unwritten else None
                self._unwritten = False
                phases = InstancePhases(phases=self._phases).model_dump_json() if self._untold_phases else None
                self._untold_phases = False
            try:
                if phases is not None:
                    self._store.put(f"{self._prefix}phases.json", phases.encode())
                if lines is not None:
                    self._store.put(f"{self._prefix}metrics.jsonl", lines.encode())
                self._store.put(f"{self._prefix}heartbeat.json", heartbeat.model_dump_json().encode())
                self._delivered = True
                return True
            except StoreError as error:
                self._unwritten = self._unwritten or lines is not None
                self._untold_phases = self._untold_phases or phases is not None
                self._delivered = False
                say(f"heartbeat not written: {error}", "warn")
                return False

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            self.send()
