"""The inference service's own middleware, tracing, logs and metrics, around an answer that needs no model.

python tests/observability/inference_stub.py    prints its port on the first line, then its log
"""

import socket
from collections import defaultdict
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI, Response
from formwright_inference.app import _observe
from formwright_inference.logs import set_up_logs
from formwright_inference.metrics import Metrics
from formwright_inference.tracing import Tracing
from prometheus_client import generate_latest

engine = SimpleNamespace(queue_lengths=(0, 0), loaded=[], counts=defaultdict(int))
models = SimpleNamespace(engine=engine, adapters=["a" * 64], state_of=lambda _: "live")

app = FastAPI(on_shutdown=[lambda: app.state.tracing.close()])
app.state.metrics, app.state.tracing = Metrics(models), Tracing()
app.state.metrics.moves.labels("lora-v1").inc()
app.middleware("http")(_observe)


@app.post("/v1/completions")
def complete() -> dict:
    """One answer."""
    choice = {"index": 0, "text": "1 Name;text", "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


@app.get("/metrics")
def metrics() -> Response:
    """What Prometheus reads."""
    return Response(generate_latest(app.state.metrics.registry))


set_up_logs()
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listening])
