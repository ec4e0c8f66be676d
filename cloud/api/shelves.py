"""Shelves: keys that make no incident for a while, with author, reason and end: /v1/shelves."""

from fastapi import APIRouter

from cloud.api.access import UsedDatabase, UsedOperations, Viewer, WhoActs
from cloud.api.database import Database
from cloud.api.incident_models import LiftBody, ShelfBody, ShelfShown
from cloud.api.incidents import FILE

router = APIRouter(prefix="/v1", tags=["incidents"])

CREATED = 201


@router.get("/shelves")
async def list_shelves(_: Viewer, database: UsedDatabase) -> list[ShelfShown]:
    """List what is shelved, with how often it would have been an incident or a part of one."""
    return await _read(database)


@router.post("/shelves", status_code=CREATED)
async def shelve(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, body: ShelfBody
) -> list[ShelfShown]:
    """Shelve a key for at most thirty days; what still lasts at the end becomes an incident then."""
    await operations.reports.shelve(person, body.key, body.until, body.reason)
    return await _read(database)


@router.post("/shelves/lift")
async def lift(person: WhoActs, database: UsedDatabase, operations: UsedOperations, body: LiftBody) -> list[ShelfShown]:
    """End a shelf at once."""
    await operations.reports.lift(person, body.key)
    return await _read(database)


async def _read(database: Database) -> list[ShelfShown]:
    return await database.fetch(ShelfShown, FILE, "shelves")
