"""Errors as RFC 9457 problem details. One table says which error is which status; routers hold no `try`."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from cloud import errors

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
HIDDEN = {
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away or busy; try again in a few seconds.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is our fault; the service's log says more.",
}


def add_handlers(app: FastAPI) -> None:
    """Teach an application to answer every error as a problem."""
    app.add_exception_handler(errors.CloudError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)


def make_problem(request: Request, status: HTTPStatus, detail: str, **more: Any) -> JSONResponse:
    """Make a problem document.

    Args:
        request: whose path becomes `instance`.
        status: the HTTP status.
        detail: what is wrong and what to do about it, for a person.
        more: further members.
    """
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    body |= {"instance": request.url.path, **more}
    return JSONResponse(body, status, headers=HEADERS.get(status), media_type=MEDIA_TYPE)


def find_status(error: errors.CloudError) -> HTTPStatus:
    """Look an error up in the table, by the nearest of its classes."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


async def _answer_ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.CloudError):
        return await _answer_unexpected(request, error)
    status = find_status(error)
    if isinstance(error, errors.Ruled):
        more = {"rule": error.rule, "detail_id": error.text_id, "detail_en": error.text_en}
        return make_problem(request, status, error.text_en, **more)
    if status in HIDDEN:
        log.warning("request_failed", path=request.url.path, status=int(status), error=str(error))
    told = str(error) if isinstance(error, errors.Crowded) else HIDDEN.get(status, str(error))
    return make_problem(request, status, told)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    told = [{"parameter": ".".join(str(part) for part in fault["loc"]), "fault": fault["msg"]} for fault in faults]
    detail = "; ".join(f"{fault['parameter']}: {fault['fault']}" for fault in told)
    status = HTTPStatus(422)  # its name differs between Python versions
    text_en, text_id = f"Correct the request: {detail}", f"Perbaiki permintaan: {detail}"
    more = {"rule": "malformed", "detail_id": text_id, "detail_en": text_en}
    return make_problem(request, status, text_en, **more, errors=told)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus(500)
    detail = f"{status.description or status.phrase}; /openapi.json lists what there is."
    return make_problem(request, status, detail)


async def _answer_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, status=500, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return make_problem(request, status, HIDDEN[status])
