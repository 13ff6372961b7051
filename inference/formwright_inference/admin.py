"""Models, adapters and aliases. All but the list need the admin token."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from formwright_contracts.models import (
    AliasState,
    Datum,
    LoadAdapterRequest,
    ModelList,
    SetAliasRequest,
    UnloadAdapterRequest,
)

from .aliases import NothingToRollBack
from .auth import Administers, Infers
from .completions import ADAPTER_HEADER
from .engine.lora import AdapterRefused
from .errors import ApiError
from .registry import BASE, InUse, Registry, UnknownModel

OWNER = "formwright"
router = APIRouter()
Alias = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except UnknownModel as error:
        raise ApiError(404, "model_not_found", str(error)) from None
    except (InUse, NothingToRollBack) as error:
        raise ApiError(409, "conflict", str(error)) from None
    except AdapterRefused as error:
        raise ApiError(400, "adapter_refused", f"{error} Nothing was changed.") from None
    except OSError as error:
        raise ApiError(
            507, "storage", f"{error.strerror or error}. Nothing was changed; free space and try again."
        ) from None


@router.get("/v1/models", dependencies=[Infers])
def models(request: Request) -> ModelList:
    """The base model and every registered adapter, with its digest, state and aliases."""
    registry: Registry = request.app.state.models
    live = registry.aliases.live()
    base = Datum(
        id=registry.engine.name,
        object="model",
        created=registry.started,
        owned_by=OWNER,
        state="base",
        aliases=[BASE],
    )
    listed = [base]
    for digest, adapter in list(registry.adapters.items()):
        listed.append(
            Datum.model_validate(
                {
                    "id": digest,
                    "object": "model",
                    "created": adapter.created,
                    "owned_by": OWNER,
                    "parent": registry.engine.name,
                    "digest": digest,
                    "state": registry.state_of(digest),
                    "aliases": sorted(alias for alias, of in live.items() if of == digest),
                    "prompt_version": adapter.manifest.promptVersion,
                }
            )
        )
    return ModelList(object="list", data=listed)


@router.post("/v1/load_lora_adapter", dependencies=[Administers])
def load_adapter(request: Request, response: Response, body: LoadAdapterRequest) -> dict[str, str]:
    """Loads an adapter beside the others; it answers to its digest and to lora_name."""
    if not 1 <= len(body.lora_name) <= 200:
        raise ApiError(400, "invalid_request", "Expected lora_name to have 1 to 200 characters.", param="lora_name")
    with _refusals():
        adapter = request.app.state.models.load(body.lora_name, body.lora_path, body.sha256)
    response.headers[ADAPTER_HEADER] = adapter.digest
    return {"status": "loaded", "digest": adapter.digest, "prompt_version": adapter.manifest.promptVersion}


@router.post("/v1/unload_lora_adapter", dependencies=[Administers])
def unload_adapter(request: Request, response: Response, body: UnloadAdapterRequest) -> dict[str, str]:
    """By digest or name; refused while an alias points to it."""
    with _refusals():
        digest = request.app.state.models.unload(body.lora_name)
    response.headers[ADAPTER_HEADER] = digest
    return {"status": "unloaded", "digest": digest}


@router.get("/v1/aliases", dependencies=[Administers])
def aliases(request: Request) -> list[AliasState]:
    return request.app.state.models.aliases.all()


@router.put("/v1/aliases/{alias}", dependencies=[Administers])
def set_alias(request: Request, response: Response, alias: Alias, body: SetAliasRequest) -> AliasState:
    """Requests that began before are answered by the adapter they began with."""
    with _refusals():
        state = request.app.state.models.set_alias(alias, body.digest)
    return _moved(request, response, state)


@router.post("/v1/aliases/{alias}/rollback", dependencies=[Administers])
def rollback(request: Request, response: Response, alias: Alias) -> AliasState:
    """Back to the adapter that was live before."""
    with _refusals():
        state = request.app.state.models.rollback(alias)
    return _moved(request, response, state)


def _moved(request: Request, response: Response, state: AliasState) -> AliasState:
    request.app.state.metrics.moves.labels(state.alias).inc()
    response.headers[ADAPTER_HEADER] = str(state.digest.root)
    return state
