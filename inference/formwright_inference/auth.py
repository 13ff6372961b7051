"""Two bearer tokens: one to infer, one to administer. The second may do what the first may."""

import hmac
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .errors import ApiError

_bearer = HTTPBearer(auto_error=False)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def _matches(given: HTTPAuthorizationCredentials | None, token: str) -> bool:
    return given is not None and hmac.compare_digest(given.credentials.encode(), token.encode())


def may_infer(request: Request, given: Bearer) -> None:
    settings = request.app.state.settings
    # Both are compared always, so that time tells nothing.
    if not _matches(given, settings.token) | _matches(given, settings.admin_token):
        raise ApiError(401, "unauthorized", "Expected Authorization: Bearer with a token of this service.")


def may_administer(request: Request, given: Bearer) -> None:
    settings = request.app.state.settings
    infers, administers = _matches(given, settings.token), _matches(given, settings.admin_token)
    if infers and not administers:
        raise ApiError(403, "forbidden", "This token may infer, not administer.")
    if not administers:
        raise ApiError(401, "unauthorized", "Expected Authorization: Bearer with the admin token of this service.")


Infers, Administers = Depends(may_infer), Depends(may_administer)
