"""What people do about incidents: POST /v1/incidents, and those below one of them."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime
from starlette.responses import Response as PlainResponse

from cloud.api.access import UsedDatabase, UsedOperations, Viewer, WhoActs
from cloud.api.database import Database
from cloud.api.incident_models import (
    ActBody,
    CallBody,
    DispatchBody,
    IncidentWhole,
    Latitude,
    Longitude,
    MergeBody,
)
from cloud.api.incident_photos import show
from cloud.api.incidents import find_id, read_whole
from cloud.operations.acts import Form, Person
from cloud.operations.dispatches import Word

router = APIRouter(prefix="/v1", tags=["incidents"])

CREATED, OK = 201, 200
Act = Callable[[Person, UUID, Form], Awaitable[None]]
TakenAt = Annotated[AwareDatetime | None, fastapi.Query(description="When it was taken, by the phone's clock.")]


@router.post("/incidents", status_code=CREATED)
async def report_incident(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, response: Response, body: CallBody
) -> IncidentWhole:
    """Take a call: 201 with a new incident, or 200 with the one that is open there and now has one more source."""
    identity, is_new = await operations.reports.report(person, body.call())
    response.status_code = CREATED if is_new else OK
    response.headers["Location"] = f"/v1/incidents/{identity}"
    return await read_whole(database, identity)


@router.post("/incidents/{incident}/acknowledge")
async def acknowledge(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody | None = None
) -> IncidentWhole:
    """Take an incident up; of two who do so at once one wins, and the other is told who."""
    return await _do(person, database, operations.desk.acknowledge, incident, body)


@router.post("/incidents/{incident}/take-over")
async def take_over(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody
) -> IncidentWhole:
    """Become its owner in somebody's place, with a reason."""
    return await _do(person, database, operations.desk.take_over, incident, body)


@router.post("/incidents/{incident}/note")
async def note(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody
) -> IncidentWhole:
    """Write something into its log."""
    return await _do(person, database, operations.desk.note, incident, body)


@router.post("/incidents/{incident}/resolve")
async def resolve(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody
) -> IncidentWhole:
    """Say that it is over, and how; somebody else has to verify that."""
    return await _do(person, database, operations.desk.resolve, incident, body)


@router.post("/incidents/{incident}/verify")
async def verify(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody | None = None
) -> IncidentWhole:
    """Close what somebody else has resolved."""
    return await _do(person, database, operations.desk.verify, incident, body)


@router.post("/incidents/{incident}/reopen")
async def reopen(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody
) -> IncidentWhole:
    """Open it again, with a reason: it is not over after all."""
    return await _do(person, database, operations.desk.reopen, incident, body)


@router.post("/incidents/{incident}/cancel")
async def cancel(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: ActBody
) -> IncidentWhole:
    """End it as nothing, with a reason; crews are called back."""
    return await _do(person, database, operations.desk.cancel, incident, body)


@router.post("/incidents/{incident}/merge")
async def merge(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: MergeBody
) -> IncidentWhole:
    """Make it a part of another one; gives that one."""
    identity, into = await find_id(database, incident), await find_id(database, body.into)
    await operations.desk.merge(person, identity, into, body.form())
    return await read_whole(database, into)


@router.post("/incidents/{incident}/dispatch")
async def dispatch(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, incident: str, body: DispatchBody
) -> IncidentWhole:
    """Send a crew; a double click sends it once."""
    identity = await find_id(database, incident)
    await operations.desk.dispatch(person, identity, body.crew, body.form())
    return await read_whole(database, identity)


@router.post("/dispatches/{dispatch_id}/recall")
async def recall(
    person: WhoActs, database: UsedDatabase, operations: UsedOperations, dispatch_id: UUID, body: ActBody
) -> IncidentWhole:
    """Call a crew back, with a reason."""
    incident = await operations.crews.recall(person, dispatch_id, body.form())
    return await read_whole(database, incident)


@router.put("/incidents/{incident}/photos/{photo}")
async def add_photo(
    *,
    person: WhoActs,
    database: UsedDatabase,
    operations: UsedOperations,
    request: Request,
    incident: str,
    photo: UUID,
    at: TakenAt = None,
    latitude: Annotated[Latitude | None, fastapi.Query()] = None,
    longitude: Annotated[Longitude | None, fastapi.Query()] = None,
) -> IncidentWhole:
    """Keep a photo (JPEG, PNG or WebP as the body, up to 10 MB); the same again changes nothing."""
    identity = await find_id(database, incident)
    word = Word(Form(), at, latitude, longitude)
    await operations.crews.add_photo(person, (identity, None), photo, await request.body(), word)
    return await read_whole(database, identity)


@router.get("/incidents/{incident}/photos/{photo}", response_class=PlainResponse)
async def read_photo(_: Viewer, database: UsedDatabase, incident: str, photo: UUID) -> PlainResponse:
    """Give a photo, as JPEG."""
    return await show(database, await find_id(database, incident), photo, "photo")


@router.get("/incidents/{incident}/photos/{photo}/thumbnail", response_class=PlainResponse)
async def read_thumbnail(_: Viewer, database: UsedDatabase, incident: str, photo: UUID) -> PlainResponse:
    """Give a photo made small, as JPEG."""
    return await show(database, await find_id(database, incident), photo, "thumbnail")


async def _do(person: Person, database: Database, act: Act, incident: str, body: ActBody | None) -> IncidentWhole:
    identity = await find_id(database, incident)
    await act(person, identity, (body or ActBody()).form())
    return await read_whole(database, identity)
