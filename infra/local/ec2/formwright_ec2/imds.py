"""The instance metadata service, version 2 only, on a loopback port of each instance's own."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .config import ImageConfig
from .records import InstanceRecord, now

#: Seconds; IMDSv2's own limit on a session token.
MAX_TOKEN_SECONDS = 21_600


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(record: InstanceRecord, image: ImageConfig) -> dict[str, str]:
    """What the instance may read, by its path below `/latest/`. A missing path answers 404."""
    pages = {
        "meta-data/instance-id": record.id,
        "meta-data/instance-type": record.instance_type,
        "meta-data/ami-id": record.image_id,
        "meta-data/placement/availability-zone": record.zone,
        "meta-data/placement/region": record.region,
        "meta-data/instance-life-cycle": "spot" if record.spot_request_id else "on-demand",
        "dynamic/instance-identity/document": json.dumps(
            {
                "instanceId": record.id,
                "instanceType": record.instance_type,
                "imageId": record.image_id,
                "region": record.region,
                "availabilityZone": record.zone,
                "pendingTime": _iso(record.launched_at),
            }
        ),
    }
    if record.metadata_tags:
        pages["meta-data/tags/instance"] = "\n".join(record.tags)
        pages |= {f"meta-data/tags/instance/{key}": value for key, value in record.tags.items()}
    if record.profile and record.keys:
        pages["meta-data/iam/security-credentials"] = image.role
        pages[f"meta-data/iam/security-credentials/{image.role}"] = json.dumps(
            {
                "Code": "Success",
                "Type": "AWS-HMAC",
                "LastUpdated": _iso(now()),
                "AccessKeyId": record.keys.access_key_id,
                "SecretAccessKey": record.keys.secret_access_key,
                "Token": "",
                "Expiration": _iso(now() + timedelta(hours=6)),
            }
        )
    if record.interruption:
        when = _iso(record.interruption.time)
        pages["meta-data/spot/instance-action"] = json.dumps({"action": "terminate", "time": when})
        pages["meta-data/spot/termination-time"] = when
    if record.rebalance_at:
        pages["meta-data/events/recommendations/rebalance"] = json.dumps({"noticeTime": _iso(record.rebalance_at)})
    return pages


class MetadataServer:
    """Serves one instance; `on_shutdown` gets what `shutdown` was told inside it (`now`, `+5`, `cancel`).

    Raises OSError when `port` is taken; port 0 takes a free one.
    """

    def __init__(
        self,
        record: InstanceRecord,
        image: ImageConfig,
        host_token: str,
        on_shutdown: Callable[[str], None],
        port: int = 0,
    ) -> None:
        sessions: dict[str, float] = {}

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self, status: int, body: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_PUT(self) -> None:
                ttl = self.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
                if self.path != "/latest/api/token":
                    return self.answer(404)
                if not ttl.isdigit() or not 1 <= int(ttl) <= MAX_TOKEN_SECONDS:
                    return self.answer(400)
                session = secrets.token_urlsafe(32)
                sessions[session] = time.monotonic() + int(ttl)
                self.answer(200, session)

            def do_GET(self) -> None:
                session = self.headers.get("x-aws-ec2-metadata-token", "")
                if sessions.get(session, 0) < time.monotonic():
                    return self.answer(401)
                page = self.path.removeprefix("/latest/").rstrip("/")
                if page == "user-data" and record.user_data:
                    return self.answer(200, record.user_data)
                body = metadata(record, image).get(page)
                self.answer(404) if body is None else self.answer(200, body)

            def do_POST(self) -> None:
                url = urlsplit(self.path)
                token = self.headers.get("x-host-token", "")
                if url.path != "/host/shutdown" or not secrets.compare_digest(token, host_token):
                    return self.answer(403)
                try:
                    on_shutdown(parse_qs(url.query).get("when", ["now"])[0])
                except ValueError as error:
                    return self.answer(400, str(error))
                self.answer(200)

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True).start()

    def close(self) -> None:
        """Stops answering and frees the port."""
        self._server.shutdown()
        self._server.server_close()
