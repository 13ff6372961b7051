"""The FastAPI application, put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from . import admin, completions, work
from .adapter_files import AdapterFiles
from .aliases import Aliases
from .auth import Infers
from .base_folder import base_digest
from .body_limit import BodyLimit
from .engine import Engine
from .engine.memory import give_back_freed
from .errors import ApiError, handle_errors
from .metrics import Metrics
from .registry import Registry
from .settings import Settings
from .tracing import Tracing

logger = logging.getLogger("formwright.inference")
SWEEP_SECONDS = 5


def create_app(settings: Settings) -> FastAPI:
    """Loads nothing yet: the engine starts with the application."""
    app = FastAPI(title="Formwright inference", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    handle_errors(app)
    app.include_router(completions.router)
    app.include_router(admin.router)
    app.middleware("http")(_observe)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, seconds=settings.body_seconds)

    @app.get("/health")
    def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/ready")
    def ready() -> dict[str, str]:
        """Every alias can answer."""
        if missing := app.state.models.not_ready:
            raise ApiError(503, "not_ready", f"Not loaded: {', '.join(missing)}.", retry_after=2)
        return {"status": "ready"}

    @app.get("/metrics", dependencies=[Infers])
    def metrics() -> Response:
        return Response(generate_latest(app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    models = await run_in_threadpool(_open, settings)
    app.state.models, app.state.metrics, app.state.tracing = models, Metrics(models), Tracing()
    background = asyncio.create_task(_keep(models, settings))
    logger.info("ready", extra={"aliases": models.aliases.live()})
    yield
    background.cancel()
    with suppress(asyncio.CancelledError):
        await background
    await run_in_threadpool(models.engine.close)
    await run_in_threadpool(app.state.tracing.close)


def _open(settings: Settings) -> Registry:
    digest = base_digest(settings.base_dir)
    engine = Engine(
        settings.base_dir,
        threads=settings.threads,
        blocks=settings.cache_blocks,
        max_running=settings.max_running,
        max_queued=settings.max_queued,
        scratch=settings.state_dir,
    )
    files = AdapterFiles(settings.adapters_dir, engine.name, digest, settings.max_adapter_bytes)
    aliases = Aliases(settings.state_dir / "aliases.json")
    models = Registry(engine, files, aliases, s3_endpoint=settings.s3_endpoint, max_adapters=settings.max_adapters)
    models.load_live()
    return models


async def _keep(models: Registry, settings: Settings) -> None:
    await run_in_threadpool(models.load_previous, settings.rollback_grace_seconds)
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await run_in_threadpool(models.unload_unneeded, settings.grace_seconds, settings.rollback_grace_seconds)
        # What requests leave in malloc's arenas, one for each thread, would add up to a tenth of the process.
        await run_in_threadpool(give_back_freed)


async def _observe(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started = perf_counter()
    whom = work.enter(request.headers.get("baggage"))
    with request.app.state.tracing.request(request.headers) as span:
        response = await call_next(request)
        path = getattr(request.scope.get("route"), "path", "other")
        if span:
            span.update_name(f"{request.method} {path}")
            named = {"http.route": path, "http.response.status_code": response.status_code}
            named |= {f"formwright.{key}": value for key, value in whom.items() if value}
            span.set_attributes(named | {"formwright.adapter": getattr(request.state, "adapter", None) or ""})
    seconds = perf_counter() - started
    request.app.state.metrics.requests.labels(path, response.status_code).inc()
    request.app.state.metrics.seconds.labels(path).observe(seconds)
    fields = {"method": request.method, "path": path, "status": response.status_code, "seconds": round(seconds, 3)}
    logger.info("request", extra=fields | {"adapter": getattr(request.state, "adapter", None)})
    return response
