"""The cookie of a session, and the proof that a request came from a page of ours.

`__Host-` binds a cookie to its very host and to TLS, but is refused by browsers without TLS, as on a laptop.
Unsafe requests by cookie need an Origin that is this host and the header X-CSRF-Token: SameSite=Lax alone would trust
every page of a sibling host. Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet; RFC 6265bis, 4.1.3.
"""

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from cloud.api.auth import Principal
from cloud.api.guesses import Visitor
from cloud.db.access_rules import refusal

SECURE_NAME, PLAIN_NAME = "__Host-sl", "sl_session"
# A browser's own, by which it is known again: see `guesses.py`. It opens nothing.
DEVICE_SECURE_NAME, DEVICE_PLAIN_NAME = "__Host-sl-device", "sl_device"
DEVICE_BYTES, DEVICE_LASTS_S = 32, 31_536_000
CSRF_HEADER = "X-CSRF-Token"
SAFE = {"GET", "HEAD", "OPTIONS"}
MAX_COOKIE_CHARACTERS = 100
# A way's secret, and the path that somebody wanted.
MAX_WAY_CHARACTERS = 1_000
WAY_LASTS_S = 600
_DEVICE = re.compile(r"[A-Za-z0-9_-]{43}")


def read_cookie(request: Request) -> str | None:
    """Read the session's cookie; over TLS only the one that is bound to it."""
    cookie = request.cookies.get(_name(request))
    return cookie if cookie and len(cookie) <= MAX_COOKIE_CHARACTERS else None


def set_cookie(request: Request, response: Response, cookie: str, lasts_s: float) -> None:
    """Give a browser its cookie."""
    response.set_cookie(
        _name(request), cookie, max_age=round(lasts_s), path="/", secure=_is_tls(request), httponly=True, samesite="lax"
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Take it away again."""
    response.delete_cookie(_name(request), path="/", secure=_is_tls(request), httponly=True, samesite="lax")


def meet(request: Request, response: Response, address: str) -> Visitor:
    """Say who wants to sign in, and with which browser; one that has no cookie of its own gets it.

    Args:
        request: as it came.
        response: takes the cookie along.
        address: of the client.
    """
    name = DEVICE_SECURE_NAME if _is_tls(request) else DEVICE_PLAIN_NAME
    cookie = request.cookies.get(name, "")
    if not _DEVICE.fullmatch(cookie):
        cookie = secrets.token_urlsafe(DEVICE_BYTES)
    response.set_cookie(
        name, cookie, max_age=DEVICE_LASTS_S, path="/", secure=_is_tls(request), httponly=True, samesite="lax"
    )
    return Visitor(address, request.headers.get("user-agent", ""), hashlib.sha256(cookie.encode()).digest())


def read_way(request: Request) -> str | None:
    """Read what belongs to a way through an OpenID provider that this browser began."""
    cookie = request.cookies.get(_way_name(request))
    return cookie if cookie and len(cookie) <= MAX_WAY_CHARACTERS else None


def set_way(request: Request, response: Response, cookie: str) -> None:
    """Let a browser keep it, for as long as signing in may take."""
    response.set_cookie(
        _way_name(request), cookie, WAY_LASTS_S, path="/", secure=_is_tls(request), httponly=True, samesite="lax"
    )


def drop_way(request: Request, response: Response) -> None:
    """Take it away: a way ends once."""
    response.delete_cookie(_way_name(request), path="/", secure=_is_tls(request), httponly=True, samesite="lax")


def require_own_origin(request: Request, *, must_be_told: bool = True) -> None:
    """Refuse what another site's page sends.

    Args:
        request: its Origin must be the host that it was sent to.
        must_be_told: False lets programs pass, which name no origin.

    Raises:
        Ruled: `csrf`.
    """
    origin = request.headers.get("origin")
    if origin is None and not must_be_told:
        return
    if origin is None or not _is_host(origin, request.headers.get("host", "")):
        raise refusal("csrf")


def require_own_page(request: Request, principal: Principal) -> None:
    """Refuse a change by cookie that no page of ours asked for.

    Raises:
        Ruled: `csrf`.
    """
    if request.method in SAFE or principal.session is None:
        return
    require_own_origin(request)
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), principal.session.csrf.encode()):
        raise refusal("csrf")


def _is_host(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc == host
    except ValueError:
        return False


def _name(request: Request) -> str:
    return SECURE_NAME if _is_tls(request) else PLAIN_NAME


def _way_name(request: Request) -> str:
    return "__Host-sl-way" if _is_tls(request) else "sl_way"


def _is_tls(request: Request) -> bool:
    return request.url.scheme == "https"
