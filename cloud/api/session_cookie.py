"""The cookie of a session, and the proof that a request came from a page of ours.

`__Host-` binds a cookie to its very host and to TLS, but is refused by browsers without TLS, as on a laptop.
Unsafe requests by cookie need an Origin that is this host and the header X-CSRF-Token: SameSite=Lax alone would trust
every page of a sibling host. Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet; RFC 6265bis, 4.1.3.
"""

import hmac
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from cloud.api.auth import Principal
from cloud.db.access_rules import refusal

SECURE_NAME, PLAIN_NAME = "__Host-sl", "sl_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = {"GET", "HEAD", "OPTIONS"}
MAX_COOKIE_CHARACTERS = 100


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


def _is_tls(request: Request) -> bool:
    return request.url.scheme == "https"
