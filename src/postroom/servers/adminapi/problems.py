"""Problem details (RFC 9457): every error of the API in one form: which field, why, what is allowed."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from postroom.admin.identity import SecondFactorWanted
from postroom.model.errors import Defect, Fault, MailError, Malformed, Meaning
from postroom.settings.faults import faults_of

log = structlog.get_logger()

CONTENT_TYPE = "application/problem+json"
BLANK = "about:blank"

STATUS = {
    Meaning.SYNTAX: 422,
    Meaning.NAME_NOT_ALLOWED: 422,
    Meaning.CONTENT_REFUSED: 422,
    Meaning.AUTHENTICATION_FAILED: 401,
    Meaning.PRIVACY_REQUIRED: 403,
    Meaning.NOT_PERMITTED: 403,
    Meaning.RELAY_DENIED: 403,
    Meaning.SENDER_NOT_OWNED: 403,
    Meaning.NO_SUCH_MAILBOX: 404,
    Meaning.NO_SUCH_EMAIL: 404,
    Meaning.NO_SUCH_RECIPIENT: 404,
    Meaning.MAILBOX_DISABLED: 403,
    Meaning.NO_SUCH_OBJECT: 404,
    Meaning.ALREADY_EXISTS: 409,
    Meaning.ALREADY_DELIVERED: 409,
    Meaning.HAS_CHILDREN: 409,
    Meaning.IN_USE: 409,
    Meaning.TOO_BIG: 413,
    Meaning.TOO_MANY: 422,
    Meaning.TOO_MANY_CONNECTIONS: 429,
    Meaning.TOO_MANY_HOPS: 422,
    Meaning.SENDING_LIMIT: 429,
    Meaning.TOO_MANY_MESSAGES: 429,
    Meaning.GREYLISTED: 503,
    Meaning.BLOCK_LISTED: 403,
    Meaning.REVERSE_DNS_FAILED: 403,
    Meaning.SPF_FAILED: 403,
    Meaning.DKIM_FAILED: 403,
    Meaning.DMARC_FAILED: 403,
    Meaning.SENDER_UNKNOWN_YET: 503,
    Meaning.OVER_QUOTA: 507,
    Meaning.STORAGE_FULL: 507,
    Meaning.UNAVAILABLE: 503,
    Meaning.DEFECT: 500,
}
"""What each meaning is in HTTP."""


class FieldProblem(BaseModel):
    """One faulty field; `field` is empty where several together are wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 §3.1, with what is wrong by field."""

    type: str = BLANK
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


_TITLES = {
    401: "not logged in, or a wrong login",
    403: "not allowed",
    404: "not there",
    409: "in conflict with what is there",
    413: "too large",
    422: "a field is not as it must be",
    429: "too often",
    503: "not possible for the moment",
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {CONTENT_TYPE: {}}} for status, text in _TITLES.items()
}
"""What every route may answer besides."""


def problem(
    status: int,
    detail: str,
    *,
    kind: str = BLANK,
    faults: tuple[Fault, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer of this status."""
    content = Problem(
        type=kind,
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=[FieldProblem(field=fault.field, message=fault.text) for fault in faults],
    )
    return JSONResponse(content.model_dump(), status, dict(headers or {}), CONTENT_TYPE)


def install(app: FastAPI) -> None:
    """Every exception that a route may raise, as a problem."""
    app.add_exception_handler(MailError, _mail_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _mail_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MailError)
    if isinstance(error, Defect):
        log.error("request failed", path=request.url.path[:200], reason=error.detail or error.public)
    status = STATUS[error.meaning]
    kind = BLANK
    if isinstance(error, SecondFactorWanted):
        kind = "/problems/second-factor"
    elif status == http.HTTPStatus.UNAUTHORIZED:
        kind = "/problems/login"
    faults = error.faults if isinstance(error, Malformed) else ()
    return problem(status, error.public, kind=kind, faults=faults)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = tuple(faults_of(error.errors(), skip=1))
    return problem(422, "; ".join(str(fault) for fault in faults[:20]), faults=faults)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail != http.HTTPStatus(error.status_code).phrase else "nothing is here"
    return problem(error.status_code, detail, headers=error.headers)
