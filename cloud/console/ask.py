"""How pages ask the API: as the person who looks at them, within this process.

A page has no rights of its own and no way around the API: what it shows and does, a program with the same person's
session could. Rights, agencies, throttling and audit are judged in one place.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.types import ASGIApp

CSRF_HEADER = "x-csrf-token"
# What says who asks, and from which page; the rest of a browser's headers is the browser's business.
_PASSED_ON = ("host", "cookie", "origin", "user-agent", CSRF_HEADER)
SIGN_IN_AGAIN = 401


class Refusal(Exception):
    """The API said no.

    Attributes:
        status: of HTTP.
        rule: its code.
        told: what to show, by language.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        detail = str(body.get("detail", ""))
        super().__init__(detail)
        self.status = status
        self.rule = str(body.get("rule", ""))
        self.told = {"id": str(body.get("detail_id", detail)), "en": str(body.get("detail_en", detail))}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered.

    Attributes:
        body: decoded JSON; None where there is none.
        cookies: Set-Cookie headers, for the browser.
    """

    body: Any
    cookies: tuple[str, ...] = ()


class Api:
    """Asks the API in this process.

    Args:
        app: the whole application, with what guards it.
        find_language: in which language a page speaks.
    """

    def __init__(self, app: ASGIApp, find_language: Callable[[Request], str]) -> None:
        self._app = app
        self._find_language = find_language

    async def get(self, request: Request, path: str, **parameters: Any) -> Any:
        """Ask for something.

        Args:
            request: of the page: whose session counts.
            path: of the API.
            parameters: of the query; None is left out.

        Raises:
            Refusal: the API said no.
        """
        wanted = {name: value for name, value in parameters.items() if value not in (None, "")}
        return (await self.send(request, "GET", path, parameters=wanted)).body

    async def find(self, request: Request, path: str, **parameters: Any) -> Any | None:
        """Ask for something that the page can do without; None where the API says no."""
        try:
            return await self.get(request, path, **parameters)
        except Refusal as refusal:
            if refusal.status == SIGN_IN_AGAIN:
                raise
            return None

    async def send(
        self,
        request: Request,
        method: str,
        path: str,
        body: Any = None,
        *,
        content: bytes | None = None,
        csrf: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Ask for something, or for a change.

        Args:
            request: of the page.
            method: of HTTP.
            path: of the API.
            body: to be sent as JSON.
            content: octets to be sent as they are, in its place.
            csrf: as the page's form had it.
            parameters: of the query.

        Raises:
            Refusal: the API said no.
        """
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        headers["accept-language"] = self._find_language(request)
        if csrf:
            # A mark of ours is plain; any other is refused by the API, whatever it is made of.
            headers[CSRF_HEADER] = csrf.encode("ascii", "replace").decode()
        url = str(request.url.replace(path=path, query="", fragment=""))
        asked = httpx.Request(method, url, headers=headers, content=content, json=body, params=parameters or None)
        answer = await self._transport(request).handle_async_request(asked)
        return _read(answer.status_code, answer.headers, await answer.aread())

    def _transport(self, request: Request) -> httpx.ASGITransport:
        client = (request.client.host, request.client.port) if request.client else ("", 0)
        return httpx.ASGITransport(self._app, client=client)


def _read(status: int, headers: httpx.Headers, content: bytes) -> Reply:
    body = json.loads(content) if content else None
    if status >= 400:  # noqa: PLR2004 - where HTTP's refusals begin
        raise Refusal(status, body or {})
    return Reply(body, tuple(headers.get_list("set-cookie")))
