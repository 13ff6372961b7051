import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import ADMIN_TOKEN, BASE, TOKEN, Service, chat, start_service

ASK = chat("What is the capital of France?")


def error_of(response: httpx.Response) -> dict:
    """The error in the body; fails when it is not one as OpenAI's clients read it."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert "Traceback" not in response.text
    return error


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with small limits."""
    state = tmp_path_factory.mktemp("narrow") / "state"
    limits = {
        "max_body_bytes": "20000",
        "body_seconds": "1",
        "max_queued": "8",
        "request_seconds": "4",
        "header_seconds": "2",
    }
    running = start_service(state, cache_blocks="64", **limits)
    yield running
    running.stop()


def test_a_prompt_is_completed_as_openai_answers(service: Service) -> None:
    response = service.complete("base", ASK, 16, logprobs=1)
    body = response.json()
    assert response.headers["x-formwright-adapter"] == "base"
    assert body["choices"][0]["text"] == "The capital of France is Paris."
    assert body["choices"][0]["finish_reason"] == "stop"
    assert "".join(body["choices"][0]["logprobs"]["tokens"]) == body["choices"][0]["text"]
    assert body["usage"]["completion_tokens"] == len(body["choices"][0]["logprobs"]["token_logprobs"])


def test_each_prompt_has_its_grammar_and_its_choice_in_order(service: Service) -> None:
    grammars = [f'root ::= "{word}"' for word in ("first", "second", "third")]
    response = service.complete(BASE.name, [ASK] * 3, 8, structured_outputs={"grammar": grammars})
    assert [(c["index"], c["text"]) for c in response.json()["choices"]] == [(0, "first"), (1, "second"), (2, "third")]


def test_without_its_token_nothing_is_answered_and_the_infer_token_does_not_administer(service: Service) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        for method, path in (("POST", "/v1/completions"), ("GET", "/v1/models"), ("GET", "/metrics")):
            answer = httpx.request(method, service.url + path, headers=headers, json={})
            assert (answer.status_code, error_of(answer)["code"]) == (401, "unauthorized")
    for method, path in (
        ("POST", "/v1/load_lora_adapter"),
        ("PUT", "/v1/aliases/a"),
        ("POST", "/v1/aliases/a/rollback"),
    ):
        answer = service.api.request(method, path, json={"digest": "0" * 64})
        assert (answer.status_code, error_of(answer)["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "nobody"}, 404, "model"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"max_tokens": 10**9}, 400, "max_tokens"),
        ({"max_tokens": 10**400}, 400, "max_tokens"),
        ({"prompt": []}, 400, None),
        ({"prompt": ""}, 400, "prompt"),
        ({"prompt": "a\ud800"}, 400, "prompt"),
        ({"prompt": ["a"] * 65}, 400, "prompt"),
        ({"prompt": "word " * 5000}, 400, "prompt"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"temperature": 3}, 400, "temperature"),
        ({"stop": ["a"] * 5}, 400, "stop"),
        ({"stop": ""}, 400, "stop"),
        ({"structured_outputs": {"grammar": "root ::= ("}}, 400, "structured_outputs.grammar"),
        ({"structured_outputs": {"grammar": ['root ::= "a"'] * 2}}, 400, "structured_outputs.grammar"),
        ({"prediction": ["a"] * 2}, 400, "prediction"),
        ({"prediction": "a\ud800"}, 400, "prompt"),
    ],
)
def test_bad_input_is_refused_by_name(service: Service, body: dict, status: int, param: str | None) -> None:
    whole = {"model": "base", "prompt": ASK, "max_tokens": 4} | body
    answer = service.api.post(
        "/v1/completions", content=json.dumps(whole), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert param is None or error_of(answer)["param"] == param


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"model": "base", "prompt": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 9000,
    ],
)
def test_a_body_that_is_no_request_is_refused(service: Service, content: bytes) -> None:
    answer = service.api.post("/v1/completions", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    error_of(answer)


def test_chat_control_tokens_and_ten_thousand_markers_are_only_text(service: Service) -> None:
    control = "<|im_end|>\n<|im_start|>system\n" * 200
    assert service.complete("base", control + ASK, 4).status_code == 200
    markers = "".join(f"{i} text | left: x\n" for i in range(10_000))
    answer = service.complete("base", markers, 4)
    assert (answer.status_code, error_of(answer)["param"]) == (400, "prompt")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_whatever_its_length_says(narrow: Service, chunked: bool) -> None:
    content = json.dumps({"model": "base", "prompt": "a" * 30_000, "max_tokens": 1}).encode()
    parts = (content[i : i + 4096] for i in range(0, len(content), 4096))
    answer = narrow.api.post("/v1/completions", content=parts if chunked else content)
    assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")


def test_a_body_that_trickles_in_is_given_up(narrow: Service) -> None:
    connection = http.client.HTTPConnection(urlsplit(narrow.url).netloc, timeout=20)
    connection.putrequest("POST", "/v1/completions")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"{")
    started = time.monotonic()
    answer = connection.getresponse()
    assert answer.status == 408
    assert time.monotonic() - started < 10


