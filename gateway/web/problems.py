"""Errors as RFC 9457 problem details, each saying what to do next."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.access.roles import ForbiddenError
from gateway.commands import ArgumentError
from gateway.model import Clock, ConflictError, GatewayError, NotFoundError
from gateway.store.database import StoreError
from gateway.web.shapes import Cause, Problem
from gateway.words import said

MEDIA_TYPE = "application/problem+json"

_DETAIL = {
    404: "Nothing is at {path}. The routes are listed at /openapi.json.",
    405: "{method} does nothing at {path}. /openapi.json lists what does.",
}
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "10"}, 503: {"Retry-After": "5"}}
_STATUS: dict[type[GatewayError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    ForbiddenError: 403,
    StoreError: 503,
    GatewayError: 422,
}
_logger = logging.getLogger(__name__)


class RequestError(GatewayError):
    """A request that cannot be answered; caught at the edge of the app and nowhere else."""

    def __init__(self, status: int, detail: str, *causes: Cause) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.causes = causes


def refuse_parameter(name: str, reason: str) -> RequestError:
    return _refuse_parameters([Cause(name=name, reason=reason)])


def respond(now_ms: int, refusal: RequestError, headers: dict[str, str] | None = None) -> JSONResponse:
    problem = Problem(
        now=now_ms,
        type="about:blank",
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=refusal.detail,
        errors=list(refusal.causes),
    )
    headers = HEADERS.get(refusal.status, {}) | (headers or {})
    return JSONResponse(problem.model_dump(mode="json"), refusal.status, headers, media_type=MEDIA_TYPE)


Shown = Callable[[Request, int, RequestError], Response | None]


def install(app: FastAPI, clock: Clock, show: Shown) -> None:
    """Give every error that leaves `app` this form, unless `show` makes a page of it."""

    async def refused(request: Request, error: Exception) -> Response:
        refusal, headers = _translate(request, error)
        now = clock.now_ms()
        return show(request, now, refusal) or respond(now, refusal, headers)

    for kind in (GatewayError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, refused)


def _translate(request: Request, error: Exception) -> tuple[RequestError, dict[str, str]]:
    match error:
        case RequestError():
            return error, {}
        case ArgumentError():
            return _refuse_parameters([Cause(name=name, reason=why) for name, why in error.causes]), {}
        case StoreError():
            _logger.warning("the store cannot be read: %s", error)
            return RequestError(503, said("refusal.notRead")), {}
        case GatewayError():
            status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
            return RequestError(status, error.text), {}
        case RequestValidationError():
            return _refuse_parameters([_cause(each) for each in error.errors()]), {}
        case HTTPException():
            told = _DETAIL.get(error.status_code, "{detail}. The routes are listed at /openapi.json.")
            plain = str(error.detail).rstrip(".")
            detail = told.format(path=request.url.path, method=request.method, detail=plain)
            return RequestError(error.status_code, detail), dict(error.headers or {})
        case _:
            return RequestError(500, said("refusal.failed")), {}


def _refuse_parameters(causes: list[Cause]) -> RequestError:
    told = "; ".join(f"{cause.name}: {cause.reason}" for cause in causes)
    return RequestError(422, f"{told}. /openapi.json describes every parameter.", *causes)


def _cause(error: Any) -> Cause:
    name = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    return Cause(name=name, reason=error["msg"].removeprefix("Value error, "))
