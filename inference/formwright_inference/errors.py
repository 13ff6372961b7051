"""Errors as OpenAI's clients read them."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

logger = logging.getLogger("formwright.inference")


class ApiError(Exception):
    """An answer other than success. `code` is for programs, `message` for people."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param, self.retry_after = status, code, param, retry_after

    def response(self) -> JSONResponse:
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        body = {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(body, self.status, headers)


_CODES = {404: "not_found", 405: "method_not_allowed"}


def handle_errors(app: FastAPI) -> None:
    """Every error leaves as the same kind of JSON, and never with a stack trace."""

    @app.exception_handler(ApiError)
    async def _ours(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problem = error.errors()[0]
        param = ".".join(str(part) for part in problem["loc"] if part != "body")
        return ApiError(400, "invalid_request", f"{param or 'body'}: {problem['msg']}", param=param or None).response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return ApiError(
            error.status_code, _CODES.get(error.status_code, "invalid_request"), str(error.detail)
        ).response()

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.exception("unexpected error", extra={"path": request.url.path}, exc_info=error)
        return ApiError(500, "internal", "The service failed at this request; its log says why.").response()
