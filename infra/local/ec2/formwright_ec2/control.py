"""The control endpoint, `/_control/…`: what drills order and tests look at. Bearer token only."""

import hmac
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .faults import Fault
from .processes import members
from .records import InstanceRecord, now
from .world import World


class PriceChange(BaseModel):
    """Body of `PUT /_control/prices`."""

    model_config = ConfigDict(extra="forbid")
    instance_type: str
    zone: str
    dollars: float = Field(gt=0)


class Interrupt(BaseModel):
    """Body of `POST /_control/instances/ID/interrupt`."""

    model_config = ConfigDict(extra="forbid")
    seconds: float = Field(default=120, ge=0)
    status: str = "instance-terminated-no-capacity"


class Signal(BaseModel):
    """Body of `POST /_control/instances/ID/signal`: to every process of the instance."""

    model_config = ConfigDict(extra="forbid")
    number: int = Field(default=9, ge=1, le=64)


class Control:
    """A WSGI application over the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answers JSON: 200 with the result, 401, 404, or 400 that names what is wrong."""
        given = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._world.config.control_token.encode()):
            return _answer(start, "401 Unauthorized", {"error": "the control endpoint needs its bearer token"})
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}"
        path = environ["PATH_INFO"].removeprefix("/_control/").split("/")
        try:
            with self._world.lock:
                return _answer(start, "200 OK", self._act(environ["REQUEST_METHOD"], path, body))
        except ValidationError as error:
            return _answer(start, "400 Bad Request", {"error": str(error)})
        except KeyError as error:
            return _answer(start, "404 Not Found", {"error": f"nothing at {error.args[0]}"})

    def _act(self, method: str, path: list[str], body: bytes) -> Any:
        world = self._world
        match method, path:
            case "GET", ["health"]:
                return {"status": "ok"}
            case "POST", ["faults"]:
                fault = Fault.model_validate_json(body)
                world.faults.order(fault)
                return fault.model_dump()
            case "GET", ["faults"]:
                return [fault.model_dump() for fault in world.faults.due()]
            case "DELETE", ["faults"]:
                world.faults.clear()
                return {}
            case "PUT", ["prices"]:
                change = PriceChange.model_validate_json(body)
                world.change_price(change.instance_type, change.zone, change.dollars)
                return change.model_dump()
            case "GET", ["instances"]:
                return [_shown(record) for record in world.store.all()]
            case "POST", ["instances", instance_id, what]:
                return self._to_instance(self._record(instance_id), what, body)
        raise KeyError("/".join(path))

    def _record(self, instance_id: str) -> InstanceRecord:
        record = self._world.store.get(instance_id)
        if record is None:
            raise KeyError(instance_id)
        return record

    def _to_instance(self, record: InstanceRecord, what: str, body: bytes) -> Any:
        if what == "interrupt":
            order = Interrupt.model_validate_json(body)
            self._world.interrupt(record, timedelta(seconds=order.seconds), order.status)
        elif what == "rebalance":
            record.rebalance_at = now()
            self._world.store.save(record)
        elif what == "signal":
            return {"processes": self._world.host.signal(record, Signal.model_validate_json(body).number)}
        else:
            raise KeyError(what)
        return _shown(record)


def _shown(record: InstanceRecord) -> dict[str, Any]:
    pids = [] if record.over else [process.pid for process in members(record.id)]
    return record.model_dump(mode="json", exclude={"user_data"}) | {"pids": pids}


def _answer(start: Callable[..., Any], status: str, body: Any) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
