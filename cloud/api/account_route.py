"""Accounts, for administrators: /v1/accounts.

Rare, so each change is the very function that `satulayar-db account` calls, on a connection of its own in a thread.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.access import Right, UsedDatabase, UsedSettings
from cloud.api.auth import Principal
from cloud.api.database import APPLICATION
from cloud.api.models import Answer
from cloud.api.settings import ApiSettings
from cloud.db import accounts
from cloud.db.access_rules import refusal
from cloud.db.connection import Connection, connect, translated
from cloud.db.tokens import Role

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

Manager = Annotated[Principal, Depends(Right("account.manage"))]
FullName = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Agencies = Annotated[list[str], Field(max_length=20)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccount(_Request):
    """An account that is to be."""

    name: Annotated[str, Field(max_length=200)]
    role: Role = "viewer"
    full_name: FullName = ""
    agencies: Agencies = []


class Change(_Request):
    """What is to change; what is left out stays."""

    role: Role | None = None
    full_name: FullName | None = None
    agencies: Agencies | None = None
    locked: bool | None = None


class Account(Answer):
    """One who may ask."""

    id: int
    name: str
    role: Role
    full_name: str
    agencies: list[str]
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


class FirstPassword(Answer):
    """Shown once: it is not stored."""

    name: str
    first_password: str


class Ended(Answer):
    """How many sessions were ended."""

    sessions: int


@router.get("")
async def list_accounts(_: Manager, database: UsedDatabase) -> list[Account]:
    """List every account by name."""
    return await database.fetch(Account, "accounts", "accounts")


@router.post("", status_code=201)
async def add_account(wanted: NewAccount, manager: Manager, settings: UsedSettings) -> FirstPassword:
    """Create an account, and a password that is good for choosing one."""
    given = {"full_name": wanted.full_name, "agencies": wanted.agencies}

    def add(connection: Connection) -> str:
        with connection.transaction():
            accounts.add_account(connection, wanted.name, wanted.role, manager.account, **given)  # type: ignore[arg-type]
            return accounts.give_first_password(connection, wanted.name, manager.account)

    return FirstPassword(name=wanted.name, first_password=await _run(settings, add))


@router.patch("/{name}", status_code=204)
async def change_account(name: str, wanted: Change, manager: Manager, settings: UsedSettings) -> None:
    """Change what an account may do, lock it or open it; it holds for the next request."""
    _require_other(manager, name)

    def change(connection: Connection) -> None:
        given = wanted.model_dump(include={"role", "full_name", "agencies"})
        with connection.transaction():
            if any(value is not None for value in given.values()):
                accounts.change_account(connection, name, manager.account, **given)
            if wanted.locked is not None:
                lock = accounts.disable_account if wanted.locked else accounts.enable_account
                lock(connection, name, manager.account)

    await _run(settings, change)


@router.post("/{name}/password")
async def reset_password(name: str, manager: Manager, settings: UsedSettings) -> FirstPassword:
    """Make a password that is good for choosing one; the account is signed out everywhere."""
    _require_other(manager, name)
    password = await _run(settings, lambda line: accounts.give_first_password(line, name, manager.account))
    return FirstPassword(name=name, first_password=password)


@router.delete("/{name}/sessions")
async def end_sessions(name: str, manager: Manager, settings: UsedSettings) -> Ended:
    """Sign an account out everywhere."""
    ended = await _run(settings, lambda line: accounts.end_sessions(line, name, manager.account))
    return Ended(sessions=ended)


def _require_other(manager: Principal, name: str) -> None:
    if name == manager.account:
        raise refusal("yourself")


async def _run(settings: ApiSettings, work: Callable[[Connection], Any]) -> Any:
    def run() -> Any:
        with translated(), connect(settings.dsn, APPLICATION, autocommit=True) as connection:
            return work(connection)

    return await asyncio.to_thread(run)
