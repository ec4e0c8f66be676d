"""Whose account somebody of an OpenID provider is.

By the provider's subject, never by a name: names are given to others, and one that somebody chose there must not open
an account that is here. Accounts that a sign-in made follow the provider's claims; those that were linked here by
hand keep the rights that they have here. A locked account is locked, whoever vouches.
"""

from dataclasses import dataclass
from typing import Literal

from cloud.db import accounts
from cloud.db.access_rules import refusal
from cloud.db.accounts import audit, one
from cloud.db.connection import Connection
from cloud.db.tokens import Role

ACTOR = "openid"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a provider's claims are read; `role` is None where they give none."""

    name: str
    full_name: str
    role: Role | None
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provided:
    """An account that somebody of a provider may enter."""

    id: int
    name: str
    role: Role


def enter(
    connection: Connection,
    issuer: str,
    subject: str,
    person: Person,
    *,
    unknown: Literal["create", "refuse"],
    provider: str,
) -> Provided:
    """Find the account of somebody, or make one, and bring its rights up to date.

    Args:
        connection: in autocommit.
        issuer: the provider.
        subject: whom it means.
        person: what it says of him.
        unknown: what becomes of somebody who was never here.
        provider: its name, for people.

    Raises:
        Refused, Forbidden: by the rules `openid_unknown`, `openid_no_role`, `openid_name` or `account_locked`.
    """
    told = {"provider": provider, "issuer": issuer, "subject": subject}
    with connection.transaction():
        row = one(connection, "account_of_identity", issuer=issuer, subject=subject)
        if row is None and unknown == "refuse":
            raise refusal("openid_unknown", **told)
        if row and row[4]:
            raise refusal("account_locked", name=row[1])
        if row is None or row[3]:
            return _follow(connection, str(row[1]) if row else None, person, told)
    return Provided(row[0], row[1], row[2])


def link(connection: Connection, name: str, issuer: str, subject: str, actor: str) -> None:
    """Let somebody of a provider enter an account, which keeps its rights.

    Raises:
        Refused: there is no such account, or he is another one's already.
    """
    with connection.transaction():
        account = accounts.require_known(connection, name)
        values = {"issuer": issuer, "subject": subject, "account_id": account.id, "is_managed": False}
        if one(connection, "link_identity", **values) is None:
            raise refusal("identity_known", subject=subject)
        audit(connection, actor, "account_linked", name, identity=f"{subject} of {issuer}")


def unlink(connection: Connection, name: str, actor: str) -> int:
    """Let nobody of a provider enter an account any more, and return of how many people that was.

    Raises:
        Refused: there is no such account.
    """
    with connection.transaction():
        account = accounts.require_known(connection, name)
        gone = one(connection, "unlink_identities", account_id=account.id)
        accounts.end_sessions(connection, name, actor)
        audit(connection, actor, "account_unlinked", name)
    return int(gone[0]) if gone else 0


def _follow(connection: Connection, name: str | None, person: Person, told: dict[str, str]) -> Provided:
    """Bring an account up to what the provider says, or make it where there is none."""
    if person.role is None:
        raise refusal("openid_no_role", **told)
    if name is None:
        return _make(connection, person, person.role, told)
    account = accounts.require_known(connection, name)
    now = (account.role, account.full_name, sorted(account.agencies))
    if now != (person.role, person.full_name, sorted(person.agencies)):
        accounts.change_account(
            connection, name, ACTOR, role=person.role, full_name=person.full_name, agencies=person.agencies
        )
    return Provided(account.id, name, person.role)


def _make(connection: Connection, person: Person, role: Role, told: dict[str, str]) -> Provided:
    if one(connection, "account_by_name", name=person.name) is not None:
        raise refusal("openid_name", name=person.name, **told)
    identity = accounts.add_account(
        connection, person.name, role, ACTOR, full_name=person.full_name, agencies=person.agencies
    )
    issuer, subject = told["issuer"], told["subject"]
    one(connection, "link_identity", issuer=issuer, subject=subject, account_id=identity, is_managed=True)
    audit(connection, ACTOR, "account_linked", person.name, identity=f"{subject} of {issuer}")
    return Provided(identity, person.name, role)
