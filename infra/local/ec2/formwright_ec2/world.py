"""What every request needs: the records, the host, prices, and moto's backend kept in step."""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto import settings
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ec2.models import instances as moto_instances
from moto.ec2.models.amis import Ami
from moto.ec2.utils import filter_dict_attribute_mapping, random_instance_id
from moto.iam.models import iam_backends

from .config import Config
from .faults import FaultBook
from .host import InstanceHost
from .identities import Identities
from .prices import PriceBook
from .records import STATE_CODES, InstanceRecord, Interruption, RecordStore, now

# moto's switches: unknown images and instance types are refused.
settings.ENABLE_AMI_VALIDATION = settings.EC2_ENABLE_INSTANCE_TYPE_VALIDATION = True

filter_dict_attribute_mapping |= {
    "client-token": "client_token",
    "instance-lifecycle": "lifecycle",
    "spot-instance-request-id": "spot_instance_request_id",
}

log = logging.getLogger(__name__)

#: Dollars decide a spot interruption as EC2 does: two minutes' notice.
NOTICE = timedelta(seconds=120)
#: EC2 shows a terminated instance for about an hour.
VISIBLE = timedelta(hours=1)


class World:
    """State of the EC2 part. `lock` guards moto's backend, which is not made for threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.faults = FaultBook()
        self.store = RecordStore(config.state_dir / "records")
        self.prices = PriceBook(config.prices, config.state_dir / "prices.json")
        self.host = InstanceHost(
            self.store,
            config.image,
            Identities(config.identities) if config.identities else None,
            config.state_dir / "instances",
            config.grace_seconds,
            self.end,
            self._ended,
        )
        self._ids: list[str] = []
        moto_instances.random_instance_id = self._next_id
        iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
        iam.create_role(config.image.role, "{}", "/", None, "", [], None)
        iam.create_instance_profile(config.image.role, "/", [config.image.role])
        self._restore()

    def _next_id(self) -> str:
        return self._ids.pop() if self._ids else random_instance_id()

    def backend(self, region: str) -> Any:
        """moto's EC2 backend of a region, in which our image is registered."""
        backend = ec2_backends[DEFAULT_ACCOUNT_ID][region]
        if self.config.image_id not in backend.amis:
            backend.amis[self.config.image_id] = Ami(
                backend, self.config.image_id, name="formwright-local", architecture="x86_64", state="available"
            )
        return backend

    def show(self, record: InstanceRecord) -> None:
        """Writes the record's state into moto's instance, which DescribeInstances answers from."""
        instance = self.backend(record.region).get_instance(record.id)
        instance.client_token = record.client_token
        instance.lifecycle = "spot" if record.spot_request_id else None
        instance.spot_instance_request_id = record.spot_request_id
        instance.launch_time = record.launched_at
        instance._state.name, instance._state.code = record.state, STATE_CODES[record.state]
        if record.reason:
            message = f"{record.reason}: {'instance ended' if record.over else 'ending'}"
            instance.state_reason = moto_instances.StateReason(message, record.reason)

    def launch(self, record: InstanceRecord) -> None:
        """Starts the instance on the host; EC2 shows `pending` until it runs."""
        threading.Thread(target=self._boot, args=(record,), daemon=True).start()

    def _boot(self, record: InstanceRecord) -> None:
        with self.lock:
            try:
                self.host.boot(record)
            except (OSError, BotoCoreError, ClientError) as error:
                log.error("instance %s does not boot: %s", record.id, error)
                self.end(record, "Server.InternalError")
            self.show(record)

    def end(self, record: InstanceRecord, reason: str) -> None:
        """Begins to end an instance; `terminated` follows when its last process is gone."""
        with self.lock:
            if record.state in ("shutting-down", "terminated"):
                return
            record.state, record.reason = "shutting-down", reason
            if reason == "Client.UserInitiatedShutdown":
                record.spot_status = "instance-terminated-by-user"
            self.store.save(record)
            self.show(record)
            self.host.end(record, reason)

    def _ended(self, record: InstanceRecord, reason: str) -> None:
        with self.lock:
            stays = reason == "Client.InstanceInitiatedShutdown" and record.shutdown_behavior == "stop"
            record.state = "stopped" if stays else "terminated"
            record.reason, record.ended_at, record.pid = reason, now(), None
            if not stays:
                self.backend(record.region).get_instance(record.id).terminate()
            self.store.save(record)
            self.show(record)

    def interrupt(self, record: InstanceRecord, notice: timedelta, status: str) -> None:
        """Gives a spot instance its interruption notice."""
        record.interruption = Interruption(time=now() + notice, status=status)
        record.spot_status = "marked-for-termination"
        self.store.save(record)

    def change_price(self, instance_type: str, zone: str, dollars: float) -> None:
        """A new spot price; instances whose maximum is below it get a notice."""
        self.prices.change(instance_type, zone, dollars)
        for record in self.active():
            same = (record.instance_type, record.zone) == (instance_type, zone)
            if same and record.max_price is not None and record.max_price < dollars and not record.interruption:
                self.interrupt(record, NOTICE, "instance-terminated-by-price")

    def active(self) -> Iterable[InstanceRecord]:
        """Instances that are not terminated."""
        return [record for record in self.store.all() if not record.over]

    def _restore(self) -> None:
        for record in self.store.all():
            if record.over and record.keys:
                self.host.revoke(record)
                self.store.save(record)
            if record.over and record.ended_at and record.ended_at < now() - VISIBLE:
                continue
            self._ids.append(record.id)
            self.backend(record.region).run_instances(
                record.image_id,
                1,
                None,
                [],
                instance_type=record.instance_type,
                is_instance_type_default=False,
                placement=record.zone,
                region_name=record.region,
                tags={"instance": record.tags},
                instance_initiated_shutdown_behavior=record.shutdown_behavior,
                block_device_mappings=[],
            )
            if record.state == "pending" and not self.host.adopt(record):
                self.launch(record)
            elif record.state == "running" and not self.host.adopt(record):
                self.end(record, "Server.InternalError")
            elif record.state == "shutting-down":
                self.host.end(record, record.reason)
            self.show(record)

    def stop(self, seconds: float) -> None:
        """Ends every instance, the spot ones as when EC2 takes them back; waits up to `seconds`."""
        for record in self.active():
            if record.spot_request_id:
                record.spot_status = "instance-terminated-no-capacity"
                self.end(record, "Server.SpotInstanceTermination")
            elif record.state != "stopped":
                self.end(record, "Server.InternalError")
        deadline = time.monotonic() + seconds
        while any(record.state == "shutting-down" for record in self.active()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.host.stop()
