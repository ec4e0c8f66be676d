"""Cameras: how they are, what is wrong with them, how much of them is recorded: /v1/cameras."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import fastapi
from fastapi import APIRouter

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.camera_models import Camera, Coverage, RecordedDay, RecordedHour
from cloud.api.database import Database
from cloud.api.models import Page
from cloud.api.paging import Query, Text, make_page
from cloud.requests.rules import refusal

router = APIRouter(prefix="/v1", tags=["cameras"])

WIB = timezone(timedelta(hours=7), "WIB")
MAX_DAYS = 90  # so long samples are kept
_HOURS = 24
# What a box tells of a camera and of its recording, each with its end.
HEALTH = [
    f"id.satulayar.{noun}"
    for noun in (
        *(
            f"camera.{how}"
            for how in ("lost", "frozen", "darkened", "covered", "defocused", "turned", "slowed", "unwatched")
        ),
        *("camera.misdated", "camera.shared", "camera.misconfigured", "detector.refused", "recording.stopped"),
    )
]

Days = Annotated[int, fastapi.Query(ge=1, le=MAX_DAYS)]


class CameraQuery(Query):
    """Filters of /v1/cameras."""

    site: Text | None = None


@router.get("/cameras")
async def list_cameras(
    _: Viewer, database: UsedDatabase, query: Annotated[CameraQuery, fastapi.Query()]
) -> Page[Camera]:
    """List cameras with what is wrong with them now."""
    bounds = {"after": query.after, "site": query.site, "camera": None, "limit": query.limit + 1}
    rows = await database.fetch(Camera, "cameras", "cameras", kinds=HEALTH, **bounds)
    return make_page(rows, query.limit, lambda camera: camera.camera)


@router.get("/cameras/{camera}")
async def read_camera(_: Viewer, database: UsedDatabase, camera: str) -> Camera:
    """Read one camera."""
    return await find_camera(database, camera)


@router.get("/cameras/{camera}/coverage")
async def read_coverage(_: Viewer, database: UsedDatabase, camera: str, days: Days = 7) -> Coverage:
    """Say how much of a camera is recorded on its box, by hour and by day of Pasuruan."""
    await find_camera(database, camera)
    now_at = datetime.now(UTC)
    start = now_at.astimezone(WIB).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    span = {"start": start, "stop": now_at}
    hours = await database.fetch(RecordedHour, "cameras", "recorded_hours", camera=camera, **span)
    return Coverage(camera=camera, days=sum_days(hours, start, now_at), hours=hours)


def sum_days(hours: list[RecordedHour], start: datetime, now_at: datetime) -> list[RecordedDay]:
    """Add up hours to days, newest first.

    Args:
        hours: accounts, of which some may be missing.
        start: midnight in Pasuruan of the first day.
        now_at: the last day ends with its last full hour.
    """
    known: defaultdict[int, list[float]] = defaultdict(list)
    for one in hours:
        known[(one.hour - start).days].append(one.recorded_pct)
    found = []
    for number in range((now_at - start).days, -1, -1):
        begun = start + timedelta(days=number)
        full = min(_HOURS, int((now_at - begun) / timedelta(hours=1)))
        if full:
            pct = round(sum(known[number]) / max(full, len(known[number])), 3) if known[number] else None
            found.append(RecordedDay(day=begun.date(), recorded_pct=pct, hours=full, accounted=len(known[number])))
    return found


async def find_camera(database: Database, camera: str) -> Camera:
    """Read a camera.

    Raises:
        Ruled: there is none of this name.
    """
    one = {"after": "", "site": None, "camera": camera, "limit": 1}
    found = await database.fetch(Camera, "cameras", "cameras", kinds=HEALTH, **one)
    if not found:
        raise refusal("unknown_camera", asset=camera)
    return found[0]
