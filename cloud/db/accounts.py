"""Accounts and their tokens. Every change is written to the audit chain in the same transaction."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.connection import Connection
from cloud.db.errors import Refused
from cloud.db.queries import load
from cloud.db.tokens import Role, make_token

# What can be typed, read aloud, and written into a line of a log.
_NAME = re.compile(r"[\w.@-]{1,80}")


@dataclass(frozen=True, slots=True)
class Account:
    """One who may ask."""

    id: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as it is listed."""

    id: str
    account: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def add_account(connection: Connection, name: str, role: Role, actor: str) -> int:
    """Create an account and return its id.

    Raises:
        Refused: the name is taken, or is none.
    """
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is no account's name; take letters, digits and . _ @ -, 80 at the most")
    with connection.transaction():
        row = _one(connection, "add_account", name=name, role=role)
        if row is None:
            raise Refused(f"there is an account {name!r} already; `account list` shows it")
        _audit(connection, actor, "account_added", name, role=role)
    return int(row[0])


def list_accounts(connection: Connection) -> list[Account]:
    """List every account by name."""
    return [Account(*row) for row in connection.execute(load("accounts")["accounts"])]


def disable_account(connection: Connection, name: str, actor: str) -> None:
    """Lock an account and with it all its tokens; the API notices within a minute.

    Raises:
        Refused: there is no such open account.
    """
    with connection.transaction():
        if _one(connection, "disable_account", name=name) is None:
            raise Refused(f"there is no open account {name!r}; `account list` shows them all")
        _audit(connection, actor, "account_disabled", name)


def enable_account(connection: Connection, name: str, actor: str) -> None:
    """Open a locked account again.

    Raises:
        Refused: there is no such locked account.
    """
    with connection.transaction():
        if _one(connection, "enable_account", name=name) is None:
            raise Refused(f"there is no locked account {name!r}; `account list` shows them all")
        _audit(connection, actor, "account_enabled", name)


def delegate(connection: Connection, name: str, authority: str, actor: str) -> None:
    """Let an account retime the junctions of another authority, on that authority's word; again changes nothing.

    Raises:
        Refused: there is no such account.
    """
    with connection.transaction():
        if _one(connection, "account_by_name", name=name) is None:
            raise Refused(f"there is no account {name!r}; `account list` shows them all")
        if _one(connection, "delegate", name=name, authority=authority):
            _audit(connection, actor, "account_delegated", name, authority=authority)


def undelegate(connection: Connection, name: str, authority: str, actor: str) -> None:
    """Take a delegation back.

    Raises:
        Refused: there is none.
    """
    with connection.transaction():
        if _one(connection, "undelegate", name=name, authority=authority) is None:
            raise Refused(f"account {name!r} has no delegation of the {authority}")
        _audit(connection, actor, "account_undelegated", name, authority=authority)


def create_token(connection: Connection, name: str, role: Role, actor: str, lifetime: timedelta | None = None) -> str:
    """Create a token, and its account if there is none, and return the token: it cannot be shown again.

    Args:
        connection: of the database's owner, in autocommit.
        name: of the account.
        role: of the account.
        actor: who does this.
        lifetime: after which the token ends; None: never.

    Raises:
        Refused: the account has another role or is locked.
    """
    token = make_token()
    with connection.transaction():
        account_id = _require_account(connection, name, role, actor)
        expires_at = datetime.now(UTC) + lifetime if lifetime else None
        values = {"id": token.id, "account_id": account_id, "hash": token.hash, "expires_at": expires_at}
        connection.execute(load("accounts")["add_token"], values)
        _audit(connection, actor, "token_created", token.id, account=name)
    return token.text


def revoke_token(connection: Connection, identity: str, actor: str) -> None:
    """Delete a token; the API notices within a minute.

    Raises:
        Refused: there is no such token.
    """
    with connection.transaction():
        if _one(connection, "revoke_token", id=identity) is None:
            raise Refused(f"there is no token {identity!r}; `token list` shows their ids")
        _audit(connection, actor, "token_revoked", identity)


def list_tokens(connection: Connection) -> list[TokenRow]:
    """List every token by account."""
    return [TokenRow(*row) for row in connection.execute(load("accounts")["tokens"])]


def find_broken_audit(connection: Connection) -> list[int]:
    """List the audit rows that do not follow from the row before; none means that the chain holds."""
    return [row[0] for row in connection.execute(load("accounts")["broken_audit"])]


def _require_account(connection: Connection, name: str, role: Role, actor: str) -> int:
    row = _one(connection, "account_by_name", name=name)
    if row is None:
        return add_account(connection, name, role, actor)
    account = Account(*row)
    if account.role != role:
        raise Refused(f"account {name!r} is {account.role}, not {role}; say --role {account.role} or take another name")
    if account.disabled_at:
        raise Refused(f"account {name!r} is locked; `account enable {name}` opens it")
    return account.id


def _audit(connection: Connection, actor: str, action: str, subject: str, **detail: Any) -> None:
    entry = {"actor": actor, "action": action, "subject": subject, "detail": Jsonb(detail)}
    connection.execute(load("accounts")["add_audit"], entry)


def _one(connection: Connection, statement: str, **parameters: Any) -> tuple[Any, ...] | None:
    return connection.execute(load("accounts")[statement], parameters).fetchone()
