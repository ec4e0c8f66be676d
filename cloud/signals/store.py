"""What the room writes down of leases: one function per statement or small group, on a connection of the caller's."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from cloud.db.queries import load
from cloud.db.tokens import Role
from cloud.signals.checks import Asker, Holder, Junction, State, Wanted
from cloud.signals.identity import new_id
from cloud.signals.life import LeaseState
from cloud.signals.rules import Rule

Line = AsyncConnection[tuple[Any, ...]]
Row = TypeVar("Row")

# One key per junction below this number (PostgreSQL's two-part advisory locks are a space of their own).
SITE_LOCK = 73_058


@dataclass(frozen=True, slots=True)
class CorridorSite:
    """A junction of a corridor."""

    corridor_id: int
    site: str
    site_id: int
    phase: int


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier request with the same id."""

    lease_id: UUID
    site_id: int
    phase: int
    extra_green_s: int
    duration_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class KnownCorridor:
    """An earlier corridor request with the same id."""

    corridor_lease_id: UUID
    corridor_id: int
    extra_green_s: int
    duration_s: int
    reason: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it is held for a change."""

    lease_id: UUID
    site_id: int
    site: str
    corridor_lease_id: UUID | None
    requester: str
    rank: int
    state: LeaseState
    duration_s: int
    confirmed_at: datetime | None
    withdrawn_by: str | None


@dataclass(frozen=True, slots=True)
class Saying:
    """Something that is said of a lease.

    Attributes:
        state: what is said; only those of `life.STATES` move it.
        origin: what it came from, so that it is taken in once; None: it cannot come twice.
        wait_s: how long at most a lease that supersedes another waits for the controller; None: it does not wait.
    """

    lease_id: UUID
    state: str
    source: str = "room"
    origin: str | None = None
    box_time: datetime | None = None
    actor: str | None = None
    rule: str | None = None
    text_id: str = ""
    text_en: str = ""
    end_reason: str | None = None
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that is to be sent."""

    command_id: UUID
    lease_id: UUID
    action: str
    actor: str
    arguments: dict[str, Any]
    issued_at: datetime
    expires_at: datetime
    box: str
    controller: str


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for a lease, where, and why."""

    requester: str
    role: Role
    site: str
    reason: str


async def fetch(line: Line, row: type[Row], name: str, **parameters: Any) -> list[Row]:
    """Run a statement of `signals.sql` and make an object of each row."""
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(load("signals")[name], parameters)
        return await cursor.fetchall()


async def run(line: Line, name: str, **parameters: Any) -> int:
    """Run a statement of `signals.sql` and give the number of its rows."""
    return (await line.execute(load("signals")[name], parameters)).rowcount


async def find_junction(line: Line, site: str, asker: Asker) -> Junction | None:
    """Look a junction up, with the limits of a role."""
    found = await fetch(line, Junction, "junction_for", site=site, account=asker.account, role=asker.role)
    return found[0] if found else None


async def find_holder(line: Line, site_id: int) -> Holder | None:
    """Look up who holds a junction."""
    found = await fetch(line, Holder, "holder", site_id=site_id)
    return found[0] if found else None


async def find_state(line: Line, site: str) -> State | None:
    """Look up what is known of a junction's box and controller."""
    found = await fetch(line, State, "junction_state", site=site)
    return found[0] if found else None


async def find_requester(line: Line, lease: str | None) -> Requester | None:
    """Look up who asked for a lease that a box names; None if it names none that is known."""
    found = await fetch(line, Requester, "lease_requester", lease=lease)
    return found[0] if found else None


async def hold_lease(line: Line, lease_id: UUID) -> Lease | None:
    """Read a lease and hold it to the end of the transaction."""
    found = await fetch(line, Lease, "lock_lease", lease_id=lease_id)
    return found[0] if found else None


async def add_lease(
    line: Line, junction: Junction, wanted: Wanted, asker: Asker, *, wave: UUID | None, confirm_within_s: float
) -> UUID:
    """Write down a request, its first log line, and the command that carries it."""
    lease_id = new_id()
    figures = {"phase": wanted.phase, "extra_green_s": wanted.extra_green_s, "duration_s": wanted.duration_s}
    who = {"role": asker.role, "rank": asker.rank, "reason": wanted.reason}
    keys = {"requester": asker.account, "request_id": wanted.request_id, "confirm_within_s": confirm_within_s}
    await run(
        line,
        "add_lease",
        id=lease_id,
        site_id=junction.site_id,
        corridor_lease_id=wave,
        **figures,
        **who,
        **keys,
    )
    await add_log(line, Saying(lease_id, "requested", actor=asker.account))
    corridor = {"corridor": str(wave) if wave else None, "prepare": wave is not None}
    arguments = {"lease": str(lease_id), **figures, **who, **corridor}
    await add_command(line, lease_id, "request", asker.account, arguments, confirm_within_s)
    return lease_id


async def add_command(
    line: Line, lease_id: UUID, verb: str, actor: str, arguments: dict[str, Any] | None, expires_in_s: float
) -> UUID:
    """Write down a command for a lease; it is sent once this is committed."""
    command_id = new_id()
    await run(
        line,
        "add_command",
        id=command_id,
        lease_id=lease_id,
        action=f"signal.lease.{verb}",
        actor=actor,
        arguments=Jsonb(arguments or {"lease": str(lease_id)}),
        expires_in_s=expires_in_s,
    )
    return command_id


async def add_withdrawal(line: Line, lease_id: UUID, actor: str, role: str | None, expires_in_s: float) -> None:
    """Write down the command that withdraws a lease; None: with the role of whoever asked for it."""
    keys = {"id": new_id(), "lease_id": lease_id, "actor": actor, "role": role, "expires_in_s": expires_in_s}
    await run(line, "add_withdrawal", **keys)


async def add_log(line: Line, saying: Saying) -> bool:
    """Write down what was said; False when it was written before."""
    values = asdict(saying)
    del values["end_reason"], values["wait_s"]
    return await run(line, "add_log", **values) > 0


async def move(line: Line, saying: Saying, state: LeaseState) -> None:
    """Put a lease into a state, with what was said."""
    words = {"rule": saying.rule, "text_id": saying.text_id, "text_en": saying.text_en}
    place = {"lease_id": saying.lease_id, "end_reason": saying.end_reason}
    await run(line, "move_lease", state=state, told=saying.state, **words, **place)


async def move_corridor(line: Line, wave: UUID, state: str, rule: Rule | None = None) -> None:
    """Put a corridor lease into a state."""
    words = {
        "rule": rule.code if rule else None,
        "text_id": rule.text_id if rule else None,
        "text_en": rule.text_en if rule else None,
    }
    await run(line, "move_corridor_lease", corridor_lease_id=wave, state=state, **words)


async def audit(line: Line, asker: Asker, action: str, subject: str, **detail: Any) -> None:
    """Append to the audit chain; last in its transaction, because the chain has one writer at a time."""
    told = detail | ({"address": asker.address} if asker.address else {})
    entry = {"actor": asker.account, "action": action, "subject": subject, "detail": Jsonb(told)}
    await line.execute(load("accounts")["add_audit"], entry)


async def members(line: Line, wave: UUID) -> list[UUID]:
    """List the leases of a corridor lease that may still be in force."""
    cursor = await line.execute(load("signals")["corridor_members"], {"corridor_lease_id": wave})
    return [row[0] for row in await cursor.fetchall()]
