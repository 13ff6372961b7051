"""One JSON file per instance, so that a restart of the EC2 part forgets nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

State = Literal["pending", "running", "shutting-down", "stopped", "terminated"]
STATE_CODES: dict[str, int] = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopped": 80}


def now() -> datetime:
    """The current time in UTC, to the second as EC2 gives it."""
    return datetime.now(UTC).replace(microsecond=0)


class Interruption(BaseModel):
    """A spot interruption notice: EC2 takes the instance at `time`."""

    time: datetime
    #: Status code of the spot request afterwards, such as `instance-terminated-no-capacity`.
    status: str


class InstanceKeys(BaseModel):
    """What the instance's role signs with."""

    access_key_id: str
    secret_access_key: str


class InstanceRecord(BaseModel):
    """An instance as EC2 and its host know it."""

    id: str
    region: str
    zone: str
    instance_type: str
    image_id: str
    user_data: str | None
    tags: dict[str, str]
    client_token: str | None
    #: The zone when the request named one (zonal idempotency), else empty (regional).
    token_scope: str
    #: sha256 of the request's parameters, without its token, region and zone.
    fingerprint: str
    spot_request_id: str | None
    max_price: float | None
    shutdown_behavior: Literal["stop", "terminate"]
    profile: str | None
    metadata_tags: bool
    keys: InstanceKeys | None = None
    launched_at: datetime
    state: State = "pending"
    reason: str = ""
    ended_at: datetime | None = None
    pid: int | None = None
    #: Start time of the process, which tells it from a later one with the same pid.
    pid_started: float | None = None
    imds_port: int | None = None
    #: Set by `shutdown` inside the instance.
    shutdown_at: datetime | None = None
    interruption: Interruption | None = None
    rebalance_at: datetime | None = None
    spot_status: str = "fulfilled"

    @property
    def over(self) -> bool:
        """Whether the instance can do nothing any more."""
        return self.state == "terminated"


class RecordStore:
    """Records in `<folder>/<id>.json`; each save is a whole new file put in the old one's place."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._records: dict[str, InstanceRecord] = {}
        for file in sorted(folder.glob("i-*.json")):
            record = InstanceRecord.model_validate_json(file.read_bytes())
            self._records[record.id] = record

    def all(self) -> list[InstanceRecord]:
        """Every record, oldest first."""
        return sorted(list(self._records.values()), key=lambda record: (record.launched_at, record.id))

    def get(self, instance_id: str) -> InstanceRecord | None:
        """The record of an instance, or None."""
        return self._records.get(instance_id)

    def save(self, record: InstanceRecord) -> None:
        """Keeps the record over a kill at any moment: written beside, then renamed."""
        self._records[record.id] = record
        target = self._folder / f"{record.id}.json"
        beside = target.with_suffix(".json.new")
        with beside.open("w") as file:
            file.write(record.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o600)
        beside.replace(target)

    def by_token(self, region: str, scope: str, token: str) -> list[InstanceRecord]:
        """Instances that were launched with this client token in the same scope."""
        return [r for r in self.all() if (r.region, r.token_scope, r.client_token) == (region, scope, token)]
