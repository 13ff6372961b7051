"""Checks AWS Signature Version 4, which moto does not."""

import hmac
import re
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<signed>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def refusal(environ: dict[str, Any], body: bytes, credentials: dict[str, str]) -> tuple[str, str] | None:
    """EC2's code and message when the request is not signed with one of our keys; None when it is."""
    found = _HEADER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return "MissingAuthenticationToken", "Request is missing Authentication Token"
    secret = credentials.get(found["key"])
    if secret is None:
        return "AuthFailure", "AWS was not able to validate the provided access credentials"
    names = found["signed"].split(";")
    headers = {name: _header(environ, name) for name in names}
    host = environ.get("HTTP_HOST", "")
    request = AWSRequest(
        method=environ["REQUEST_METHOD"],
        url=f"http://{host}{environ.get('PATH_INFO', '/')}",
        data=body,
        headers=headers,
    )
    request.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    signer = SigV4Auth(Credentials(found["key"], secret), found["service"], found["region"])
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    if not hmac.compare_digest(expected, found["signature"]):
        return "SignatureDoesNotMatch", f"The signature for {urlsplit(request.url).path} does not match"
    return None


def _header(environ: dict[str, Any], name: str) -> str:
    plain = name.upper().replace("-", "_")
    return str(environ.get(plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}", ""))
