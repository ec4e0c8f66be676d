"""Where tables that are brought are read: in threads, few at a time, each with a connection of its own.

Reading a spreadsheet is seconds of a processor, and its storing one long transaction: neither belongs into the loop
that answers everybody else, nor into its pool.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from psycopg.conninfo import make_conninfo

from cloud.db.connection import connect, conninfo, translated
from cloud.modules.rules import refusal
from cloud.modules.store import Line

MAX_TABLE_BYTES = 10_000_000
AT_ONCE = 2
MOST_WAITING = 20

_APPLICATION = "satulayar-api-modules"
_STATEMENT_MS = 60_000
T = TypeVar("T")


class ModuleDesk:
    """Runs what has to do with modules' figures.

    Args:
        dsn: of the database.
    """

    def __init__(self, dsn: str) -> None:
        options = f"-c statement_timeout={_STATEMENT_MS} -c timezone=UTC"
        self._info = make_conninfo(conninfo(dsn, _APPLICATION), options=options)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def do(self, work: Callable[[Line], T]) -> T:
        """Run something with a connection in autocommit mode, in a thread.

        Raises:
            Crowded: many wait already.
            Unavailable: the database is away or busy.
        """
        if self._waiting >= MOST_WAITING:
            raise refusal("modules_busy")
        self._waiting += 1
        try:
            async with self._places:
                return await asyncio.to_thread(self._do, work)
        finally:
            self._waiting -= 1

    def _do(self, work: Callable[[Line], T]) -> T:
        with translated(), connect(self._info, _APPLICATION, autocommit=True) as connection:
            return work(connection)
