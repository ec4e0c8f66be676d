"""What is asked of cameras' boxes, clips and live views: /v1/clips, /v1/cameras/{camera}/clips and /live beside it."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID, uuid4

import fastapi
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cloud.api.access import Operator, UsedCameraDesk, UsedDatabase, UsedLiveViews, Watcher
from cloud.api.camera_models import CameraRequest, ClipRequest, LiveRequest, LiveView
from cloud.api.database import Database
from cloud.api.happenings import read_place
from cloud.api.leases import ACCEPTED, WhoAsks
from cloud.api.models import Answer, Page, SaidByBox
from cloud.api.paging import Query, Text, make_page
from cloud.cameras.rules import refusal
from cloud.db.clip_chain import ClipAnchor, Fault, Part, Record, after, judge
from edge.contract.cameras import CLIP

router = APIRouter(prefix="/v1", tags=["cameras"])

MAX_WAIT_S = 20.0
PICTURE_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

WaitS = Annotated[float, fastapi.Query(ge=0, le=MAX_WAIT_S, description="Wait so long for a newer picture.")]
After = Annotated[int, fastapi.Query(ge=0, le=2**53, description="`Picture-Number` of the one before; 0 takes any.")]


class RequestQuery(Query):
    """Filters of /v1/clips."""

    site: Text | None = None
    camera: Text | None = None


class ChainQuery(BaseModel, extra="forbid"):
    """Filters of /v1/clip-chains."""

    box: Text | None = None


class ChainFault(Answer):
    """Something that is wrong with a chain."""

    kind: Literal["record_altered", "record_missing", "record_added", "record_twice", "part_altered", "not_a_record"]
    event: UUID
    time: datetime


class Chain(Answer):
    """What a box's chain of clips is worth."""

    box: str
    records: int
    holds: bool = Field(description="Whether every record follows from the one before, and every part is as it was.")
    faults: list[ChainFault]
    parts_missing: int = Field(description="Named by a record and not stored: not yet here, or older than is kept.")


class _Box(Answer):
    box: str


class _Refused(SaidByBox):
    """Why a box shows no live view."""


class _Live(Answer):
    id: UUID
    box: str
    camera: str
    site: str | None
    ends_at: datetime


@router.post("/cameras/{camera}/clips", status_code=ACCEPTED)
async def request_clip(
    *,
    _: Operator,
    asker: WhoAsks,
    desk: UsedCameraDesk,
    database: UsedDatabase,
    response: Response,
    camera: str,
    body: ClipRequest,
) -> CameraRequest:
    """Ask for a part of a recording, for operators. Who, when, from where and why stays in the audit.

    Its box cuts it into parts that each play on their own; they come one after the other, and go on where they were
    when a line was lost. It has until `expires_at` to begin. It is whole when `evidence` has `parts` entries.
    """
    request_id = body.request_id or uuid4().hex
    made = await desk.request_clip(camera, body.since, body.seconds, body.reason, request_id, asker)
    response.headers["Location"] = f"/v1/clips/{made}"
    return await _find(database, made)


@router.get("/clips")
async def list_clips(
    _: Watcher, database: UsedDatabase, query: Annotated[RequestQuery, fastapi.Query()]
) -> Page[CameraRequest]:
    """List clips that were asked for, newest first."""
    before_time, before_id = read_place(query.after)
    filters = {"site": query.site, "camera": query.camera, "action": CLIP, "id": None}
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(CameraRequest, "cameras", "requests", **filters, **place)
    return make_page(rows, query.limit, lambda one: f"{one.requested_at.isoformat()}_{one.id}")


@router.get("/clips/{clip}")
async def read_clip(_: Watcher, database: UsedDatabase, clip: UUID) -> CameraRequest:
    """Read how far a clip has come."""
    return await _find(database, clip)


