"""Signing in by an OpenID provider: /v1/openid. The console leads browsers there, see `cloud/console/sign_in.py`."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from typing import Annotated

import fastapi
from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.access import UsedSessions, UsedSettings, address_of
from cloud.api.database import APPLICATION
from cloud.api.models import Answer
from cloud.api.openid import Provider, Way
from cloud.api.openid_people import People
from cloud.api.refusals import refusal as api_refusal
from cloud.api.session_cookie import drop_way, meet, read_way, require_own_origin, set_way
from cloud.api.session_route import Me, take_over, tell
from cloud.api.sessions import Vouched
from cloud.db import identities
from cloud.db.access_rules import refusal
from cloud.db.connection import connect, translated

router = APIRouter(prefix="/v1/openid", tags=["accounts"])

MAX_PATH_CHARACTERS = 500
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class OpenId(Answer):
    """Whether there is a provider."""

    name: str | None = Field(description="As people know it; null: there is none.")
    sign_out: str | None = Field(description="Where to sign out of the provider, too.")


class OpenIdQuery(BaseModel):
    """What to find out; the provider is asked only for its exit, so that no door waits for it."""

    model_config = ConfigDict(extra="forbid")

    exit: bool = False


class WayWanted(BaseModel):
    """Where somebody wants to go once signed in."""

    model_config = ConfigDict(extra="forbid")

    next: Annotated[str, Field(max_length=MAX_PATH_CHARACTERS)] = ""


class WayBegun(Answer):
    """Where a browser has to go."""

    url: str


class WayEnd(BaseModel):
    """What a browser brought back from the provider, as it stood in the address."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[str, Field(max_length=200)] = ""
    code: Annotated[str, Field(max_length=4_000)] = ""
    iss: Annotated[str, Field(max_length=500)] | None = None
    error: Annotated[str, Field(max_length=200)] | None = None


class Entered(Me):
    """Who has signed in, and where he wanted to go."""

    next: str


@router.get("")
async def read_provider(request: Request, query: Annotated[OpenIdQuery, fastapi.Query()]) -> OpenId:
    """Say whether people can sign in by a provider."""
    provider: Provider | None = request.app.state.openid
    if provider is None:
        return OpenId(name=None, sign_out=None)
    return OpenId(name=provider.client.name, sign_out=await provider.find_exit() if query.exit else None)


@router.post("/ways")
async def begin(wanted: WayWanted, request: Request, response: Response) -> WayBegun:
    """Begin a way through the provider; the browser keeps its secret in a cookie, for ten minutes."""
    require_own_origin(request, must_be_told=False)
    way = Way(secrets.token_urlsafe(32))
    url = await _provider(request).begin(way)
    set_way(request, response, f"{way.secret}.{base64.urlsafe_b64encode(wanted.next.encode()).decode()}")
    response.headers["Cache-Control"] = "no-store"
    return WayBegun(url=url)


@router.post("/sessions")
async def finish(
    ended: WayEnd, request: Request, response: Response, sessions: UsedSessions, settings: UsedSettings
) -> Entered:
    """End a way: sign somebody in whom the provider vouches for."""
    require_own_origin(request, must_be_told=False)
    provider, (way, wanted) = _provider(request), _read_way(request)
    drop_way(request, response)
    if way is None or not hmac.compare_digest(way.state.encode(), ended.state.encode()):
        raise refusal("openid_way")
    if ended.error is not None or not ended.code:
        reason = ended.error if ended.error and ended.error.replace("_", "").isalpha() else "?"
        raise refusal("openid_denied", provider=provider.client.name, reason=reason)
    claims = await provider.finish(way, ended.code, ended.iss)
    people: People = request.app.state.openid_people
    entered = await asyncio.to_thread(_enter, settings.dsn, provider, people, claims)
    visitor = meet(request, response, address_of(request))
    attempt = hashlib.sha256(way.nonce.encode()).digest()
    vouched = Vouched(provider.client.issuer, claims["sub"], _text(claims.get("sid")), attempt)
    begun = await sessions.begin(entered.id, entered.name, entered.role, visitor, vouched)
    await take_over(request, response, sessions, begun)
    me = tell(await sessions.identify(begun.cookie))
    return Entered(**me.model_dump(), next=wanted)


@router.post("/logout", response_class=Response, responses={200: {"description": "The sessions are over."}})
async def end_by_provider(
    request: Request, sessions: UsedSessions, logout_token: Annotated[str, Form(max_length=32_768)]
) -> Response:
    """End sessions because the provider says so: OpenID Connect Back-Channel Logout 1.0."""
    provider = _provider(request)
    subject, session = await provider.judge_logout(logout_token)
    await sessions.end_provided(provider.client.issuer, subject, session)
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.openid
    if provider is None:
        raise api_refusal("openid_none")
    return provider


def _read_way(request: Request) -> tuple[Way | None, str]:
    """Read the way that a browser began, and where it wanted to go."""
    secret, _, wanted = (read_way(request) or "").partition(".")
    if not _SECRET.fullmatch(secret):
        return None, ""
    try:
        return Way(secret), base64.urlsafe_b64decode(wanted.encode()).decode()
    except ValueError:
        return None, ""


def _enter(dsn: str, provider: Provider, people: People, claims: dict[str, object]) -> identities.Provided:
    with translated(), connect(dsn, APPLICATION, autocommit=True) as connection:
        return identities.enter(
            connection,
            provider.client.issuer,
            str(claims["sub"]),
            people.find(claims),
            unknown=people.file.unknown,
            provider=provider.client.name,
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
