"""What slows those who guess passwords, counted in the database: one count for all processes of the API.

Three leaky buckets. An *address* has ten wrong guesses, then one each six seconds. An *account* that was guessed at
makes the next guess wait before it is judged, twice as long each time, up to 8 s; it never refuses, so nobody is locked
out by what strangers do. A *browser* in which the account has signed in before (it has a cookie of its own for that)
is held up by neither: it has a bucket to itself, as an address has. A guess counts before it is judged, and is taken
back when it was right: a hundred sent at the same time are a hundred.

Source: OWASP Authentication Cheat Sheet, "Login Throttling"; OWASP, "Slow Down Online Guessing Attacks with Device
Cookies"; NIST SP 800-63B, 5.2.2.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from cloud.api.database import Database
from cloud.db.access_rules import refusal

# Of an address, and of a browser.
MAX_WRONG, REFILL_S = 10, 6.0
# Of an account: guesses before the next one waits, how long at the most, and how soon it is forgotten.
FREE_GUESSES = 3
MAX_DELAY_S = 8.0
MAX_GUESSES, FORGET_ONE_S = 30, 30.0
# Guesses that wait in this process at a time; more are told to come back.
MAX_WAITING = 100
# Whoever has one address of IPv6 has its network.
V6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants to sign in.

    Attributes:
        address: of the client.
        browser: as it names itself.
        device: SHA-256 of the browser's own cookie; None for one that never signed in here.
    """

    address: str
    browser: str = ""
    device: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Level:
    level: float


@dataclass(frozen=True, slots=True)
class _One:
    one: int


class Guesses:
    """Counts guesses, and lets them wait.

    Args:
        database: where they are counted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = 0

    async def admit(self, name: str, visitor: Visitor) -> bytes:
        """Let a guess pass, at once or after a while; it is counted as a wrong one.

        Returns:
            the bucket that counted it, for `forgive`.

        Raises:
            Ruled: `too_many_attempts`.
            Unavailable: the database is away.
        """
        is_known = visitor.device is not None and await self._knows(name, visitor.device)
        bucket = _key("device", name, visitor.device) if is_known else _key("address", _block(visitor.address))
        if await self._count(bucket, MAX_WRONG, REFILL_S) is None:
            raise refusal("too_many_attempts")
        if not is_known:
            level = await self._count(_key("account", name), MAX_GUESSES, FORGET_ONE_S)
            await self._wait(find_delay_s(MAX_GUESSES if level is None else level))
        return bucket

    async def forgive(self, name: str, bucket: bytes) -> None:
        """Take a guess back, because it was right."""
        await self._database.execute("sessions", "forgive_guess", {"key": bucket})
        await self._database.execute("sessions", "forget_guesses", {"key": _key("account", name)})

    async def _knows(self, name: str, device: bytes) -> bool:
        return bool(await self._database.fetch(_One, "sessions", "was_here", account=name, device=device))

    async def _count(self, key: bytes, most: float, refill_s: float) -> float | None:
        """Count a guess; give how many there were, None where there were too many."""
        found = await self._database.fetch(_Level, "sessions", "count_guess", key=key, most=most, refill_s=refill_s)
        return found[0].level if found else None

    async def _wait(self, delay_s: float) -> None:
        if delay_s and self._waiting >= MAX_WAITING:
            raise refusal("too_many_attempts")
        self._waiting += 1
        try:
            await asyncio.sleep(delay_s)
        finally:
            self._waiting -= 1


def find_delay_s(guesses: float) -> float:
    """Tell how long a guess waits after others: doubling after the third, up to the most."""
    return 0.0 if guesses < FREE_GUESSES else min(MAX_DELAY_S, 0.5 * 2.0 ** (guesses - FREE_GUESSES))


def _block(address: str) -> str:
    """Give what counts as one address."""
    try:
        is_v6 = ip_address(address).version == 6  # noqa: PLR2004 - its name
    except ValueError:
        return address
    return str(ip_network(f"{address}/{V6_PREFIX}", strict=False)) if is_v6 else address


def _key(kind: str, *parts: str | bytes | None) -> bytes:
    """Name a bucket: what was typed as a name may be a password, so nothing of it is kept."""
    octets = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return hashlib.sha256(b"\0".join([kind.encode(), *octets])).digest()
