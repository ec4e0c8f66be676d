"""What operations read and write: statements of `sql/operations*.sql` on a connection of the caller's."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from cloud.db.queries import load
from cloud.operations.incident import ENGINE, Incident
from cloud.said import Said

Line = AsyncConnection[tuple[Any, ...]]
Row = TypeVar("Row")

_FIELDS = frozenset(Incident.__dataclass_fields__)


_FILES = ("operations", "operations_desk", "operations_watch")


def statement(name: str) -> LiteralString:
    """Find a statement by its name, which no two of the files share."""
    return next(load(file)[name] for file in _FILES if name in load(file))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, as far as known."""

    asset_id: int | None = None
    asset: str | None = None
    box_id: int | None = None
    box: str | None = None
    site_id: int | None = None
    site: str | None = None
    district: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an incident's log.

    Attributes:
        action: a verb in the past.
        actor: an account, or the engine.
        address: where it came from.
        text: what a person said of it.
        said: what the engine, or a source, says.
        detail: figures and names.
        act_id: made by whoever asked.
    """

    action: str
    actor: str = ENGINE
    address: str | None = None
    text: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    act_id: UUID | None = None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of an incident."""

    id: UUID


async def fetch(line: Line, row: type[Row], name: str, /, **parameters: Any) -> list[Row]:
    """Run a statement and make an object of each row."""
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(statement(name), parameters)
        return await cursor.fetchall()


async def one(line: Line, name: str, /, **parameters: Any) -> tuple[Any, ...] | None:
    """Run a statement and give its first row."""
    return await (await line.execute(statement(name), parameters)).fetchone()


async def run(line: Line, name: str, /, **parameters: Any) -> int:
    """Run a statement; give how many rows it touched."""
    return (await line.execute(statement(name), parameters)).rowcount


async def incidents(line: Line, name: str, /, **parameters: Any) -> list[Incident]:
    """Read whole rows of `incident`."""
    async with line.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement(name), parameters)
        return [_make(row) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident to which a key leads.

    Attributes:
        incident: held.
        by_key: the key that leads there.
        home_id: the incident of that key, which was merged into this one, or is it.
    """

    incident: Incident
    by_key: str
    home_id: UUID


async def candidates(line: Line, **parameters: Any) -> list[Candidate]:
    """Hold the incidents to which some keys lead."""
    async with line.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement("candidates"), parameters)
        return [Candidate(_make(row), row["by_key"], row["home_id"]) for row in await cursor.fetchall()]


async def save(line: Line, before: Incident, after: Incident, entry: Entry, now: datetime) -> Incident:
    """Write a step down, with its line in the log.

    Args:
        line: in the transaction that holds the row.
        before: as it was held.
        after: as it is to be; its version is set here.
        entry: what is said of it.
        now: the instant.
    """
    is_change = entry.actor != ENGINE and after != before
    counted = asdict(after) | {"version": before.version + is_change, "now": now}
    await run(line, "save", **counted)
    await log(line, after.id, entry, before.state, after.state)
    return _make(counted | {"changed_at": now})


async def log(line: Line, incident: UUID, entry: Entry, from_state: str | None, to_state: str | None) -> None:
    """Write a line of an incident's log."""
    said = Jsonb(entry.said.plain()) if entry.said else None
    row = asdict(entry) | {"detail": Jsonb(entry.detail), "said": said}
    await run(line, "add_log", incident_id=incident, from_state=from_state, to_state=to_state, **row)


async def find_place(
    line: Line, *, asset_id: int | None = None, box_id: int | None = None, site_id: int | None = None
) -> Place:
    """Say where an asset, a box or a site is."""
    found = await fetch(line, Place, "place_of_ids", asset_id=asset_id, box_id=box_id, site_id=site_id)
    return found[0]


async def find_code(line: Line, code: str) -> Place | None:
    """Say where something with this code or name is; None where there is none."""
    found = await fetch(line, Place, "place_of_code", code=code)
    return found[0] if found else None


def is_away(error: Exception, line: Line) -> bool:
    """Tell whether the database is away; what it only refuses to do comes as the same class of errors."""
    return isinstance(error, psycopg.OperationalError) and (line.closed or line.broken)


def _make(row: dict[str, Any]) -> Incident:
    return Incident(**{name: value for name, value in row.items() if name in _FIELDS})
