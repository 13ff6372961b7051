"""What Prometheus reads."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .engine import Engine
from .registry import Registry


class Metrics:
    """One registry per app, so that two apps in a process do not share counts."""

    def __init__(self, models: Registry) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "formwright_requests", "Requests by route and status", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "formwright_request_seconds",
            "Time from a request's last byte to its answer",
            ["route"],
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
            registry=self.registry,
        )
        self.moves = Counter("formwright_alias_moves", "Moves of an alias", ["alias"], registry=self.registry)
        self.registry.register(_EngineCollector(models.engine, models))
        # Resident memory: what the gate on the service's memory reads.
        ProcessCollector(registry=self.registry)


class _EngineCollector(Collector):
    def __init__(self, engine: Engine, models: Registry) -> None:
        self._engine, self._models = engine, models

    def collect(self) -> Iterable[Metric]:
        running, waiting = self._engine.queue_lengths
        yield GaugeMetricFamily("formwright_running_prompts", "Prompts that are being answered", running)
        yield GaugeMetricFamily("formwright_waiting_prompts", "Prompts in the queue", waiting)
        yield GaugeMetricFamily("formwright_loaded_models", "Models in memory", len(self._engine.loaded))
        tokens = CounterMetricFamily(
            "formwright_tokens", "Tokens by kind; reused ones are part of prompt", labels=["kind"]
        )
        for kind in ("prompt", "reused", "answer", "guessed", "guessed_right"):
            tokens.add_metric([kind], self._engine.counts[kind])
        yield tokens
        yield CounterMetricFamily("formwright_engine_steps", "Steps of the engine", self._engine.counts["steps"])
        state = GaugeMetricFamily("formwright_adapter", "1 per adapter and its state", labels=["digest", "state"])
        for digest in list(self._models.adapters):
            state.add_metric([digest, self._models.state_of(digest)], 1)
        yield state
