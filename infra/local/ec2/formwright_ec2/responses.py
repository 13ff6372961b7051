"""EC2's actions where moto falls short; every other action is moto's own."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_spot_request_id

from .records import InstanceRecord, now
from .world import World

#: Parameters that do not count when two requests with one client token are compared.
_NOT_COMPARED = {"Action", "Version", "ClientToken", "Placement.AvailabilityZone"}


def _fingerprint(parameters: dict[str, Any]) -> str:
    counted = {key: value for key, value in sorted(parameters.items()) if key not in _NOT_COMPARED}
    return hashlib.sha256(json.dumps(counted).encode()).hexdigest()


class LayeredEC2(EC2Response):
    """Set `world` before the first request."""

    world: World

    def run_instances(self) -> ActionResult:
        """Launches, idempotent by client token; the token of a terminated instance is refused."""
        token, zone = self._get_param("ClientToken"), self._get_param("Placement.AvailabilityZone")
        fingerprint = _fingerprint(self.data)
        if token:
            known = self.world.store.by_token(self.region, zone or "", token)
            if known:
                return self._launched_before(known, fingerprint)
        spot = self._get_param("InstanceMarketOptions.MarketType") == "spot"
        max_price = self._get_param("InstanceMarketOptions.SpotOptions.MaxPrice")
        kind = self._get_param("InstanceType", "m1.small")
        if spot:
            self._check_spot(kind, zone or f"{self.region}a", max_price)
        self.world.backend(self.region)
        result = super().run_instances()
        profile = self._get_param("IamInstanceProfile.Name") or self._get_param("IamInstanceProfile.Arn")
        for instance in result.result.instances:  # type: ignore[attr-defined]
            record = InstanceRecord(
                id=instance.id,
                region=self.region,
                zone=instance.placement.zone,
                instance_type=kind,
                image_id=instance.image_id,
                user_data=str(instance.user_data) if instance.user_data else None,
                tags={tag["key"]: tag["value"] for tag in instance.get_tags()},
                client_token=token,
                token_scope=zone or "",
                fingerprint=fingerprint,
                spot_request_id=random_spot_request_id() if spot else None,
                max_price=float(max_price) if max_price else None,
                shutdown_behavior=instance.instance_initiated_shutdown_behavior,
                profile=profile,
                metadata_tags=instance.metadata_options.instance_metadata_tags == "enabled",
                launched_at=now(),
            )
            self.world.store.save(record)
            self.world.show(record)
            self.world.launch(record)
        return result

    def _launched_before(self, known: list[InstanceRecord], fingerprint: str) -> ActionResult:
        if any(record.fingerprint != fingerprint for record in known):
            raise EC2ClientError(
                "IdempotentParameterMismatch",
                "The client token was used before with other parameters in this request's scope.",
            )
        if all(record.over for record in known):
            raise EC2ClientError(
                "IdempotentInstanceTerminated",
                f"The client token belongs to terminated instance {known[0].id}. Use another token.",
            )
        found = self.world.backend(self.region).get_reservations_by_instance_ids([record.id for record in known])
        return ActionResult(found[0])

    def _check_spot(self, kind: str, zone: str, max_price: str | None) -> None:
        price = self.world.prices.current(kind, zone)
        if price is None:
            raise EC2ClientError("Unsupported", f"Instance type {kind} is not offered as spot in {zone}.")
        if max_price and float(max_price) < price:
            raise EC2ClientError("SpotMaxPriceTooLow", f"Maximum {max_price} is below the spot price {price:.6f}.")

    def terminate_instances(self) -> ActionResult:
        """Begins termination; DescribeInstances says when it is over. A terminated one stays so."""
        ids = self._get_param("InstanceIds", [])
        self.error_on_dryrun()
        changes = []
        for instance in self.world.backend(self.region).get_multi_instances_by_id(ids):
            record = self.world.store.get(instance.id)
            before = {"Code": instance.state_code, "Name": instance.state}
            if record:
                self.world.end(record, "Client.UserInitiatedShutdown")
            after = {"Code": instance.state_code, "Name": instance.state}
            changes.append({"InstanceId": instance.id, "CurrentState": after, "PreviousState": before})
        return ActionResult({"TerminatingInstances": changes})

    def _unsupported(self) -> ActionResult:
        raise EC2ClientError("UnsupportedOperation", "The embedded EC2 neither stops, starts nor reboots instances.")

    stop_instances = start_instances = reboot_instances = request_spot_instances = _unsupported

    def get_console_output(self) -> ActionResult:
        """What the user data wrote, its last 64 KiB."""
        instance_id = self._get_param("InstanceId")
        self.ec2_backend.get_instance(instance_id)
        record = self.world.store.get(instance_id)
        log = self.world.host.disk(record).console if record else None
        text = log.read_bytes()[-65_536:].decode(errors="replace") if log and log.exists() else ""
        return ActionResult(
            {"InstanceId": instance_id, "Timestamp": now(), "Output": Base64EncodedString.from_raw_string(text)}
        )

    def create_tags(self) -> ActionResult:
        """As moto's, and kept over a restart."""
        return self._keep_tags(super().create_tags())

    def delete_tags(self) -> ActionResult:
        """As moto's, and kept over a restart."""
        return self._keep_tags(super().delete_tags())

    def _keep_tags(self, result: ActionResult) -> ActionResult:
        for record in filter(None, map(self.world.store.get, self._get_param("Resources", []))):
            instance = self.ec2_backend.get_instance(record.id)
            record.tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
            self.world.store.save(record)
        return result

    def describe_spot_price_history(self) -> ActionResult:
        """Prices of the price book, newest first, a page of `MaxResults` at a time."""
        start, end = _moment(self._get_param("StartTime")), _moment(self._get_param("EndTime"))
        filters = self._filters_from_querystring()
        kinds = self._get_param("InstanceTypes", []) or filters.get("instance-type", [])
        zones = [z for z in [self._get_param("AvailabilityZone")] if z] or filters.get("availability-zone", [])
        rows = [
            {
                "InstanceType": price.instance_type,
                "ProductDescription": "Linux/UNIX",
                "SpotPrice": f"{price.dollars:.6f}",
                "AvailabilityZone": price.zone,
                "Timestamp": price.since,
            }
            for price in self.world.prices.history(self.region, start, end)
            if (not kinds or price.instance_type in kinds) and (not zones or price.zone in zones)
        ]
        at, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 1000)
        more = str(at + size) if at + size < len(rows) else ""
        return ActionResult({"SpotPriceHistory": rows[at : at + size], "NextToken": more})

    def describe_spot_instance_requests(self) -> ActionResult:
        """One record for each spot instance, with EC2's status codes."""
        wanted, filters = self._get_param("SpotInstanceRequestIds", []), self._filters_from_querystring()
        rows = [_spot_request(r) for r in self.world.store.all() if r.spot_request_id and r.region == self.region]
        names = {"state": "State", "instance-id": "InstanceId", "spot-instance-request-id": "SpotInstanceRequestId"}
        for name, values in filters.items():
            if name not in names:
                raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
            rows = [row for row in rows if row[names[name]] in values]
        if wanted:
            rows = [row for row in rows if row["SpotInstanceRequestId"] in wanted]
        return ActionResult({"SpotInstanceRequests": rows})


def _moment(text: str | datetime | None) -> datetime | None:
    if text is None:
        return None
    moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _spot_request(record: InstanceRecord) -> dict[str, Any]:
    alive = record.state in ("pending", "running")
    return {
        "SpotInstanceRequestId": record.spot_request_id,
        "InstanceId": record.id,
        "State": "active" if alive else "closed",
        "Status": {"Code": record.spot_status, "Message": "", "UpdateTime": record.ended_at or record.launched_at},
        "CreateTime": record.launched_at,
        "Type": "one-time",
        "InstanceInterruptionBehavior": "terminate",
        "ProductDescription": "Linux/UNIX",
        "LaunchedAvailabilityZone": record.zone,
        "SpotPrice": None if record.max_price is None else f"{record.max_price:.6f}",
    }
