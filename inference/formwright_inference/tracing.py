"""Spans of requests, sent over OTLP/HTTP. Off, and not even imported, unless OTEL_EXPORTER_OTLP_ENDPOINT is set."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_NAMES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing:
    """One provider per app, as with metrics."""

    def __init__(self) -> None:
        self._tracer: Tracer | None = None
        if not any(os.environ.get(name) for name in _NAMES):
            return
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(resource=Resource.create({"service.name": "formwright-inference"}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=1000))
        self._tracer = self._provider.get_tracer("formwright")

    @contextmanager
    def request(self, headers: Mapping[str, str]) -> "Iterator[Span | None]":
        """A span under the caller's, as `traceparent` names it."""
        if self._tracer is None:
            yield None
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(headers)
        with self._tracer.start_as_current_span("request", context=parent, kind=SpanKind.SERVER) as span:
            yield span

    def close(self) -> None:
        """Sends what is left."""
        if self._tracer is not None:
            self._provider.shutdown()
