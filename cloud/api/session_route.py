"""Signing in and out, and one's own account: /v1/session, /v1/me."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.access import AnyPrincipal, NewPrincipal, UsedDatabase, UsedSessions, UsedSettings, address_of
from cloud.api.auth import Principal
from cloud.api.database import APPLICATION
from cloud.api.models import Answer
from cloud.api.refusals import refusal
from cloud.api.session_cookie import drop_cookie, meet, read_cookie, require_own_origin, set_cookie
from cloud.api.sessions import Begun, Sessions
from cloud.api.settings import ApiSettings
from cloud.db import access_rules, accounts
from cloud.db.connection import connect, translated
from cloud.db.tokens import Role

router = APIRouter(prefix="/v1", tags=["accounts"])

# Longer than any password may be, so that it is refused by its rule and in so many words.
Secret = Annotated[str, Field(max_length=1_000)]


class SignIn(BaseModel):
    """A name and its password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    password: Secret


class NewPassword(BaseModel):
    """The password that was, and the one that is to be."""

    model_config = ConfigDict(extra="forbid")

    old: Secret
    new: Secret


class Me(Answer):
    """Who asks."""

    account: str
    role: Role
    full_name: str = ""
    agencies: list[str] = Field(description="Whose incidents this account may act on; an administrator on all.")
    rights: list[str] = Field(description="What it may order.")
    csrf: str | None = Field(None, description="To be sent as X-CSRF-Token with every change, where a cookie is used.")
    expires_at: datetime | None = Field(None, description="When the session is over in any case.")
    must_choose_password: bool = Field(default=False, description="Nothing but choosing a password is allowed.")
    by_provider: bool = Field(default=False, description="An OpenID provider vouched; signing out there is its own.")


class OpenSession(Answer):
    """A session of one's own."""

    id: UUID
    is_this: bool = Field(description="It is the one that asks.")
    stays: bool = Field(description="Of a crew's phone, which stays signed in.")
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


@router.post("/session")
async def sign_in(wanted: SignIn, request: Request, response: Response, sessions: UsedSessions) -> Me:
    """Sign in with a password. The session's cookie is a new one each time; the old one is over."""
    require_own_origin(request, must_be_told=False)
    address = address_of(request)
    begun = await sessions.sign_in(wanted.name.strip(), wanted.password, meet(request, response, address))
    await take_over(request, response, sessions, begun)
    return tell(await sessions.identify(begun.cookie))


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response, _: NewPrincipal, sessions: UsedSessions) -> None:
    """Sign out; it holds at once, for every copy of the cookie."""
    if cookie := read_cookie(request):
        await sessions.end(cookie, address_of(request))
    drop_cookie(request, response)


@router.get("/me")
async def read_me(principal: NewPrincipal, response: Response) -> Me:
    """Say who asks, and what they may."""
    response.headers["Cache-Control"] = "no-store"
    return tell(principal)


@router.post("/me/password", status_code=204)
async def choose_password(
    wanted: NewPassword,
    request: Request,
    response: Response,
    principal: NewPrincipal,
    sessions: UsedSessions,
    settings: UsedSettings,
) -> None:
    """Choose a password; all other sessions of the account are over."""
    if principal.session is None:
        raise refusal("token_missing")
    await sessions.check(principal.account, wanted.old, meet(request, response, address_of(request)))
    if wanted.new == wanted.old:
        raise access_rules.refusal("password_same")
    await asyncio.to_thread(_choose, settings, principal.account, wanted.new, principal.session.id_hash)


@router.get("/me/sessions")
async def list_sessions(principal: AnyPrincipal, database: UsedDatabase, sessions: UsedSessions) -> list[OpenSession]:
    """List where this account is signed in."""
    own = principal.session.id_hash if principal.session else None
    return await database.fetch(OpenSession, "sessions", "open", account=principal.account, idle=sessions.idle, own=own)


@router.delete("/me/sessions/{session}", status_code=204)
async def end_session(session: UUID, request: Request, principal: AnyPrincipal, sessions: UsedSessions) -> None:
    """Sign out somewhere else: a phone that is lost, a browser that was left open; again changes nothing."""
    await sessions.end_one(principal.account, session, address_of(request))


async def take_over(request: Request, response: Response, sessions: Sessions, begun: Begun) -> None:
    """Give a browser its new session; the one that it had is over."""
    if old := read_cookie(request):
        await sessions.end(old, address_of(request))
    set_cookie(request, response, begun.cookie, begun.lasts_s)
    response.headers["Cache-Control"] = "no-store"


def _choose(settings: ApiSettings, account: str, password: str, session: bytes) -> None:
    with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
        accounts.choose_password(connection, account, password, account, but_session=session)


def tell(principal: Principal) -> Me:
    """Say who somebody is, and what he may."""
    session = principal.session
    return Me(
        account=principal.account,
        role=principal.role,
        full_name=session.full_name if session else "",
        agencies=sorted(principal.agencies),
        rights=sorted(principal.rights),
        csrf=session.csrf if session else None,
        expires_at=session.expires_at if session else None,
        must_choose_password=session.password_is_first if session else False,
        by_provider=session.by_provider if session else False,
    )
