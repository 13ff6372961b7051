"""Bounds how long a connection may take to send a request's headers: what trickles in would be kept open for ever."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def protocol_with(header_seconds: float) -> type[H11Protocol]:
    """uvicorn's protocol, which ends connections whose headers are not complete in time."""

    class Impatient(H11Protocol):
        _giving_up: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            # Idle: no request has begun. Between requests there is uvicorn's own, shorter limit until a byte comes.
            if self.conn.their_state is not h11.IDLE:
                self._stop_waiting()
            elif self._giving_up is None:
                self._wait()

        def _wait(self) -> None:
            self._giving_up = self.loop.call_later(header_seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._giving_up is not None:
                self._giving_up.cancel()
                self._giving_up = None

    return Impatient
