"""A query on another database: PostgreSQL or MySQL, read-only, row by row.

The database itself refuses what is no reading: a PostgreSQL cursor takes a SELECT only, and both sessions are
read-only. Source: PostgreSQL 17, "DECLARE" and "default_transaction_read_only"; MySQL 8.4, "START TRANSACTION";
PyMySQL 1.1, `SSCursor`.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
from pymysql.cursors import SSCursor

from cloud.modules.errors import SourceAway, SourceFailed, Unset
from cloud.modules.sources.models import Sql
from cloud.modules.sources.tables import Row
from cloud.modules.sources.visit import Visit

_CONNECT_S = 10
_CHUNK_ROWS = 2_000
_MYSQL_PORT = 3306
_CLIENT_ERRORS = 2_000
_BUSY = {1040, 1205, 1213}  # too many connections, lock wait timeout, deadlock


def read_sql(source: Sql, visit: Visit) -> Iterator[Row]:
    """Give a query's rows, its columns' names first.

    Raises:
        Unset: the variable with the address is another module's.
        SourceFailed: it is not set, or names neither kind of database; or the database is
            away, lets us not in, or refuses the query.
    """
    name = source.connection
    own = f"SOURCE_{visit.module.upper()}_"
    if not name.startswith(own):
        raise Unset(
            f"Manifes menyebut variabel {name}; yang boleh hanya yang diawali {own}.",
            f"the manifest names the variable {name}: it may name those that begin with {own} only",
        )
    address = visit.reach.environment.get(name)
    if not address:
        raise SourceFailed(
            f"Variabel {name} belum diisi: di situlah alamat basis datanya.",
            f"The variable {name} is not set: it holds the address of the database.",
        )
    days = {"from": visit.since or None, "to": visit.until or None}
    if address.startswith(("postgresql://", "postgres://")):
        yield from _read_postgresql(source, address, days)
    elif address.startswith("mysql://"):
        yield from _read_mysql(source, address, days)
    else:
        raise SourceFailed(
            f"{name} harus diawali postgresql:// atau mysql://.",
            f"{name} must begin with postgresql:// or mysql://.",
        )


def _read_postgresql(source: Sql, address: str, days: dict[str, str | None]) -> Iterator[Row]:
    options = f"-c statement_timeout={round(source.timeout_s * 1_000)} -c default_transaction_read_only=on"
    try:
        with (
            psycopg.connect(address, connect_timeout=_CONNECT_S, options=options) as connection,
            connection.cursor("satulayar") as cursor,
        ):
            cursor.itersize = _CHUNK_ROWS
            cursor.execute(source.query.encode(), days)
            yield [column.name for column in cursor.description or ()]
            for row in cursor:
                yield list(row)
    except psycopg.OperationalError as error:
        raise _away(source, error) from error
    except psycopg.Error as error:
        raise _refused(error) from error


def _read_mysql(source: Sql, address: str, days: dict[str, str | None]) -> Iterator[Row]:
    try:
        connection = pymysql.connect(**_parts(address), cursorclass=SSCursor, read_timeout=source.timeout_s)
    except (pymysql.Error, OSError, ValueError) as error:  # the address itself may be none
        raise _away(source, error) from error
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(source.query, days)
            yield [column[0] for column in cursor.description or ()]
            for row in iter(cursor.fetchone, None):
                yield list(row)
    except pymysql.Error as error:
        code = error.args[0] if error.args else 0
        # PyMySQL calls operational what a server refuses, too; its own words begin at 2000 (libmysqlclient's errmsg.h).
        is_away = isinstance(code, int) and (code >= _CLIENT_ERRORS or code in _BUSY)
        raise (_away(source, error) if is_away else _refused(error)) from error


def _parts(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    return {
        "host": parts.hostname or "",
        "port": parts.port or _MYSQL_PORT,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
        "connect_timeout": _CONNECT_S,
        "charset": "utf8mb4",
    }


def _away(source: Sql, error: Exception) -> SourceFailed:
    # Only the kind: a driver's message may repeat the address, and the address holds a password.
    kind = type(error).__name__
    return SourceAway(
        f"Basis data di {source.connection} tidak menjawab ({kind}): periksa alamat, hak akses, dan batas waktu.",
        f"The database at {source.connection} does not answer ({kind}): check address, right to read, and timeout_s.",
    )


def _refused(error: Exception) -> SourceFailed:
    said = str(error).strip().splitlines()[0][:200]
    return SourceFailed(f"Basis data menolak kueri: {said}.", f"The database refuses the query: {said}.")
