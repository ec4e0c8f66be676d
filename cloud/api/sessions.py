"""People who are signed in: the check of a password, and the sessions that follow, of a password or of a provider.

Source: OWASP Authentication and Session Management Cheat Sheets; NIST SP 800-63B, 5.2.2.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud.api.auth import Principal, Session
from cloud.api.database import Database
from cloud.api.guesses import Guesses, Visitor
from cloud.api.settings import ApiSettings
from cloud.db.access_rules import refusal
from cloud.db.password import MOST_CHARACTERS, NOBODY
from cloud.db.tokens import Role, verify_secret

ID_BYTES = 32
# argon2 takes 19 MiB and a core for some tens of milliseconds: so many at a time.
MAX_JUDGED = 2
MAX_BROWSER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Known:
    """An account that can sign in with a password."""

    id: int
    name: str
    role: Role
    hash: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider said of somebody.

    Attributes:
        issuer: the provider.
        subject: whom it means.
        provider_session: its own session, which it may end later.
        attempt: SHA-256 of the way's nonce: of one way comes one session.
    """

    issuer: str
    subject: str
    provider_session: str | None
    attempt: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has begun.

    Attributes:
        cookie: opens it; nobody else keeps it.
        lasts_s: seconds until it is over in any case.
    """

    cookie: str
    lasts_s: float


@dataclass(frozen=True, slots=True)
class _Valid:
    id: UUID
    account: str
    role: Role
    full_name: str
    agencies: list[str]
    password_is_first: bool
    expires_at: datetime
    is_stale: bool
    by_provider: bool
    rights: list[str]


@dataclass(frozen=True, slots=True)
class _One:
    one: int


@dataclass(frozen=True, slots=True)
class _Ended:
    account: str


class Sessions:
    """Signs people in and out, and tells whose a cookie is.

    Args:
        database: where accounts and sessions are.
        settings: how long sessions last.
    """

    def __init__(self, database: Database, settings: ApiSettings) -> None:
        self._database = database
        self._settings = settings
        self.idle = timedelta(seconds=settings.session_idle_s)
        self._guesses = Guesses(database)
        self._judging = asyncio.Semaphore(MAX_JUDGED)

    async def sign_in(self, name: str, password: str, visitor: Visitor) -> Begun:
        """Judge a password and begin a session.

        Raises:
            Ruled: `wrong_password` or `too_many_attempts`.
            Unavailable: the database is away.
        """
        known = await self.check(name, password, visitor)
        return await self.begin(known.id, known.name, known.role, visitor)

    async def check(self, name: str, password: str, visitor: Visitor) -> Known:
        """Judge a password.

        Raises:
            Ruled: `wrong_password` or `too_many_attempts`.
            Unavailable: the database is away.
        """
        bucket = await self._guesses.admit(name, visitor)
        found = await self._database.fetch(Known, "sessions", "password_of", account=name)
        if not await self._judge(found, password):
            await self._refuse(name, visitor.address, is_known=bool(found))
        await self._guesses.forgive(name, bucket)
        return found[0]

    async def begin(
        self, account_id: int, name: str, role: Role, visitor: Visitor, vouched: Vouched | None = None
    ) -> Begun:
        """Begin a session. A crew's lasts for weeks on its phone, others' for a shift.

        Raises:
            Ruled: `openid_way` where this way through the provider has led to one already.
            Unavailable: the database is away.
        """
        is_crew, cookie = role == "crew", secrets.token_urlsafe(ID_BYTES)
        lasts_s = self._settings.session_crew_s if is_crew else self._settings.session_s
        idle = timedelta(seconds=self._settings.session_crew_idle_s) if is_crew else None
        values = {"id_hash": hash_cookie(cookie), "account_id": account_id, "lasts": timedelta(seconds=lasts_s)}
        values |= {"idle": idle, "device": visitor.device, "address": visitor.address}
        values |= {"browser": visitor.browser[:MAX_BROWSER_CHARACTERS], **_name_way(vouched)}
        await self._database.execute("sessions", "forget_old", {})
        if not await self._database.fetch(_One, "sessions", "begin", **values):
            raise refusal("openid_way")
        detail = {"address": visitor.address} | ({"by": vouched.issuer} if vouched else {})
        await self.write(name, "signed_in", detail)
        return Begun(cookie, lasts_s)

    async def identify(self, cookie: str) -> Principal:
        """Find out whose session a cookie is.

        Raises:
            Ruled: `session_over`.
            Unavailable: the database is away.
        """
        id_hash = hash_cookie(cookie)
        found = await self._database.fetch(_Valid, "sessions", "valid", id_hash=id_hash, idle=self.idle)
        if not found:
            raise refusal("session_over")
        if found[0].is_stale:
            await self._database.execute("sessions", "see", {"id_hash": id_hash})
        return _make_principal(found[0], id_hash, make_csrf(cookie))

    async def end(self, cookie: str, address: str) -> None:
        """End a session; one that has ended stays so."""
        for ended in await self._database.fetch(_Ended, "sessions", "end", id_hash=hash_cookie(cookie)):
            await self.write(ended.account, "signed_out", {"address": address})

    async def end_one(self, account: str, session: UUID, address: str) -> None:
        """End one of an account's sessions by its name; what is none of its own, or has ended, stays as it is."""
        for ended in await self._database.fetch(_Ended, "sessions", "end_one", account=account, id=session):
            await self.write(ended.account, "signed_out", {"address": address, "session": str(session)})

    async def end_provided(self, issuer: str, subject: str | None, provider_session: str | None) -> None:
        """End the sessions that a provider wants ended: one of its own, or all of somebody."""
        named = {"issuer": issuer, "subject": subject, "provider_session": provider_session}
        for ended in await self._database.fetch(_Ended, "sessions", "end_provided", **named):
            await self.write(ended.account, "signed_out", {"by": issuer})

    async def write(self, actor: str, action: str, detail: dict[str, str], subject: str | None = None) -> None:
        """Write something about signing in into the audit chain."""
        entry = {"actor": actor, "action": action, "subject": subject or actor, "detail": Jsonb(detail)}
        await self._database.execute("accounts", "add_audit", entry)

    async def _judge(self, found: list[Known], password: str) -> bool:
        """Judge a password; where there is none, against nobody's, so that it takes as long."""
        if len(password) > MOST_CHARACTERS:
            return False
        async with self._judging:
            is_right = await asyncio.to_thread(verify_secret, found[0].hash if found else NOBODY, password)
        return is_right and bool(found)

    async def _refuse(self, name: str, address: str, *, is_known: bool) -> NoReturn:
        # What was typed as a name may be a password: only names that are known go into the record.
        await self.write("nobody", "sign_in_refused", {"address": address}, name if is_known else None)
        raise refusal("wrong_password")


def make_csrf(cookie: str) -> str:
    """Make what unsafe requests must carry besides the cookie: only pages of ours can know it."""
    return hashlib.sha256(f"csrf {cookie}".encode()).hexdigest()


def hash_cookie(cookie: str) -> bytes:
    """Hash a cookie: the database has only that."""
    return hashlib.sha256(cookie.encode()).digest()


def _name_way(vouched: Vouched | None) -> dict[str, str | bytes | None]:
    if vouched is None:
        return dict.fromkeys(("issuer", "subject", "provider_session", "attempt"))
    return {
        "issuer": vouched.issuer,
        "subject": vouched.subject,
        "provider_session": vouched.provider_session,
        "attempt": vouched.attempt,
    }


def _make_principal(found: _Valid, id_hash: bytes, csrf: str) -> Principal:
    session = Session(id_hash, csrf, found.full_name, found.expires_at, found.password_is_first, found.by_provider)
    agencies, rights = frozenset(found.agencies), frozenset(found.rights)
    return Principal(found.account, found.role, "", agencies, rights, session)
