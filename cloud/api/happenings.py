"""What happened and what was refused, newest first: /v1/events, /v1/events/{id}, /v1/rejected."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter

from cloud.api.access import Operator, UsedDatabase, Viewer
from cloud.api.models import Event, Page, Rejected
from cloud.api.paging import Query, Text, make_page
from cloud.api.refusals import refusal
from edge.contract.cameras import CLIP_DELIVERED

router = APIRouter(prefix="/v1", tags=["happenings"])

_NEWEST_ID = 2**63 - 1
_NEWEST_EVENT = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


class EventQuery(Query):
    """Filters of /v1/events."""

    site: Text | None = None
    asset: Text | None = None
    type: Text | None = None


class RejectedQuery(Query):
    """Filters of /v1/rejected."""

    box: Text | None = None
    reason: Text | None = None


@router.get("/events")
async def list_events(
    viewer: Viewer, database: UsedDatabase, query: Annotated[EventQuery, fastapi.Query()]
) -> Page[Event]:
    """List what boxes noticed, newest first; who was given which clip, as /v1/clips, to the control room only."""
    before_time, before_id = read_place(query.after)
    filters = query.model_dump(include={"site", "asset", "type"})
    filters["hidden"] = None if viewer.is_of_the_room else CLIP_DELIVERED
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(Event, "api", "events", **filters, **place)
    return make_page(rows, query.limit, lambda event: f"{event.time.isoformat()}_{event.id}")


@router.get("/events/{event_id}")
async def read_event(viewer: Viewer, database: UsedDatabase, event_id: UUID) -> Event:
    """Read an event with the evidence of it; who was given which clip, as /v1/clips, in the control room only."""
    found = await database.fetch(Event, "api", "events_by_id", ids=[event_id])
    if not found:
        raise refusal("unknown_event", event=event_id)
    if found[0].type == CLIP_DELIVERED and not viewer.is_of_the_room:
        raise refusal("not_of_the_room", account=viewer.account)
    return found[0]


@router.get("/rejected")
async def list_rejected(
    _: Operator, database: UsedDatabase, query: Annotated[RejectedQuery, fastapi.Query()]
) -> Page[Rejected]:
    """List refused messages, newest first, with the beginning of what was sent; for operators."""
    before = read_id(query.after)
    rows = await database.fetch(
        Rejected, "api", "rejected", box=query.box, reason=query.reason, before=before, limit=query.limit + 1
    )
    return make_page(rows, query.limit, lambda row: str(row.id))


def read_id(after: str) -> int:
    """Read a place in a list that counts down by id; nothing given is its beginning.

    Raises:
        Invalid: it is none.
    """
    if not after:
        return _NEWEST_ID
    if not after.isdecimal() or int(after) > _NEWEST_ID:
        raise refusal("bad_place", after=repr(after))
    return int(after)


def read_place(after: str) -> tuple[datetime, UUID]:
    """Read a place in a list that goes back in time; nothing given is its beginning.

    Raises:
        Invalid: it is none.
    """
    if not after:
        return _NEWEST_EVENT
    time, _, identity = after.partition("_")
    try:
        # A plus sign that was not escaped in the query arrives as a blank.
        instant = datetime.fromisoformat(time.replace(" ", "+"))
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)), UUID(identity)
    except ValueError as error:
        raise refusal("bad_place", after=repr(after)) from error
