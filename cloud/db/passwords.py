"""Passwords of the four roles, for servers that ask for one (locally the socket vouches for them)."""

from collections.abc import Iterator
from pathlib import Path

from psycopg import sql

from cloud.db.connection import Connection
from cloud.db.errors import Misconfigured
from cloud.db.settings import PREFIX, DbSettings

ROLES = ("ingest", "api", "wall_reader", "modules", "operations", "warnings")


def set_passwords(connection: Connection, settings: DbSettings) -> list[str]:
    """Set the password of every role for which the settings have one.

    Returns:
        names of these roles.

    Raises:
        Misconfigured: none is given, or a file cannot be read or is empty.
    """
    given = list(_read_passwords(settings))
    if not given:
        raise Misconfigured(f"no password is given: set {PREFIX}INGEST_PASSWORD_FILE or another role's")
    for role, password in given:
        # Sent as its SCRAM verifier: the password itself must not reach a server that logs its statements.
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        order = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(order.format(sql.Identifier(role), sql.Literal(verifier.decode())))
    return [role for role, _ in given]


def _read_passwords(settings: DbSettings) -> Iterator[tuple[str, str]]:
    for role in ROLES:
        secret = getattr(settings, f"{role}_password")
        path: Path | None = getattr(settings, f"{role}_password_file")
        if secret is not None:
            yield role, str(secret.get_secret_value())
        elif path is not None:
            yield role, _read_file(path)


def _read_file(path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from error
    if not password:
        raise Misconfigured(f"{path} is empty; it should hold a password")
    return password
