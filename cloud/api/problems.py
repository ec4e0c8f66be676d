"""Errors as RFC 9457 problem details. One table says which error is which status; routers hold no `try`."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from cloud import errors
from cloud.api.fault_words import say_fault
from cloud.api.refusals import HTTP, MALFORMED, RuledHttp, find_general
from cloud.signals.rules import Rule

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

STATUSES: dict[type[errors.CloudError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Refused: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Spoilt: HTTPStatus.BAD_GATEWAY,
    errors.Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.CloudError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

HEADERS: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="satulayar"'},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": str(RETRY_AFTER_S)},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
}

# What the world may not know: addresses, roles and statements are in the log.
HIDDEN = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INTERNAL_SERVER_ERROR}


def add_handlers(app: FastAPI) -> None:
    """Teach an application to answer every error as a problem."""
    app.add_exception_handler(errors.CloudError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)


def make_problem(request: Request, status: HTTPStatus, rule: Rule, **more: Any) -> JSONResponse:
    """Make a problem document.

    Args:
        request: whose path becomes `instance`.
        status: the HTTP status.
        rule: what is wrong and what to do about it, for a person.
        more: further members.
    """
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": rule.text_en}
    body |= {"instance": request.url.path, "rule": rule.code, "detail_id": rule.text_id, "detail_en": rule.text_en}
    return JSONResponse(body | more, status, headers=HEADERS.get(status), media_type=MEDIA_TYPE)


def find_status(error: errors.CloudError) -> HTTPStatus:
    """Look an error up in the table, by the nearest of its classes."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


async def _answer_ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.CloudError):
        return await _answer_unexpected(request, error)
    status = find_status(error)
    if isinstance(error, errors.Ruled):
        return make_problem(request, status, Rule(error.rule, error.text_id, error.text_en))
    if status in HIDDEN:
        log.warning("request_failed", path=request.url.path, status=int(status), error=str(error))
    general = find_general(status)
    is_told = status not in HIDDEN or isinstance(error, errors.Crowded)
    return make_problem(request, status, replace(general, text_en=str(error)) if is_told else general)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    faults = list(error.errors()) if isinstance(error, RequestValidationError) else []
    told = [{"parameter": ".".join(str(part) for part in fault["loc"]), "fault": fault["msg"]} for fault in faults]
    rule = Rule(
        MALFORMED.code,
        MALFORMED.text_id.format(faults="; ".join(map(say_fault, faults))),
        MALFORMED.text_en.format(faults="; ".join(f"{fault['parameter']}: {fault['fault']}" for fault in told)),
    )
    return make_problem(request, HTTPStatus(422), rule, errors=told)  # its name differs between Python versions


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, RuledHttp):
        return make_problem(request, HTTPStatus(error.status_code), error.rule)
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus(500)
    return make_problem(request, status, HTTP.get(status) or find_general(status))


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, status=500, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return make_problem(request, status, find_general(status))
