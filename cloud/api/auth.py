"""Who asks, by bearer token. A valid token always passes; only what is wrong is slowed.

argon2 is slow on purpose, so it runs in one thread at a time, once per token and database hash: a verified token
is remembered for a minute by its SHA-256, then only its row is read again. Revoking therefore works within that
minute. A secret has 256 random bits: guessing is hopeless, so nothing is ever locked, and the limits below only keep
wrong tokens cheap. A form that is no token's costs nothing, an unknown id one index read, a wrong secret of a known
id one argon2, of which few may wait.
"""

import asyncio
import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cloud.api.database import Database
from cloud.api.refusals import refusal
from cloud.db import access_rules
from cloud.db.tokens import Role, StoredToken, split_token, verify_secret

REMEMBER_S = 60.0
MAX_REMEMBERED = 10_000

# Whoever knows a token's id could queue wrong secrets without end; other ids must not wait behind them.
MAX_JUDGED_PER_TOKEN = 4
# Tokens never seen here before share so many connections of the pool, so that guesses leave the rest to people.
MAX_LOOKUPS = 2

# Wrong tokens of one address that are told 401: ten at once, then one every six seconds; the others are told 429.
MAX_FAILURES = 10
FAILURE_REFILL_S = 6.0
MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """A person's session.

    Attributes:
        id_hash: SHA-256 of its cookie.
        csrf: what unsafe requests must carry besides the cookie.
        full_name: of the person.
        expires_at: when it is over in any case.
        password_is_first: nothing but choosing a password is allowed.
        by_provider: an OpenID provider vouched for the person.
    """

    id_hash: bytes
    csrf: str
    full_name: str
    expires_at: datetime
    password_is_first: bool
    by_provider: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what they may do.

    Attributes:
        account: name.
        role: decides what may be seen.
        token_id: empty where a person is signed in.
        agencies: whose incidents they may act on; an administrator acts on all.
        rights: actions that the role may order, see the table role_right.
        session: of a person who is signed in.
    """

    account: str
    role: Role
    token_id: str
    agencies: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()
    session: Session | None = None

    @property
    def holder(self) -> str:
        """Name the session or token by which somebody asks."""
        return self.session.id_hash.hex() if self.session else self.token_id

    @property
    def is_of_the_room(self) -> bool:
        """Whether it may know what cameras saw, and who asked for it; who brings figures to the wall may not."""
        return self.role != "module_owner"

    def require(self, action: str, agency: str | None = None) -> None:
        """Refuse an order that this account may not give.

        Args:
            action: such as `incident.dispatch`.
            agency: whose the thing is; None: nobody's.

        Raises:
            Ruled: by the rule `right` or `agency`.
        """
        if action not in self.rights:
            raise access_rules.refusal("right", role=self.role, action=action)
        if agency is not None and self.role != "admin" and agency not in self.agencies:
            raise access_rules.refusal("agency", agency=agency, account=self.account)


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    hash: str
    until_s: float


class FailureLimit:
    """A leaky bucket per address; addresses that were quiet longest are forgotten first.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, address: str) -> bool:
        """Count a wrong token, and tell whether its address has sent too many."""
        level = self._level(address)
        if self.is_full(address):
            return True
        self._levels[address] = (level + 1, self._clock())
        self._levels.move_to_end(address)
        if len(self._levels) > MAX_ADDRESSES:
            self._levels.popitem(last=False)
        return False

    def is_full(self, address: str) -> bool:
        """Tell whether an address has sent too many."""
        return self._level(address) > MAX_FAILURES - 1

    def _level(self, address: str) -> float:
        level, at_s = self._levels.get(address, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at_s) / FAILURE_REFILL_S)


class Authenticator:
    """Tells who holds a token.

    Args:
        database: where tokens are.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[bytes, _Verified] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[Principal | None]] = {}
        self._failures = FailureLimit(clock)
        self._one_at_a_time = asyncio.Semaphore(1)
        self._lookups = asyncio.Semaphore(MAX_LOOKUPS)
        self._judged: Counter[str] = Counter()

    async def identify(self, token: str, address: str) -> Principal:
        """Find out who holds a token.

        Args:
            token: as in the Authorization header, without `Bearer`.
            address: of the client; how many wrong tokens came from it decides how a wrong one is told off.

        Raises:
            Unauthenticated: the token is not valid, or not any more.
            TooMany: the same, and it is not this address's first; or many wrong secrets of this token's id wait.
            Unavailable: the database is away.
        """
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        if known and known.until_s > self._clock():
            return known.principal
        principal = await self._verify_once(key, token)
        if principal is None:
            if self._failures.count(address):
                raise refusal("too_many_wrong_tokens")
            raise refusal("token_invalid")
        return principal

    async def _verify_once(self, key: bytes, token: str) -> Principal | None:
        """Share one verification among all requests that came with the same token meanwhile."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._verify(key, token), name="verify-token")
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _verify(self, key: bytes, token: str) -> Principal | None:
        known = self._known.pop(key, None)
        parts = split_token(token)
        if parts is None:
            return None
        identity, secret = parts
        found = await self._find(identity, is_known=known is not None)
        if not found or not await self._is_right(known, found[0], identity, secret):
            return None
        principal = Principal(
            found[0].account, found[0].role, identity, frozenset(found[0].agencies), frozenset(found[0].rights)
        )
        self._remember(key, _Verified(principal, found[0].hash, self._clock() + _rest_s(found[0])))
        await self._database.execute("accounts", "note_use", {"id": identity})
        return principal

    async def _find(self, identity: str, *, is_known: bool) -> list[StoredToken]:
        if is_known:
            return await self._database.fetch(StoredToken, "accounts", "valid_token", id=identity)
        async with self._lookups:
            return await self._database.fetch(StoredToken, "accounts", "valid_token", id=identity)

    async def _is_right(self, known: _Verified | None, stored: StoredToken, identity: str, secret: str) -> bool:
        if known and known.hash == stored.hash:
            return True
        if self._judged[identity] >= MAX_JUDGED_PER_TOKEN:
            raise refusal("token_guessed")
        self._judged[identity] += 1
        try:
            async with self._one_at_a_time:
                return await asyncio.to_thread(verify_secret, stored.hash, secret)
        finally:
            self._judged -= Counter({identity: 1})

    def _remember(self, key: bytes, verified: _Verified) -> None:
        self._known[key] = verified
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)


def _rest_s(stored: StoredToken) -> float:
    if stored.expires_at is None:
        return REMEMBER_S
    return min(REMEMBER_S, (stored.expires_at - datetime.now(UTC)).total_seconds())
