"""Incidents: the queue, one with all that is known of it: /v1/incidents."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from cloud import errors
from cloud.api.access import Credentials, UsedDatabase, UsedLive, UsedOperations, Viewer, check_again
from cloud.api.database import Database
from cloud.api.incident_models import (
    CrewProposal,
    Dispatch,
    Incident,
    IncidentPhoto,
    IncidentSource,
    IncidentWhole,
    KindShown,
    LogLine,
)
from cloud.api.language import UsedLanguage
from cloud.api.models import Page
from cloud.api.paging import Query, Text
from cloud.api.streams import LiveResponse
from cloud.operations.crews import Crew, distance, propose
from cloud.operations.errors import refusal
from cloud.operations.incident import State, acts_allowed
from cloud.operations.kinds import Agency, Category
from cloud.said import Language

router = APIRouter(prefix="/v1", tags=["incidents"])

FILE = "operations_desk"
_FIRST = (0, datetime(1, 1, 2, tzinfo=UTC), UUID(int=0))
_NEWEST = (0, datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
_PREFIX = "INS-"
_MAX_NUMBER = 2**31 - 1


class IncidentQuery(Query):
    """Filters of /v1/incidents."""

    open: Annotated[bool, Field(description="The queue, most urgent first; false: all there were, newest first.")] = (
        True
    )
    state: State | None = None
    category: Category | None = None
    agency: Agency | None = None
    kind: Text | None = None
    site: Text | None = None
    owner: Text | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    id: UUID
    priority: int
    opened_at: datetime


@router.get("/incidents")
async def list_incidents(
    _: Viewer, database: UsedDatabase, query: Annotated[IncidentQuery, fastapi.Query()]
) -> Page[Incident]:
    """List incidents: the queue that is to be handled, or with `open=false` all there ever were."""
    priority, opened_at, last_id = _read_place(query.after, _FIRST if query.open else _NEWEST)
    filters = query.model_dump(include={"state", "category", "agency", "kind", "site", "owner"})
    place = {"opened_at": opened_at, "id": last_id, "limit": query.limit + 1}
    name = "queue" if query.open else "newest"
    listed = await database.fetch(_Listed, FILE, name, priority=priority, **filters, **place)
    items = await read_shown(database, [row.id for row in listed[: query.limit]])
    last = listed[query.limit - 1] if len(listed) > query.limit else None
    return Page(items=items, next=f"{last.priority}_{last.opened_at.isoformat()}_{last.id}" if last else None)


@router.get(
    "/incidents/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def follow_incidents(viewer: Viewer, request: Request, credentials: Credentials, live: UsedLive) -> LiveResponse:
    """Follow incidents as server-sent events: `incident` carries one that is new or has changed, as in the list.

    Whoever comes back after a break reads the list again: what changed meanwhile is not repeated.
    """
    client = live.join({}, (), viewer.holder)
    client.wants_incidents = True

    async def recheck() -> None:
        await check_again(request, credentials, "viewer")

    return LiveResponse(live, client, recheck)


@router.get("/incident-kinds")
async def list_kinds(_: Viewer, operations: UsedOperations) -> list[KindShown]:
    """List the kinds of incidents, for the form that takes a call."""
    return [
        KindShown(
            kind=name, title_id=kind.title.id, title_en=kind.title.en, category=kind.category, agency=kind.agency,
            severity=kind.severity, skills=list(kind.skills), needs_photo=kind.proof,
        )
        for name, kind in operations.book.kinds.items()
    ]  # fmt: skip


@router.get("/incidents/{incident}")
async def read_incident(_: Viewer, database: UsedDatabase, language: UsedLanguage, incident: str) -> IncidentWhole:
    """Read an incident, by its number (INS-0012) or id, with its sources and its log."""
    return await read_whole(database, await find_id(database, incident), language)


@router.get("/incidents/{incident}/crews")
async def propose_crews(
    _: Viewer, database: UsedDatabase, operations: UsedOperations, incident: str
) -> list[CrewProposal]:
    """Propose crews for an incident: the nearest free one with the skills first; a person decides."""
    found = await read_shown(database, [await find_id(database, incident)])
    if not found:
        raise refusal("unknown_incident", incident=incident)
    shown, kinds = found[0], operations.book.kinds
    where = (shown.latitude, shown.longitude) if shown.latitude is not None and shown.longitude is not None else None
    crews = await database.fetch(Crew, FILE, "crews")
    kind = kinds.get(shown.kind) or next(iter(kinds.values()))
    told = propose(crews, kind, shown.agency, where, datetime.now(UTC))
    return [CrewProposal(**asdict(one)) for one in told]


async def read_shown(database: Database, ids: list[UUID]) -> list[Incident]:
    """Read incidents as they are shown, in the order of their ids."""
    return await database.fetch(Incident, FILE, "shown", ids=ids) if ids else []


async def read_whole(database: Database, identity: UUID, language: Language) -> IncidentWhole:
    """Read all that is known of an incident; its log in a language."""
    found = await read_shown(database, [identity])
    if not found:
        raise refusal("unknown_incident", incident=identity)
    log = await database.fetch(LogLine, FILE, "log_of", id=identity)
    photos = await database.fetch(IncidentPhoto, FILE, "photos_of", id=identity)
    return IncidentWhole(
        **found[0].model_dump(),
        sources=await database.fetch(IncidentSource, FILE, "sources_of", id=identity),
        log=[line.told_in(language) for line in log],
        dispatches=await database.fetch(Dispatch, FILE, "dispatches_of", id=identity),
        photos=[_placed(photo, found[0]) for photo in photos],
        may=acts_allowed(found[0].state),
    )


def _placed(photo: IncidentPhoto, incident: Incident) -> IncidentPhoto:
    """Say how far from the incident a photo was taken: one from elsewhere proves nothing."""
    if None in (photo.latitude, photo.longitude, incident.latitude, incident.longitude):
        return photo
    there = ((photo.latitude or 0.0, photo.longitude or 0.0), (incident.latitude or 0.0, incident.longitude or 0.0))
    return photo.model_copy(update={"distance_km": round(distance(*there), 2)})


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


async def find_id(database: Database, named: str) -> UUID:
    """Find an incident by what people call it, or by its id.

    Raises:
        Ruled: there is none.
    """
    number = named.upper().removeprefix(_PREFIX)
    if number.isascii() and number.isdecimal() and int(number[:12]) <= _MAX_NUMBER:
        found = await database.fetch(_Id, FILE, "id_of_number", number=int(number[:12]))
        if found:
            return found[0].id
    else:
        try:
            return UUID(named)
        except ValueError:
            pass
    raise refusal("unknown_incident", incident=named[:80])


def _read_place(after: str, first: tuple[int, datetime, UUID]) -> tuple[int, datetime, UUID]:
    if not after:
        return first
    priority, _, rest = after.partition("_")
    instant, _, identity = rest.partition("_")
    try:
        # A plus sign that was not escaped in the query arrives as a blank.
        read = datetime.fromisoformat(instant.replace(" ", "+"))
        aware = max(read if read.tzinfo else read.replace(tzinfo=UTC), _FIRST[1])
        return min(max(int(priority[:4]), 0), 9), aware, UUID(identity)
    except ValueError as error:
        raise errors.Invalid(f"after={after!r} is no place in this list; give `next` of the part before.") from error
