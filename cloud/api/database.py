"""The API's connections to the database: a pool, bounded in number and in time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from cloud.api.settings import ApiSettings
from cloud.db.connection import conninfo, translated
from cloud.db.queries import load

Row = TypeVar("Row")
Line = AsyncConnection[tuple[Any, ...]]

APPLICATION = "satulayar-api"
# A person who waits longer than this for a place in the queue is better told to come back.
POOL_TIMEOUT_S = 5.0


class Database:
    """Runs the statements of `sql/api.sql` and `sql/accounts.sql`.

    Args:
        settings: where the database is and how much of it to use.
    """

    def __init__(self, settings: ApiSettings) -> None:
        timeout_ms = round(settings.statement_timeout_s * 1_000)
        self._info = make_conninfo(
            conninfo(settings.dsn, APPLICATION),
            options=f"-c statement_timeout={timeout_ms} -c timezone=UTC",
            # A line that was cut without a word is noticed within half a minute.
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        self.pool = AsyncConnectionPool(
            self._info,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=settings.pool_connections,
            max_waiting=settings.pool_connections * 8,
            timeout=POOL_TIMEOUT_S,
            check=AsyncConnectionPool.check_connection,  # a restarted database costs nobody an error
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect, without waiting: the API answers that it is not ready until the database is there."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.close()

    async def fetch(self, row: type[Row], file: str, name: str, **parameters: Any) -> list[Row]:
        """Run a statement and make an object of each row, from its columns by name.

        Raises:
            Unavailable: the database is away or busy.
        """
        statement: LiteralString = load(file)[name]
        with translated():
            async with self.pool.connection() as line, line.cursor(row_factory=class_row(row)) as cursor:
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

    async def execute(self, file: str, name: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement that returns nothing.

        Raises:
            Unavailable: as `fetch`.
        """
        with translated():
            async with self.pool.connection() as line:
                await line.execute(load(file)[name], parameters)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Line]:
        """Open a connection of one's own, outside the pool, for LISTEN.

        Raises:
            Unavailable: as `fetch`.
        """
        with translated():
            async with await AsyncConnection.connect(self._info, autocommit=True) as line:
                yield line
