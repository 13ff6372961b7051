"""POST /v1/completions."""

import asyncio
import time
import uuid
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi.concurrency import run_in_threadpool
from formwright_contracts.models import Choice, CompletionRequest, CompletionResponse, Logprobs, Usage

from .auth import Infers
from .engine import Engine, EngineBusy, GenerationRequest, ModelMissing, RequestRefused
from .engine.job import Job
from .engine.lora import AdapterRefused
from .errors import ApiError
from .registry import InUse, Registry, UnknownModel
from .settings import Settings

ADAPTER_HEADER = "x-formwright-adapter"
MAX_STOPS = 4  # as OpenAI
router = APIRouter()


@router.post("/v1/completions", dependencies=[Infers])
async def complete(
    request: Request, response: Response, body: Annotated[CompletionRequest, Body()]
) -> CompletionResponse:
    """Answers each prompt; one choice per prompt, in their order."""
    settings, models = request.app.state.settings, request.app.state.models
    prompts = _prompts(body, settings)
    try:
        job, loop_done = await run_in_threadpool(_submit, models, body, prompts, settings, asyncio.get_running_loop())
    except UnknownModel as error:
        raise ApiError(404, "model_not_found", str(error), param="model") from None
    except RequestRefused as error:
        raise ApiError(400, "invalid_request", str(error), param=error.param) from None
    except EngineBusy as error:
        raise ApiError(429, "queue_full", str(error), retry_after=error.seconds) from None
    except (AdapterRefused, InUse, ModelMissing) as error:
        raise ApiError(503, "model_unavailable", str(error), retry_after=5) from None
    except OSError as error:
        message = f"The model cannot be loaded: {error.strerror}. Free space and ask again."
        raise ApiError(503, "model_unavailable", message, retry_after=30) from None
    request.state.adapter = job.key
    await _answered(request, job, loop_done, settings.request_seconds)
    response.headers[ADAPTER_HEADER] = job.key
    return _response(body, job, models.engine)


def _prompts(body: CompletionRequest, settings: Settings) -> list[GenerationRequest]:
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt.root
    if len(prompts) > settings.max_prompts:
        raise ApiError(
            400,
            "invalid_request",
            f"Expected at most {settings.max_prompts} prompts, got {len(prompts)}.",
            param="prompt",
        )
    if body.max_tokens > settings.max_tokens:
        message = f"Expected max_tokens to be at most {settings.max_tokens}, got {body.max_tokens}."
        raise ApiError(400, "invalid_request", message, param="max_tokens")
    stop = [body.stop] if isinstance(body.stop, str) else body.stop or []
    if len(stop) > MAX_STOPS or "" in stop:
        raise ApiError(
            400, "invalid_request", f"Expected at most {MAX_STOPS} stop strings, none of them empty.", param="stop"
        )
    grammar = body.structured_outputs.grammar if body.structured_outputs else None
    grammars = grammar if isinstance(grammar, list) else [grammar] * len(prompts)
    if len(grammars) != len(prompts):
        message = f"Expected one grammar, or one for each of the {len(prompts)} prompts, got {len(grammars)}."
        raise ApiError(400, "invalid_request", message, param="structured_outputs.grammar")
    expected = body.prediction if isinstance(body.prediction, list) else [body.prediction or ""] * len(prompts)
    if len(expected) != len(prompts):
        message = f"Expected one prediction, or one for each of the {len(prompts)} prompts, got {len(expected)}."
        raise ApiError(400, "invalid_request", message, param="prediction")
    return [
        # A prompt's place is part of its seed: equal prompts in one request differ, the same request repeats itself.
        GenerationRequest(
            prompt, body.max_tokens, body.temperature or 0, (abs(body.seed or 0), i), tuple(stop), of, guess
        )
        for i, (prompt, of, guess) in enumerate(zip(prompts, grammars, expected, strict=True))
    ]


def _submit(
    models: Registry,
    body: CompletionRequest,
    prompts: list[GenerationRequest],
    settings: Settings,
    loop: asyncio.AbstractEventLoop,
) -> tuple[Job, asyncio.Event]:
    key = models.resolve(body.model)
    sequences = [models.engine.prepare(prompt, settings.max_prompt_tokens) for prompt in prompts]
    models.ensure_loaded(key)
    done = asyncio.Event()
    return models.engine.submit(key, sequences, lambda _: loop.call_soon_threadsafe(done.set)), done


async def _answered(request: Request, job: Job, done: asyncio.Event, seconds: float) -> None:
    waiting, leaving = asyncio.ensure_future(done.wait()), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({waiting, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        leaving.cancel()
        if not done.is_set():
            job.cancel()
    if isinstance(job.error, RequestRefused):
        raise ApiError(400, "invalid_request", str(job.error), param=job.error.param)
    if job.error:
        raise ApiError(503, "engine_failed", f"The engine failed: {job.error}", retry_after=1)
    if not done.is_set() and leaving.done() and not leaving.cancelled():
        raise ApiError(499, "client_left", "The client left before its answer was ready.")
    if not done.is_set():
        raise ApiError(
            504, "too_long", f"Expected the answer within {seconds:g} s; ask for fewer prompts or tokens at once."
        )


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _response(body: CompletionRequest, job: Job, engine: Engine) -> CompletionResponse:
    completions = job.completions
    choices = [
        Choice(
            index=i,
            text=one.text,
            finish_reason=one.finish_reason,
            logprobs=None
            if body.logprobs is None
            else Logprobs(tokens=[engine.tokenizer.decode([t]) for t in one.tokens], token_logprobs=one.logprobs),
        )
        for i, one in enumerate(completions)
    ]
    prompt_tokens, answer_tokens = sum(c.prompt_tokens for c in completions), sum(len(c.tokens) for c in completions)
    return CompletionResponse(
        id=f"cmpl-{uuid.uuid4().hex}",
        object="text_completion",
        created=int(time.time()),
        model=body.model,
        choices=choices,
        usage=Usage(
            prompt_tokens=prompt_tokens, completion_tokens=answer_tokens, total_tokens=prompt_tokens + answer_tokens
        ),
    )
