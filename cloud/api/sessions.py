"""People who sign in with a password: the check, what slows guessing, and the sessions that follow.

Nobody is ever locked out by what strangers do. An address has ten wrong passwords, then one each six seconds; an
account that was guessed at makes the next guess wait before it is judged, up to 8 s. Neither holds for an account at
an address from which it has signed in before, so a control room behind one NAT goes on. Both counts are this process's.

Source: OWASP Authentication and Session Management Cheat Sheets; NIST SP 800-63B, 5.2.2.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from psycopg.types.json import Jsonb

from cloud.api.auth import FailureLimit, Principal, Session
from cloud.api.database import Database
from cloud.db.access_rules import refusal
from cloud.db.password import MOST_CHARACTERS, NOBODY
from cloud.db.tokens import Role, verify_secret

ID_BYTES = 32
# argon2 takes 19 MiB and a core for some tens of milliseconds: so many at a time.
MAX_JUDGED = 2
# Wrong guesses at an account before the next one waits, and how long at the most.
FREE_GUESSES = 3
MAX_DELAY_S = 8.0
FORGET_S = 900.0
MAX_ACCOUNTS = 10_000
# Guesses that wait at a time; more are told to come back.
MAX_WAITING = 100
MAX_BROWSER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Known:
    """An account that can sign in with a password."""

    id: int
    name: str
    hash: str


@dataclass(frozen=True, slots=True)
class _Valid:
    account: str
    role: Role
    full_name: str
    agencies: list[str]
    password_is_first: bool
    expires_at: datetime
    is_stale: bool
    rights: list[str]


@dataclass(frozen=True, slots=True)
class _One:
    one: int


@dataclass(frozen=True, slots=True)
class _Ended:
    account: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants to sign in.

    Attributes:
        address: of the client.
        browser: as it names itself.
    """

    address: str
    browser: str


class Guesses:
    """How often each account was guessed at lately.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def delay_s(self, account: str) -> float:
        """Tell how long the next guess waits: doubling after the third, up to the most."""
        count = self._count(account)
        return 0.0 if count < FREE_GUESSES else min(MAX_DELAY_S, 0.5 * 2.0 ** (count - FREE_GUESSES))

    def count(self, account: str) -> None:
        """Count a wrong guess."""
        self._counts[account] = (self._count(account) + 1, self._clock())
        self._counts.move_to_end(account)
        if len(self._counts) > MAX_ACCOUNTS:
            self._counts.popitem(last=False)

    def forget(self, account: str) -> None:
        """Forget what was guessed, because somebody knew it."""
        self._counts.pop(account, None)

    def _count(self, account: str) -> int:
        count, at_s = self._counts.get(account, (0, 0.0))
        return count if self._clock() - at_s < FORGET_S else 0


class Sessions:
    """Signs people in and out, and tells whose a cookie is.

    Args:
        database: where accounts and sessions are.
        lasts_s: seconds after which a session is over in any case.
        idle_s: seconds without a request after which it is over.
        clock: monotonic seconds, for the limits.
    """

    def __init__(
        self, database: Database, lasts_s: float, idle_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lasts = timedelta(seconds=lasts_s)
        self.idle = timedelta(seconds=idle_s)
        self._failures = FailureLimit(clock)
        self._guesses = Guesses(clock)
        self._judging = asyncio.Semaphore(MAX_JUDGED)
        self._waiting = 0

    async def sign_in(self, name: str, password: str, visitor: Visitor) -> str:
        """Judge a password and begin a session.

        Returns:
            the cookie; nobody else keeps it.

        Raises:
            Ruled: `wrong_password` or `too_many_attempts`.
            Unavailable: the database is away.
        """
        return await self._begin(await self.check(name, password, visitor.address), visitor)

    async def check(self, name: str, password: str, address: str) -> Known:
        """Judge a password.

        Raises:
            Ruled: `wrong_password` or `too_many_attempts`.
            Unavailable: the database is away.
        """
        found = await self._database.fetch(Known, "sessions", "password_of", account=name)
        await self._wait(name, address)
        if not await self._judge(found, password):
            await self._refuse(name, address, is_known=bool(found))
        self._guesses.forget(name)
        return found[0]

    async def identify(self, cookie: str) -> Principal:
        """Find out whose session a cookie is.

        Raises:
            Ruled: `session_over`.
            Unavailable: the database is away.
        """
        id_hash = _hash(cookie)
        found = await self._database.fetch(_Valid, "sessions", "valid", id_hash=id_hash, idle=self.idle)
        if not found:
            raise refusal("session_over")
        if found[0].is_stale:
            await self._database.execute("sessions", "see", {"id_hash": id_hash})
        return _make_principal(found[0], id_hash, make_csrf(cookie))

    async def end(self, cookie: str, address: str) -> None:
        """End a session; one that has ended stays so."""
        for ended in await self._database.fetch(_Ended, "sessions", "end", id_hash=_hash(cookie)):
            await self._audit(ended.account, "signed_out", {"address": address})

    async def _wait(self, name: str, address: str) -> None:
        delay_s, is_full = self._guesses.delay_s(name), self._failures.is_full(address)
        if not (delay_s or is_full):
            return
        if await self._database.fetch(_One, "sessions", "was_here", account=name, address=address):
            return
        if is_full or self._waiting >= MAX_WAITING:
            raise refusal("too_many_attempts")
        self._waiting += 1
        try:
            await asyncio.sleep(delay_s)
        finally:
            self._waiting -= 1

    async def _judge(self, found: list[Known], password: str) -> bool:
        """Judge a password; where there is none, against nobody's, so that it takes as long."""
        if len(password) > MOST_CHARACTERS:
            return False
        async with self._judging:
            is_right = await asyncio.to_thread(verify_secret, found[0].hash if found else NOBODY, password)
        return is_right and bool(found)

    async def _refuse(self, name: str, address: str, *, is_known: bool) -> NoReturn:
        if self._failures.count(address):
            raise refusal("too_many_attempts")
        self._guesses.count(name)
        # What was typed as a name may be a password: only names that are known go into the record.
        subject = name if is_known else None
        await self._audit("nobody", "sign_in_refused", {"address": address}, subject)
        raise refusal("wrong_password")

    async def _begin(self, account: Known, visitor: Visitor) -> str:
        cookie = secrets.token_urlsafe(ID_BYTES)
        await self._database.execute("sessions", "forget_old", {})
        values = {"id_hash": _hash(cookie), "account_id": account.id, "lasts": self._lasts}
        values |= {"address": visitor.address, "browser": visitor.browser[:MAX_BROWSER_CHARACTERS]}
        await self._database.execute("sessions", "begin", values)
        await self._audit(account.name, "signed_in", {"address": visitor.address})
        return cookie

    async def _audit(self, actor: str, action: str, detail: dict[str, str], subject: str | None = None) -> None:
        entry = {"actor": actor, "action": action, "subject": subject or actor, "detail": Jsonb(detail)}
        await self._database.execute("accounts", "add_audit", entry)


def make_csrf(cookie: str) -> str:
    """Make what unsafe requests must carry besides the cookie: only pages of ours can know it."""
    return hashlib.sha256(f"csrf {cookie}".encode()).hexdigest()


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def _make_principal(found: _Valid, id_hash: bytes, csrf: str) -> Principal:
    session = Session(id_hash, csrf, found.full_name, found.expires_at, found.password_is_first)
    agencies, rights = frozenset(found.agencies), frozenset(found.rights)
    return Principal(found.account, found.role, "", agencies, rights, session)
