"""Who pushes figures, by a module's token. A valid token always passes; only what is wrong is slowed.

It is judged before anything of the body is read, and on the loop: a form that is no token's costs nothing, an unknown
id or a wrong secret one index read, of which few are under way at a time. Those whose token was right here before do
not wait behind guesses at all. Nothing is remembered of a token but its id, so that revoking counts at once.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from cloud.api.auth import FailureLimit
from cloud.api.database import Database
from cloud.modules.rules import refusal
from cloud.modules.tokens import is_secret, split_token

MAX_LOOKUPS = 2
MAX_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class _Stored:
    hash: bytes
    module: str


class ModuleTokens:
    """Tells who pushes.

    Args:
        database: where tokens are.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._failures = FailureLimit(clock)
        self._lookups = asyncio.Semaphore(MAX_LOOKUPS)
        self._known: OrderedDict[str, None] = OrderedDict()

    async def identify(self, module: str, token: str, address: str) -> str:
        """Give the id of a module's token.

        Args:
            module: that figures are pushed to.
            token: as in the Authorization header, without `Bearer`.
            address: of the client; how many wrong tokens came from it, for one id, decides how a wrong one is told off.

        Raises:
            Unauthenticated: it is no valid token of that module.
            TooMany: the same, and it is not the first.
            Unavailable: the database is away.
        """
        parts = split_token(token)
        identity = parts[0] if parts else ""
        if parts is not None and await self._is_right(module, *parts):
            self._remember(identity)
            return identity
        # Unknown ids are many, and count together; wrong secrets of one id count by themselves.
        if self._failures.count(f"{address} {identity if identity in self._known else ''}"):
            raise refusal("too_many_module_tokens")
        raise refusal("module_token", module=module)

    async def _is_right(self, module: str, identity: str, secret: str) -> bool:
        if identity in self._known:
            stored = await self._find(identity)
        else:
            async with self._lookups:
                stored = await self._find(identity)
        is_right = is_secret(secret, stored.hash if stored else None)
        return is_right and stored is not None and stored.module == module

    async def _find(self, identity: str) -> _Stored | None:
        found = await self._database.fetch(_Stored, "modules", "token", id=identity)
        return found[0] if found else None

    def _remember(self, identity: str) -> None:
        self._known[identity] = None
        self._known.move_to_end(identity)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
