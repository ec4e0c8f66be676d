"""One way to open a connection, so that every session names its program and fails in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cloud.db.errors import Misconfigured, Refused, Unavailable

CONNECT_TIMEOUT_S = 5

Connection = psycopg.Connection[tuple[Any, ...]]


def conninfo(dsn: str, application: str) -> str:
    """Complete a DSN with the program's name and a connect timeout, without overriding what it says itself.

    Raises:
        Misconfigured: the DSN cannot be read.
    """
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise Misconfigured(f"the DSN cannot be read: {error}") from error
    defaults: dict[str, str | int] = {"application_name": application, "connect_timeout": CONNECT_TIMEOUT_S}
    missing = {name: value for name, value in defaults.items() if name not in given}
    return make_conninfo(dsn, **missing)


def connect(dsn: str, application: str, *, autocommit: bool = False) -> Connection:
    """Open a connection.

    Args:
        dsn: key-value or URI form.
        application: shown in pg_stat_activity.
        autocommit: True where transactions are opened in so many words.

    Raises:
        Misconfigured: the DSN cannot be read.
        Unavailable: the server does not answer or lets nobody in.
    """
    info = conninfo(dsn, application)
    try:
        return psycopg.connect(info, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database does not let us in: {str(error).strip()}") from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn psycopg's errors into ours.

    Raises:
        Unavailable: the server is gone, busy or shutting down, or a lock was not to be had in time.
        Misconfigured: the role may not do this, or the schema is not the one of this program.
        Refused: the server refused a statement.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database is not available: {str(error).strip()}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Misconfigured(f"this role may not do that: {str(error).strip()}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        message = str(error).strip().splitlines()[0]
        raise Misconfigured(f"the schema is not this program's ({message}): run `satulayar-db migrate`") from error
    except psycopg.Error as error:
        raise Refused(f"the database refused: {str(error).strip()}") from error
