"""Requests as botocore signs them are let through; changed ones are not."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .signatures import refusal

KEYS = {"KEY": "secret"}
BODY = b"Action=DescribeInstances&Version=2016-11-15"


def environ(key: str = "KEY", secret: str = "secret") -> dict[str, Any]:
    """The WSGI environment of a signed request."""
    url = "http://127.0.0.1:8335/"
    request = AWSRequest("POST", url, data=BODY, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials(key, secret), "ec2", "us-east-1").add_auth(request)
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    headers["CONTENT_TYPE"] = headers.pop("HTTP_CONTENT_TYPE")
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "HTTP_HOST": urlsplit(url).netloc, **headers}


def test_a_request_signed_with_a_known_key_is_let_through() -> None:
    assert refusal(environ(), BODY, KEYS) is None


@pytest.mark.parametrize(
    ("signed", "body", "code"),
    [
        (environ(), BODY + b"&DryRun=true", "SignatureDoesNotMatch"),
        (environ(secret="guess"), BODY, "SignatureDoesNotMatch"),
        (environ(key="OTHER"), BODY, "AuthFailure"),
        ({**environ(), "HTTP_AUTHORIZATION": ""}, BODY, "MissingAuthenticationToken"),
        ({**environ(), "HTTP_X_AMZ_DATE": "20200101T000000Z"}, BODY, "SignatureDoesNotMatch"),
    ],
)
def test_anything_else_is_refused_with_the_code_of_ec2(signed: dict[str, Any], body: bytes, code: str) -> None:
    found = refusal(signed, body, KEYS)
    assert found is not None
    assert found[0] == code
