"""Warnings: /v1/warnings, the public feeds /v1/cap/…, earthquakes, and the stage of the regency."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import fastapi
from fastapi import APIRouter, Request, Response

from cloud.api.access import UsedDatabase, UsedSettings, UsedWarningDesk, Viewer
from cloud.api.database import Database
from cloud.api.happenings import read_id, read_place
from cloud.api.leases import WhoAsks
from cloud.api.models import Answer, Page
from cloud.api.paging import Query, make_page
from cloud.api.warning_models import FeedState, Gauge, Quake, Reach, Stage, StageRequest, Warned, WarningRequest
from cloud.warning.atom import FEED_MEDIA_TYPE, Entry, write_feed
from cloud.warning.cap import MEDIA_TYPE, Status
from cloud.warning.desk import OwnStatus
from cloud.warning.rules import refusal

router = APIRouter(prefix="/v1", tags=["warnings"])

CREATED = 201
# A feed that everybody reads must be cheap; a new warning is there after this at the latest.
PUBLIC_HEADERS = {"Cache-Control": "public, max-age=10", "X-Content-Type-Options": "nosniff"}
_FEEDS: dict[str, OwnStatus] = {"actual": "Actual", "exercise": "Exercise", "test": "Test"}


class WarningQuery(Query):
    """Filters of /v1/warnings."""

    source: Literal["regency", "bmkg"] | None = None
    status: Status | None = None
    in_force: bool | None = None


class _Document(Answer):
    document: bytes


@router.get("/warnings")
async def list_warnings(
    _: Viewer, database: UsedDatabase, query: Annotated[WarningQuery, fastapi.Query()]
) -> Page[Warned]:
    """List warnings, ours and others', newest first. Where `source` is bmkg, BMKG must be named beside it."""
    before_time, before_id = read_place(query.after)
    filters = query.model_dump(include={"source", "status", "in_force"}) | {"id": None}
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(Warned, "warnings", "warnings", **filters, **place)
    return make_page(rows, query.limit, lambda row: f"{row.sent_at.isoformat()}_{row.id}")


@router.get("/warnings/{warning}")
async def read_warning(_: Viewer, database: UsedDatabase, warning: UUID) -> Warned:
    """Read a warning."""
    return await _find(database, warning)


@router.post("/warnings", status_code=CREATED)
async def issue_warning(
    *, asker: WhoAsks, desk: UsedWarningDesk, database: UsedDatabase, response: Response, body: WarningRequest
) -> Warned:
    """Issue a warning (CAP Alert), for heads of shift; the same `request_id` again gives the same warning."""
    made = await desk.issue(body.wanted(datetime.now(UTC)), asker)
    response.headers["Location"] = f"/v1/warnings/{made}"
    return await _find(database, made)


@router.post("/warnings/{warning}/update", status_code=CREATED)
async def update_warning(
    *, asker: WhoAsks, desk: UsedWarningDesk, database: UsedDatabase, warning: UUID, body: WarningRequest
) -> Warned:
    """Say anew what is true (CAP Update); it refers to the earlier messages, which are over by it."""
    return await _find(database, await desk.update(warning, body.wanted(datetime.now(UTC)), asker))


@router.post("/warnings/{warning}/cancel", status_code=CREATED)
async def cancel_warning(
    *, asker: WhoAsks, desk: UsedWarningDesk, database: UsedDatabase, warning: UUID, body: WarningRequest
) -> Warned:
    """Cancel a warning (CAP Cancel), with what people are to be told."""
    return await _find(database, await desk.cancel(warning, body.wanted(datetime.now(UTC)), asker))


@router.get("/cap/{feed}.atom", response_class=Response)
async def read_feed(
    request: Request, database: UsedDatabase, settings: UsedSettings, feed: Literal["actual", "exercise", "test"]
) -> Response:
    """Read our own public warnings as an Atom feed, without a token: what is real, exercises or tests, never mixed."""
    status = _FEEDS[feed]
    entries = await database.fetch(Entry, "warnings", "feed_entries", status=status)
    base = f"{settings.public_url.rstrip('/') or str(request.base_url).rstrip('/')}/v1/cap/"
    content = write_feed(entries, status, settings.cap_sender, settings.cap_sender_name, base)
    return Response(content, headers=PUBLIC_HEADERS, media_type=FEED_MEDIA_TYPE)


@router.get("/cap/{warning}.xml", response_class=Response)
async def read_document(database: UsedDatabase, warning: UUID) -> Response:
    """Read one of our public warnings as its CAP document, without a token."""
    found = await database.fetch(_Document, "warnings", "document", id=warning)
    if not found:
        raise refusal("unknown_warning", warning=warning)
    return Response(found[0].document, headers=PUBLIC_HEADERS, media_type=MEDIA_TYPE)


@router.get("/earthquakes")
async def list_earthquakes(_: Viewer, database: UsedDatabase, query: Annotated[Query, fastapi.Query()]) -> Page[Quake]:
    """List earthquakes as BMKG tells of them, newest first. Source: BMKG."""
    before, _unused = read_place(query.after)
    rows = await database.fetch(Quake, "warnings", "earthquakes", before=before, limit=query.limit + 1)
    return make_page(rows, query.limit, lambda row: f"{row.at.isoformat()}_{UUID(int=0)}")


@router.get("/gauges")
async def list_gauges(_: Viewer, database: UsedDatabase) -> list[Gauge]:
    """List river gauges against their stages, the gravest first."""
    return await database.fetch(Gauge, "warnings", "gauges")


@router.get("/reaches")
async def list_reaches(_: Viewer, database: UsedDatabase) -> list[Reach]:
    """List stretches of river, with when what stands above arrives below."""
    return await database.fetch(Reach, "warnings", "reaches")


@router.get("/feeds")
async def list_feeds(_: Viewer, database: UsedDatabase) -> list[FeedState]:
    """Say when each feed that we read answered last, and what is wrong with it."""
    return await database.fetch(FeedState, "warnings", "feeds")


@router.get("/stage")
async def list_stages(_: Viewer, database: UsedDatabase, query: Annotated[Query, fastapi.Query()]) -> Page[Stage]:
    """List the stages of the regency that were set, the present one first."""
    rows = await database.fetch(Stage, "warnings", "stages", **_bounds(query))
    return make_page(rows, query.limit, lambda row: str(row.id))


@router.post("/stage")
async def set_stage(asker: WhoAsks, desk: UsedWarningDesk, database: UsedDatabase, body: StageRequest) -> Stage:
    """Set the stage of the regency, for heads of shift; setting what is set already changes nothing."""
    await desk.set_stage(body.stage, body.reason, asker)
    return (await database.fetch(Stage, "warnings", "stages", before=read_id(""), limit=1))[0]


async def _find(database: Database, warning: UUID) -> Warned:
    before_time, before_id = read_place("")
    filters = {"source": None, "status": None, "in_force": None, "id": warning}
    place = {"before_time": before_time, "before_id": before_id, "limit": 1}
    found = await database.fetch(Warned, "warnings", "warnings", **filters, **place)
    if not found:
        raise refusal("unknown_warning", warning=warning)
    return found[0]


def _bounds(query: Query) -> dict[str, Any]:
    return {"before": read_id(query.after), "limit": query.limit + 1}