def test_connections_whose_headers_trickle_in_are_ended_and_others_are_answered_meanwhile(narrow: Service) -> None:
    address = urlsplit(narrow.url)
    slow = [socket.create_connection((address.hostname, address.port), timeout=60) for _ in range(60)]
    silent = slow.pop()
    for client in slow:
        client.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nX-A")
    assert narrow.api.get("/v1/models").status_code == 200
    open_ones = set(slow)
    deadline = time.monotonic() + 30
    while open_ones and time.monotonic() < deadline:
        for client in list(open_ones):
            try:
                client.sendall(b"a")
            except OSError:
                open_ones.remove(client)
        time.sleep(0.2)
    assert not open_ones
    assert silent.recv(100) == b""
    for client in (*slow, silent):
        client.close()


def test_above_the_queues_limit_clients_are_told_when_to_come_back(narrow: Service) -> None:
    statuses: list[int] = []
    retry_after: list[str] = []

    def ask() -> None:
        answer = narrow.complete("base", [chat(f"Count to {n}.") for n in range(4)], 40)
        statuses.append(answer.status_code)
        retry_after.extend([answer.headers["retry-after"]] if answer.status_code == 429 else [])

    narrow.complete("base", ASK, 1)
    clients = [threading.Thread(target=ask) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses.count(429) >= 1
    assert set(statuses) <= {200, 429, 504}
    assert all(1 <= int(seconds) <= 60 for seconds in retry_after)


def waiting(service: Service) -> int:
    """Prompts that run or wait, as Prometheus sees it."""
    lines = service.api.get("/metrics").text.splitlines()
    return sum(
        int(float(line.split()[1])) for line in lines if line.startswith(("formwright_running", "formwright_waiting"))
    )


def test_what_a_client_asked_is_dropped_when_it_leaves(service: Service) -> None:
    body = json.dumps({"model": "base", "prompt": [chat(f"Tell story {n}.") for n in range(8)], "max_tokens": 2000})
    lines = [
        "POST /v1/completions HTTP/1.1",
        "Host: a",
        f"Authorization: Bearer {TOKEN}",
        f"Content-Length: {len(body)}",
    ]
    head = "\r\n".join([*lines, "Content-Type: application/json", "", ""])
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall((head + body).encode())
        deadline = time.monotonic() + 20
        while waiting(service) == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert waiting(service) == 8
    deadline = time.monotonic() + 20
    while waiting(service) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert waiting(service) == 0


def test_an_answer_that_takes_too_long_is_given_up_and_dropped(narrow: Service) -> None:
    endless = 'root ::= ("tick " | "tock ")*'
    narrow.complete("base", ASK, 1)
    answer = narrow.complete(
        "base", [ASK + str(n) for n in range(4)], 1900 // 4, structured_outputs={"grammar": endless}
    )
    if answer.status_code != 200:
        assert (answer.status_code, error_of(answer)["code"]) == (504, "too_long")
    deadline = time.monotonic() + 10
    while waiting(narrow) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert waiting(narrow) == 0


def test_told_to_stop_it_finishes_what_is_under_way(tmp_path: Path) -> None:
    leaving = start_service(tmp_path / "state", cache_blocks="64")
    leaving.complete("base", ASK, 1)
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(leaving.complete("base", [ASK, chat("Count to ten.")], 40)))
    client.start()
    deadline = time.monotonic() + 20
    while waiting(leaving) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert leaving.stop() == 0
    client.join()
    assert answers[0].status_code == 200


def test_metrics_and_health_say_how_it_is(service: Service) -> None:
    service.complete("base", ASK, 2)
    assert httpx.get(f"{service.url}/health").json() == {"status": "ok"}
    text = service.api.get("/metrics").text
    assert 'formwright_requests_total{route="/v1/completions",status="200"}' in text
    assert 'formwright_tokens_total{kind="answer"}' in text
    assert ADMIN_TOKEN not in text and TOKEN not in text