@router.get("/clip-chains")
async def check_chains(
    _: Operator, database: UsedDatabase, query: Annotated[ChainQuery, fastapi.Query()]
) -> list[Chain]:
    """Prove for each box that no record of its clips was altered, left out or put in; for operators. Reads every clip.

    A record is missing, too, when it was the newest: the audit tells of each. `satulayar-db clips verify` proves both.
    """
    boxes = [row.box for row in await database.fetch(_Box, "cameras", "clip_boxes")]
    if query.box is not None and query.box not in boxes:
        raise refusal("unknown_box", box=query.box)
    return [await _check(database, box) for box in boxes if query.box in {None, box}]


@router.post("/cameras/{camera}/live", status_code=ACCEPTED)
async def request_live(
    *, _: Operator, asker: WhoAsks, desk: UsedCameraDesk, database: UsedDatabase, camera: str, body: LiveRequest
) -> LiveView:
    """Ask to see a camera now, for operators: a few small pictures a second, with its privacy masks.

    It ends by itself; asking again lengthens it. Who looked and why stays in the audit.
    """
    request_id = body.request_id or uuid4().hex
    made = await desk.request_live(camera, body.seconds, body.hz, body.reason, request_id, asker)
    request = await _find(database, made)
    live = await _find_live(database, camera)
    ends_at = live.ends_at if live else request.requested_at
    return LiveView(request=request, ends_at=ends_at, picture=f"/v1/cameras/{camera}/live/picture")


@router.get("/cameras/{camera}/live/picture", response_class=Response)
async def read_live_picture(
    *,
    _: Watcher,
    asker: WhoAsks,
    desk: UsedCameraDesk,
    database: UsedDatabase,
    views: UsedLiveViews,
    camera: str,
    after: After = 0,
    wait_s: WaitS = 0.0,
) -> Response:
    """Give the newest picture of a live view that is on, once there is a newer one than `after`.

    204 without a header `Live-Until`: no live view is on. 204 with it: none came in time, ask again. 409: one was asked
    for, and the box says why it does not show it.
    """
    live = await _find_live(database, camera)
    if live is None:
        await _say_why_not(database, camera)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=PICTURE_HEADERS)
    await desk.note_watcher(live.id, live.camera, live.site, asker)
    left_s = (live.ends_at - datetime.now(UTC)).total_seconds() + 1.0
    picture = await views.next(live.box, live.camera, after, max(0.0, min(wait_s, left_s)))
    headers = PICTURE_HEADERS | {"Live-Until": live.ends_at.isoformat()}
    if picture is None:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    headers["Picture-Number"] = str(picture.number)
    return Response(picture.content, headers=headers, media_type="image/jpeg")


async def _find(database: Database, made: UUID) -> CameraRequest:
    before_time, before_id = read_place("")
    filters = {"site": None, "camera": None, "action": None, "id": made}
    place = {"before_time": before_time, "before_id": before_id, "limit": 1}
    found = await database.fetch(CameraRequest, "cameras", "requests", **filters, **place)
    if not found:
        raise refusal("unknown_clip", clip=made)
    return found[0]


async def _find_live(database: Database, camera: str) -> _Live | None:
    found = await database.fetch(_Live, "cameras", "live_now", camera=camera)
    return found[0] if found else None


async def _say_why_not(database: Database, camera: str) -> None:
    """Say why a live view that was asked for is not shown.

    Raises:
        Ruled: its box refused it, in the box's words.
    """
    for told in await database.fetch(_Refused, "cameras", "live_refused", camera=camera):
        raise refusal("live_refused", told_id=told.detail_id or "-", told_en=told.detail_en or "-")


async def _check(database: Database, box: str) -> Chain:
    records = await database.fetch(Record, "cameras", "clip_chain", box=box)
    anchors = await database.fetch(ClipAnchor, "cameras", "clip_anchors", box=box)
    parts: list[Part] = []
    while page := await database.fetch(Part, "cameras", "clip_parts", **after(box, parts)):
        parts += page
    verdict = judge(records, parts, anchors)
    return Chain(
        box=box,
        records=verdict.records,
        holds=not verdict.faults,
        faults=[_told(fault) for fault in verdict.faults],
        parts_missing=verdict.parts_missing,
    )


def _told(fault: Fault) -> ChainFault:
    return ChainFault(kind=fault.kind, event=fault.event, time=fault.time)
