import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from formwright_contracts.models import AdapterManifest, CheckpointManifest, Heartbeat, MetricsLine, TrainResult

from formwright_training.digests import sha256_bytes
from formwright_training.instance import orders as orders_module
from formwright_training.instance import reporter as reporter_module
from formwright_training.instance.main import DONE, LEFT, PROGRAM_ERROR, run_request
from formwright_training.testing import tiny_hyperparameters, write_tiny_base, write_tiny_dataset

TOKEN = "session-token"


class MetadataService(ThreadingHTTPServer):
    """IMDSv2: no answer without a session token. `notices` are the paths that have something to say."""

    def __init__(self):
        self.notices = set()
        super().__init__(("127.0.0.1", 0), MetadataHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"


class MetadataHandler(BaseHTTPRequestHandler):
    def do_PUT(self):
        asked = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self._answer(200, TOKEN) if asked else self._answer(400)

    def do_GET(self):
        if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
            return self._answer(401)
        return self._answer(200, "{}") if self.path in self.server.notices else self._answer(404)

    def _answer(self, status, body=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def metadata(monkeypatch):
    service = MetadataService()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint)
    yield service
    service.shutdown()
    service.server_close()


@pytest.fixture(scope="module")
def folders(bucket, tmp_path_factory):
    """Base and dataset in the bucket under their digests."""
    client, name = bucket
    root = tmp_path_factory.mktemp("folders")
    stored = {}
    for kind, folder in (("base", write_tiny_base(root / "base")), ("dataset", write_tiny_dataset(root / "dataset"))):
        digest = sha256_bytes((folder / "manifest.json").read_bytes())
        for path in folder.iterdir():
            client.put_object(Bucket=name, Key=f"{kind}s/{digest}/{path.name}", Body=path.read_bytes())
        stored[kind] = {"uri": f"s3://{name}/{kind}s/{digest}/", "digest": digest}
    return stored


@pytest.fixture
def run(bucket, folders, metadata, tmp_path, monkeypatch):
    """A run of its own in the bucket: `run(attempt)` is what the instance does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reporter_module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(orders_module, "METADATA_SECONDS", 0.1)
    return Run(*bucket, folders, tmp_path.name)


class Run:
    def __init__(self, client, bucket, folders, name):
        self.client, self.bucket, self.prefix = client, bucket, f"runs/{name}/"
        self.request = {
            "run": name, "attempt": 1, "promptVersion": "windows-v2", "dataset": folders["dataset"],
            "base": {"name": "tiny", **folders["base"]}, "bundle": folders["base"],
            "hyperparameters": tiny_hyperparameters().model_dump(exclude_none=True), "output": f"s3://{bucket}/{self.prefix}",
            "checkpointSeconds": 3600, "deadline": self.after(3600), "leaseSeconds": 600,
        }  # fmt: skip

    @staticmethod
    def after(seconds):
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    def __call__(self, attempt=1, **changes):
        request = self.request | {"attempt": attempt} | changes
        key = f"{self.prefix}attempts/{attempt}/request.json"
        self.put(key, json.dumps(request).encode())
        return run_request(f"s3://{self.bucket}/{key}")

    def in_background(self, attempt=1, **changes):
        codes = []
        thread = threading.Thread(target=lambda: codes.append(self(attempt, **changes)))
        thread.start()
        return thread, codes

    def put(self, key, data):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def get(self, path):
        return self.client.get_object(Bucket=self.bucket, Key=self.prefix + path)["Body"].read()

    def keys(self, path=""):
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix + path).get("Contents", [])
        return [entry["Key"].removeprefix(self.prefix) for entry in found]

    def heartbeat(self, attempt=1):
        return Heartbeat.model_validate_json(self.get(f"attempts/{attempt}/heartbeat.json"))

    def losses(self, attempt=1):
        lines = [MetricsLine.model_validate_json(x) for x in self.get(f"attempts/{attempt}/metrics.jsonl").splitlines()]
        return {line.step: line.loss for line in lines}

    def lease(self, attempt=1, stop="no"):
        lease = {"attempt": attempt, "touchedAt": self.after(0), "stop": stop}
        self.put(f"{self.prefix}lease.json", json.dumps(lease).encode())


SPOT = "/latest/meta-data/spot/instance-action"


def test_a_run_ends_with_a_result_whose_adapter_is_what_its_digest_says(run):
    assert run() == DONE
    result = TrainResult.model_validate_json(run.get("result.json"))
    folder = result.adapter.uri.removeprefix(f"s3://{run.bucket}/{run.prefix}")
    data = run.get(f"{folder}manifest.json")
    assert sha256_bytes(data) == result.adapter.digest
    manifest = AdapterManifest.model_validate_json(data)
    assert (
        manifest.dataset == run.request["dataset"]["digest"] and manifest.base.digest == run.request["base"]["digest"]
    )
    assert all(sha256_bytes(run.get(folder + f.path)) == f.sha256 for f in manifest.files)
    heartbeat = run.heartbeat()
    assert heartbeat.state == "done" and heartbeat.step == heartbeat.steps == result.steps == len(run.losses())


def test_a_second_attempt_after_the_result_does_nothing_again(run):
    assert run() == DONE
    before = run.get("result.json")
    assert run(attempt=2) == DONE
    assert run.get("result.json") == before
    assert run.heartbeat(2).state == "done" and not run.keys("attempts/2/metrics")


def interrupted(run, metadata, after=1, **changes):
    """Runs attempt 1 into an interruption notice after step `after`."""
    thread, codes = run.in_background(**changes)
    wait_for(lambda: run.keys("attempts/1/heartbeat") and run.heartbeat().step >= after)
    metadata.notices.add(SPOT)
    thread.join(60)
    metadata.notices.clear()
    return codes[0]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


MANY = tiny_hyperparameters(epochs=15).model_dump(exclude_none=True)


def test_an_interruption_notice_saves_leaves_and_the_next_attempt_has_the_same_loss_curve(
    run, metadata, bucket, folders
):
    assert interrupted(run, metadata, hyperparameters=MANY) == LEFT
    assert run.heartbeat().state == "interrupted" and "result.json" not in run.keys()
    saved = run.heartbeat().checkpoint
    manifest = CheckpointManifest.model_validate_json(run.get(f"checkpoints/{saved}/manifest.json"))
    assert manifest.step == saved and manifest.attempt == 1
    assert run(attempt=2, hyperparameters=MANY) == DONE
    whole = Run(*bucket, folders, f"{run.request['run']}-whole")
    assert whole(hyperparameters=MANY) == DONE
    assert min(run.losses(2)) == saved + 1
    assert {s: x for s, x in run.losses(1).items() if s <= saved} | run.losses(2) == whole.losses()
    assert TrainResult.model_validate_json(run.get("result.json")).attempts == 2


def test_a_damaged_newest_checkpoint_falls_back_and_its_place_is_not_written_over(run, metadata, capfd):
    frequent = {"hyperparameters": MANY, "checkpointSeconds": 0.01}
    assert interrupted(run, metadata, after=3, **frequent) == LEFT
    steps = sorted(int(k.split("/")[1]) for k in run.keys("checkpoints/") if k.endswith("manifest.json"))
    newest, before = steps[-1], steps[-2]
    run.put(f"{run.prefix}checkpoints/{newest}/state.safetensors", b"damaged")
    assert run(attempt=2, **frequent) == DONE
    assert min(run.losses(2)) == before + 1
    assert run.get(f"checkpoints/{newest}/state.safetensors") == b"damaged"
    assert f"checkpoint {newest} is damaged" in capfd.readouterr().err
    assert all(run.losses(1).get(s, x) == x for s, x in run.losses(2).items())


def test_an_incomplete_checkpoint_is_passed_over(run, metadata):
    assert interrupted(run, metadata, hyperparameters=MANY) == LEFT
    saved = run.heartbeat().checkpoint
    run.put(f"{run.prefix}checkpoints/{saved + 1}/state.safetensors", b"half")
    assert run(attempt=2, hyperparameters=MANY) == DONE
    assert min(run.losses(2)) == saved + 1


def test_a_rebalance_recommendation_saves_a_checkpoint_and_the_training_goes_on(run, metadata):
    thread, codes = run.in_background(hyperparameters=MANY)
    wait_for(lambda: run.keys("attempts/1/heartbeat") and run.heartbeat().step >= 1)
    metadata.notices.add("/latest/meta-data/events/recommendations/rebalance")
    thread.join(60)
    assert codes == [DONE]
    assert len([k for k in run.keys("checkpoints/") if k.endswith("manifest.json")]) == 1


def first_step_under_a_lease(run, **changes):
    """Starts attempt 1, touching the lease until its first step is seen."""
    run.lease()
    thread, codes = run.in_background(**changes)

    def stepped():
        run.lease()
        return run.keys("attempts/1/heartbeat") and run.heartbeat().step >= 1

    wait_for(stepped)
    return thread, codes


ENDLESS = tiny_hyperparameters(epochs=4000).model_dump(exclude_none=True)


def test_a_lease_that_asks_to_finish_gives_an_adapter_of_what_was_reached(run):
    thread, codes = first_step_under_a_lease(run, hyperparameters=ENDLESS, leaseSeconds=20)
    run.lease(stop="finish")
    thread.join(60)
    assert codes == [DONE]
    result = TrainResult.model_validate_json(run.get("result.json"))
    assert 1 <= result.steps < run.heartbeat().steps
    assert f"checkpoints/{result.steps}/manifest.json" in run.keys()


def test_a_lease_that_nobody_touches_makes_the_instance_save_and_leave(run):
    thread, codes = first_step_under_a_lease(run, hyperparameters=ENDLESS, leaseSeconds=4)
    thread.join(60)
    assert codes == [LEFT]
    assert run.heartbeat().state == "interrupted" and run.heartbeat().checkpoint is not None


def test_the_deadline_makes_the_instance_leave_in_time(run):
    assert run(hyperparameters=ENDLESS, deadline=run.after(62)) == LEFT


def test_a_bug_or_a_wrong_setting_is_reported_as_failed_with_its_message(run):
    wrong = run.request["hyperparameters"] | {"targetModules": ["no_such_module"]}
    assert run(hyperparameters=wrong) == PROGRAM_ERROR
    assert run.heartbeat().state == "failed" and "targetModules do not fit tiny" in run.heartbeat().error


def test_a_dataset_of_another_prompt_version_is_refused(run):
    assert run(promptVersion="windows-v0") == PROGRAM_ERROR
    assert "prompt version windows-v2, the request windows-v0" in run.heartbeat().error


def test_bytes_that_are_not_those_of_the_digest_are_refused(run, folders):
    wrong = {**folders["dataset"], "digest": "0" * 64}
    assert run(dataset=wrong) == PROGRAM_ERROR
    assert "expected sha256 0000" in run.heartbeat().error


def test_a_request_that_is_wrong_is_refused_before_anything_is_written(run, capfd):
    assert run(hyperparameters={"rank": 1}) == PROGRAM_ERROR
    assert "hyperparameters.alpha" in capfd.readouterr().err
    assert run.keys("attempts/1/heartbeat") == []
