"""Accounts, their passwords and tokens. Every change is written to the audit chain in the same transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from cloud.db.access_rules import refusal
from cloud.db.connection import Connection
from cloud.db.errors import Refused
from cloud.db.password import check_password, hash_password, make_first_password
from cloud.db.queries import load
from cloud.db.tokens import Role, make_token

# What can be typed, read aloud, and written into a line of a log.
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,80}")
# Who acts in logs and audit where no person does: nobody may pass for one.
RESERVED = {"satulayar", "nobody", "openid", "system"}
AGENCIES = ("transport", "disaster", "public_order", "health", "112", "platform")


@dataclass(frozen=True, slots=True)
class Account:
    """One who may ask."""

    id: int
    name: str
    role: Role
    full_name: str
    agencies: list[str]
    has_password: bool
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


def add_account(
    connection: Connection, name: str, role: Role, actor: str, *, full_name: str = "", agencies: Sequence[str] = ()
) -> int:
    """Create an account without a password and return its id.

    Args:
        connection: in autocommit.
        name: to sign in with.
        role: what it may do.
        actor: who does this.
        full_name: of the person, as the room reads it.
        agencies: whose incidents it may act on.

    Raises:
        Refused: the name is taken or is none, or an agency is unknown.
    """
    _require_agencies(agencies)
    if not _NAME.fullmatch(name):
        raise refusal("account_name", name=name)
    if name.casefold() in RESERVED:
        raise refusal("account_reserved", name=name)
    with connection.transaction():
        row = one(connection, "add_account", name=name, role=role, full_name=full_name, agencies=list(agencies))
        if row is None:
            raise refusal("account_known", name=name)
        audit(connection, actor, "account_added", name, role=role, agencies=list(agencies))
    return int(row[0])


def change_account(
    connection: Connection,
    name: str,
    actor: str,
    *,
    role: Role | None = None,
    full_name: str | None = None,
    agencies: Sequence[str] | None = None,
) -> None:
    """Change what an account may do; None leaves as it is. It holds from its next request on.

    With another role it signs in anew: a session, and what was left open with it, is of one role only.

    Raises:
        Refused: there is no such account, an agency is unknown, or nobody would be left to manage accounts.
    """
    _require_agencies(agencies or ())
    wanted = {"role": role, "full_name": full_name, "agencies": None if agencies is None else list(agencies)}
    with connection.transaction():
        account = require_known(connection, name)
        if account.role == "admin" and role not in (None, "admin"):
            _require_another_admin(connection, name)
        one(connection, "change_account", name=name, **wanted)
        if role not in (None, account.role):
            connection.execute(load("accounts")["end_sessions"], {"name": name, "but": None})
        changed = {key: value for key, value in wanted.items() if value is not None}
        audit(connection, actor, "account_changed", name, **changed)


def give_first_password(connection: Connection, name: str, actor: str) -> str:
    """Make a password that is good for nothing but choosing another, end the account's sessions, and return it.

    Raises:
        Refused: there is no such account.
    """
    password = make_first_password()
    hashed = hash_password(password)
    with connection.transaction():
        require_known(connection, name)
        one(connection, "set_password", name=name, hash=hashed, is_first=True)
        connection.execute(load("accounts")["end_sessions"], {"name": name, "but": None})
        audit(connection, actor, "password_reset", name)
    return password


def choose_password(
    connection: Connection, name: str, password: str, actor: str, *, but_session: bytes | None = None
) -> None:
    """Set the password that its holder chose, and end the account's other sessions.

    Args:
        connection: in autocommit.
        name: of the account.
        password: the new one.
        actor: who does this.
        but_session: hash of the session that stays; None ends all.

    Raises:
        Refused: it is too short, too long or too easy, or there is no such account.
    """
    check_password(name, password)
    hashed = hash_password(password)
    with connection.transaction():
        require_known(connection, name)
        one(connection, "set_password", name=name, hash=hashed, is_first=False)
        connection.execute(load("accounts")["end_sessions"], {"name": name, "but": but_session})
        audit(connection, actor, "password_changed", name)


def end_sessions(connection: Connection, name: str, actor: str) -> int:
    """Sign an account out everywhere and return of how many sessions.

    Raises:
        Refused: there is no such account.
    """
    with connection.transaction():
        require_known(connection, name)
        ended = len(connection.execute(load("accounts")["end_sessions"], {"name": name, "but": None}).fetchall())
        audit(connection, actor, "sessions_ended", name, sessions=ended)
    return ended


def list_accounts(connection: Connection) -> list[Account]:
    """List every account by name."""
    return [Account(*row) for row in connection.execute(load("accounts")["accounts"])]


def disable_account(connection: Connection, name: str, actor: str) -> None:
    """Lock an account and with it its sessions, at once, and its tokens: the API notices within a minute.

    Raises:
        Refused: there is no such open account, or nobody would be left to manage accounts.
    """
    with connection.transaction():
        _require_another_admin(connection, name)
        if one(connection, "disable_account", name=name) is None:
            raise refusal("account_not_open", name=name)
        audit(connection, actor, "account_disabled", name)


def enable_account(connection: Connection, name: str, actor: str) -> None:
    """Open a locked account again.

    Raises:
        Refused: there is no such locked account.
    """
    with connection.transaction():
        if one(connection, "enable_account", name=name) is None:
            raise refusal("account_not_locked", name=name)
        audit(connection, actor, "account_enabled", name)


def delegate(connection: Connection, name: str, authority: str, actor: str) -> None:
    """Let an account retime the junctions of another authority, on that authority's word; again changes nothing.

    Raises:
        Refused: there is no such account.
    """
    with connection.transaction():
        if one(connection, "account_by_name", name=name) is None:
            raise refusal("account_unknown", name=name)
        if one(connection, "delegate", name=name, authority=authority):
            audit(connection, actor, "account_delegated", name, authority=authority)


def undelegate(connection: Connection, name: str, authority: str, actor: str) -> None:
    """Take a delegation back.

    Raises:
        Refused: there is none.
    """
    with connection.transaction():
        if one(connection, "undelegate", name=name, authority=authority) is None:
            raise Refused(f"account {name!r} has no delegation of the {authority}")
        audit(connection, actor, "account_undelegated", name, authority=authority)


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
        audit(connection, actor, "token_created", token.id, account=name)
    return token.text


def revoke_token(connection: Connection, identity: str, actor: str) -> None:
    """Delete a token; the API notices within a minute.

    Raises:
        Refused: there is no such token.
    """
    with connection.transaction():
        if one(connection, "revoke_token", id=identity) is None:
            raise Refused(f"there is no token {identity!r}; `token list` shows their ids")
        audit(connection, actor, "token_revoked", identity)


def list_tokens(connection: Connection) -> list[TokenRow]:
    """List every token by account."""
    return [TokenRow(*row) for row in connection.execute(load("accounts")["tokens"])]


def _require_agencies(agencies: Sequence[str]) -> None:
    if unknown := sorted(set(agencies) - set(AGENCIES)):
        raise refusal("agency_unknown", agency=unknown[0], known=", ".join(AGENCIES))


def require_known(connection: Connection, name: str) -> Account:
    """Find an account.

    Raises:
        Refused: there is none.
    """
    row = one(connection, "account_by_name", name=name)
    if row is None:
        raise refusal("account_unknown", name=name)
    return Account(*row)


def _require_another_admin(connection: Connection, name: str) -> None:
    """Keep the last administrator who can sign in: without him nobody could open the door again but at the server."""
    row = one(connection, "account_by_name", name=name)
    others = one(connection, "open_admins", name=name)
    if row and others and Account(*row).role == "admin" and Account(*row).has_password and not others[0]:
        raise refusal("last_admin", name=name)


def _require_account(connection: Connection, name: str, role: Role, actor: str) -> int:
    row = one(connection, "account_by_name", name=name)
    if row is None:
        return add_account(connection, name, role, actor)
    account = Account(*row)
    if account.role != role:
        raise Refused(f"account {name!r} is {account.role}, not {role}; say --role {account.role} or take another name")
    if account.disabled_at:
        raise Refused(f"account {name!r} is locked; `account enable {name}` opens it")
    return account.id


def audit(connection: Connection, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Append to the audit chain."""
    entry = {"actor": actor, "action": action, "subject": subject, "detail": Jsonb(detail)}
    connection.execute(load("accounts")["add_audit"], entry)


def one(connection: Connection, statement: str, **parameters: Any) -> tuple[Any, ...] | None:
    """Run a statement of `sql/accounts.sql` and give its first row."""
    return connection.execute(load("accounts")[statement], parameters).fetchone()
