"""Faults that a drill orders: EC2's own errors, on the next calls of an action."""

import threading
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What happens to the next `times` calls of `action` that match."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: uuid4().hex[:8])
    action: str
    #: EC2's error code, such as InsufficientInstanceCapacity. None with `hang_seconds`: no answer at all.
    code: str | None = None
    message: str = "ordered by a drill"
    status: int = 500
    times: int = Field(default=1, ge=1)
    #: The call takes effect, and only its answer goes wrong.
    after: bool = False
    #: Seconds of silence before the error, or before the connection is cut.
    hang_seconds: float = Field(default=0, ge=0, le=600)
    #: Request parameters that must be equal, such as `{"InstanceType": "c7i.large"}`.
    match: dict[str, str] = {}


class FaultBook:
    """The faults still due, in the order they were ordered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Adds a fault after those already due."""
        with self._lock:
            self._due.append(fault)

    def due(self) -> list[Fault]:
        """Copies of the faults still due."""
        with self._lock:
            return [fault.model_copy() for fault in self._due]

    def clear(self) -> None:
        """Forgets every fault."""
        with self._lock:
            self._due.clear()

    def take(self, parameters: dict[str, Any]) -> Fault | None:
        """The fault that strikes a call with these parameters, used up once."""
        with self._lock:
            for fault in self._due:
                if fault.action != parameters.get("Action"):
                    continue
                if any(parameters.get(name) != value for name, value in fault.match.items()):
                    continue
                struck = fault.model_copy()
                fault.times -= 1
                if fault.times == 0:
                    self._due.remove(fault)
                return struck
        return None


def error_xml(code: str, message: str) -> bytes:
    """EC2's error document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error>'
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    ).encode()
