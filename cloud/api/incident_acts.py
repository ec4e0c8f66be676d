"""What people do about incidents: POST /v1/incidents, and those below one of them."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime
from starlette.responses import Response as PlainResponse

from cloud.api.access import UsedDatabase, UsedOperations, Viewer, WhoActs
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
from cloud.api.language import UsedLanguage
from cloud.operations.acts import Form, Person
from cloud.operations.dispatches import Word

router = APIRouter(prefix="/v1", tags=["incidents"])

CREATED, OK = 201, 200
Act = Callable[[Person, UUID, Form], Awaitable[None]]
TakenAt = Annotated[
    AwareDatetime | None, fastapi.Query(alias="at", description="When it was taken, by the phone's clock.")
]


class _Desk:
    """Where acts are done: by whom, on which incident, told in which language."""

    def __init__(
        self, person: WhoActs, database: UsedDatabase, operations: UsedOperations, language: UsedLanguage
    ) -> None:
        self.person, self.database, self.operations, self.language = person, database, operations, language

    async def do(self, act: Act, incident: str, body: ActBody | None) -> IncidentWhole:
        """Do something about an incident, and give it as it is then."""
        identity = await find_id(self.database, incident)
        await act(self.person, identity, (body or ActBody()).form())
        return await self.read(identity)

    async def read(self, identity: UUID) -> IncidentWhole:
        """Give an incident as it is."""
        return await read_whole(self.database, identity, self.language)


Acting = Annotated[_Desk, Depends()]


@router.post("/incidents", status_code=CREATED)
async def report_incident(at: Acting, response: Response, body: CallBody) -> IncidentWhole:
    """Take a call: 201 with a new incident, or 200 with the one that is open there and now has one more source."""
    identity, is_new = await at.operations.reports.report(at.person, body.call())
    response.status_code = CREATED if is_new else OK
    response.headers["Location"] = f"/v1/incidents/{identity}"
    return await at.read(identity)


@router.post("/incidents/{incident}/acknowledge")
async def acknowledge(at: Acting, incident: str, body: ActBody | None = None) -> IncidentWhole:
    """Take an incident up; of two who do so at once one wins, and the other is told who."""
    return await at.do(at.operations.desk.acknowledge, incident, body)


@router.post("/incidents/{incident}/take-over")
async def take_over(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """Become its owner in somebody's place, with a reason."""
    return await at.do(at.operations.desk.take_over, incident, body)


@router.post("/incidents/{incident}/note")
async def note(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """Write something into its log."""
    return await at.do(at.operations.desk.note, incident, body)


@router.post("/incidents/{incident}/resolve")
async def resolve(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """Say that it is over, and how; somebody else has to verify that."""
    return await at.do(at.operations.desk.resolve, incident, body)


@router.post("/incidents/{incident}/verify")
async def verify(at: Acting, incident: str, body: ActBody | None = None) -> IncidentWhole:
    """Close what somebody else has resolved."""
    return await at.do(at.operations.desk.verify, incident, body)


@router.post("/incidents/{incident}/reopen")
async def reopen(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """Open it again, with a reason: it is not over after all."""
    return await at.do(at.operations.desk.reopen, incident, body)


@router.post("/incidents/{incident}/cancel")
async def cancel(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """End it as nothing, with a reason; crews are called back."""
    return await at.do(at.operations.desk.cancel, incident, body)


@router.post("/incidents/{incident}/merge")
async def merge(at: Acting, incident: str, body: MergeBody) -> IncidentWhole:
    """Make it a part of another one; gives that one."""
    identity, into = await find_id(at.database, incident), await find_id(at.database, body.into)
    await at.operations.merges.merge(at.person, identity, into, body.form())
    return await at.read(into)


@router.post("/incidents/{incident}/unmerge")
async def unmerge(at: Acting, incident: str, body: ActBody) -> IncidentWhole:
    """Take it out of the one that it was merged into, with a reason; crews stay where they went."""
    return await at.do(at.operations.merges.unmerge, incident, body)


@router.post("/incidents/{incident}/dispatch")
async def dispatch(at: Acting, incident: str, body: DispatchBody) -> IncidentWhole:
    """Send a crew; a double click sends it once."""
    identity = await find_id(at.database, incident)
    await at.operations.desk.dispatch(at.person, identity, body.crew, body.form())
    return await at.read(identity)


@router.post("/dispatches/{dispatch_id}/recall")
async def recall(at: Acting, dispatch_id: UUID, body: ActBody) -> IncidentWhole:
    """Call a crew back, with a reason."""
    return await at.read(await at.operations.crews.recall(at.person, dispatch_id, body.form()))


@router.put("/incidents/{incident}/photos/{photo}")
async def add_photo(
    *,
    at: Acting,
    request: Request,
    incident: str,
    photo: UUID,
    taken_at: TakenAt = None,
    latitude: Annotated[Latitude | None, fastapi.Query()] = None,
    longitude: Annotated[Longitude | None, fastapi.Query()] = None,
) -> IncidentWhole:
    """Keep a photo (JPEG, PNG or WebP as the body, up to 10 MB); the same again changes nothing."""
    identity = await find_id(at.database, incident)
    word = Word(Form(), taken_at, latitude, longitude)
    await at.operations.crews.add_photo(at.person, (identity, None), photo, await request.body(), word)
    return await at.read(identity)


@router.get("/incidents/{incident}/photos/{photo}", response_class=PlainResponse)
async def read_photo(_: Viewer, database: UsedDatabase, incident: str, photo: UUID) -> PlainResponse:
    """Give a photo, as JPEG."""
    return await show(database, await find_id(database, incident), photo, "photo")


@router.get("/incidents/{incident}/photos/{photo}/thumbnail", response_class=PlainResponse)
async def read_thumbnail(_: Viewer, database: UsedDatabase, incident: str, photo: UUID) -> PlainResponse:
    """Give a photo made small, as JPEG."""
    return await show(database, await find_id(database, incident), photo, "thumbnail")
