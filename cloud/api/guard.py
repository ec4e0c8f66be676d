"""What no request may carry, refused before any route sees it: control characters and a body without end."""

import re
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api import alerts, announcements
from cloud.api.module_desk import MAX_TABLE_BYTES
from cloud.api.problems import make_problem
from cloud.api.refusals import CONTROL_CHARACTER, TOO_LARGE, RuledHttp, fill
from cloud.operations import photos
from edge.contract import uploads

# The largest request of a person, a lease with its reason, has less than a kilobyte.
MAX_BODY_BYTES = 65_536
# What other programs send may be larger: a notification of some hundred alarms, see `alerts.py`.
LARGER_BODY_BYTES = {
    alerts.PATH: alerts.MAX_BODY_BYTES,
    announcements.RECORDED_PATH: announcements.MOST_RECORDED_BYTES,
}
# A phone makes its photos small before it sends them.
MAX_PHOTO_BYTES = 2_000_000
_PHOTO = re.compile(r"/v1/crew/visits/[^/]+/photos/[^/]+")
# What is photographed for an incident is made small here, and refused in so many words where it is larger.
_PROOF = re.compile(r"/v1/(incidents|dispatches)/[^/]+/photos/[^/]+")
# Pieces of clips that boxes hand over.
_PIECE = re.compile(re.escape(uploads.PATH) + r"/[^/]+/[^/]+")

# Tables that services push and people upload.
_TABLE = re.compile(r"/v1/modules/[^/]+/(?:figures|uploads)")
# The console's form for such a table, with what stands around it; its page says itself, for people, that a file is too
# large, so that of one that says so beforehand nothing is read here.
_TABLE_FORM = re.compile(r"/services/[^/]+/upload")

# What is served without a policy of its own is no page: it may load nothing and stand in no frame.
HEADERS = {
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
# Answers of the API are somebody's: no cache keeps what does not say that it may.
API, PRIVATE = "/v1/", {b"cache-control": b"no-store"}

_FIRST_PRINTABLE = 0x20
_DELETE = 0x7F


class Guard:
    """ASGI middleware.

    Args:
        app: what is guarded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, send = Request(scope), _with_headers(scope["path"], send)
        if _has_control_characters(scope):
            await make_problem(request, HTTPStatus.BAD_REQUEST, CONTROL_CHARACTER)(scope, receive, send)
        elif _says_too_large(request, limit := _most_bytes(scope["path"])) and not _TABLE_FORM.fullmatch(scope["path"]):
            told = fill(TOO_LARGE, limit=limit)
            await make_problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)(scope, receive, send)
        else:
            await self._app(scope, _counted(receive, limit), send)


def _has_control_characters(scope: Scope) -> bool:
    octets = scope["path"].encode() + unquote_to_bytes(scope["query_string"])
    return any(octet < _FIRST_PRINTABLE or octet == _DELETE for octet in octets)


def _most_bytes(path: str) -> int:
    if _PROOF.fullmatch(path):
        return photos.MAX_BYTES
    if _TABLE.fullmatch(path):
        return MAX_TABLE_BYTES
    if _TABLE_FORM.fullmatch(path):
        return MAX_TABLE_BYTES + MAX_BODY_BYTES
    if _PIECE.fullmatch(path):
        return uploads.PIECE_BYTES
    return MAX_PHOTO_BYTES if _PHOTO.fullmatch(path) else LARGER_BODY_BYTES.get(path, MAX_BODY_BYTES)


def _says_too_large(request: Request, limit: int) -> bool:
    said = request.headers.get("content-length", "0")
    return said.isdecimal() and int(said) > limit


def _with_headers(path: str, send: Send) -> Send:
    """Add to an answer what it does not say of itself."""
    usual = HEADERS | (PRIVATE if path.startswith(API) else {})

    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message["headers"]}
            missing = [(name, value) for name, value in usual.items() if name not in said]
            message = {**message, "headers": [*message["headers"], *missing]}
        await send(message)

    return give


def _counted(receive: Receive, limit: int) -> Receive:
    """Count a body as it comes: one in chunks says nothing of its size."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise RuledHttp(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, fill(TOO_LARGE, limit=limit))
        return message

    return take
