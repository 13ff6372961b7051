"""The web application: control endpoint, signatures, faults, then EC2's and STS's actions."""

import io
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from moto.ec2 import urls as ec2_urls
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from .control import Control
from .faults import Fault, error_xml
from .responses import LayeredEC2
from .signatures import refusal
from .world import World

#: Larger than any RunInstances with 16 KiB of user data.
MAX_BODY_BYTES = 1 << 20


class ConnectionCut(ConnectionError):
    """Raised when a fault leaves a call without an answer; the server then closes the connection."""


class Ec2App:
    """A WSGI application."""

    def __init__(self, world: World) -> None:
        LayeredEC2.world = world
        ec2_urls.url_paths["{0}/"] = LayeredEC2.dispatch
        self._world = world
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._control = Control(world)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answers one request."""
        if environ["PATH_INFO"].startswith("/_control/"):
            return self._control(environ, start)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY_BYTES:
            return _error(start, 413, "RequestEntityTooLarge", f"Expected at most {MAX_BODY_BYTES} bytes")
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        refused = refusal(environ, body, self._world.config.credentials)
        if refused:
            return _error(start, 401, *refused)
        fault = self._world.faults.take(dict(parse_qsl(body.decode(errors="replace"))))
        if fault and not fault.after:
            return self._fail(fault, environ, start)
        answer = self._answer(environ, start if not fault else lambda *_: lambda _data: None)
        return self._fail(fault, environ, start) if fault else answer

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with self._world.lock:
            try:
                return list(self._moto(environ, start))
            except NotImplementedError as error:
                return _error(start, 400, "InvalidParameterValue", str(error).splitlines()[0])

    def _fail(self, fault: Fault, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        time.sleep(fault.hang_seconds)
        if fault.code is None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionCut
        return _error(start, fault.status, fault.code, fault.message)


def _error(start: Callable[..., Any], status: int, code: str, message: str) -> Iterable[bytes]:
    start(f"{status} {code}", [("Content-Type", "text/xml")])
    return [error_xml(code, message)]
