"""A series over a span of time: /v1/history, as JSON or CSV, never with more points than asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import fastapi
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.csv_table import CSV_TYPE, write_csv
from cloud.api.database import Database
from cloud.api.models import History, Point, Resolution
from cloud.api.paging import Text
from cloud.api.refusals import refusal
from cloud.api.resolution import DAY_S, WIDTHS_S, Horizons, choose_days, list_levels
from edge.contract.names import split_name

router = APIRouter(prefix="/v1", tags=["figures"])

MAX_POINTS = 5_000
DEFAULT_POINTS = 1_000
DEFAULT_SPAN = timedelta(days=1)
MAX_SERIES_ID = 2**31 - 1

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _read_instant(value: Any) -> datetime:
    """Read ISO 8601 with an offset; a `+` that was not escaped in the query arrives as a blank."""
    try:
        instant = datetime.fromisoformat(str(value).strip().replace(" ", "+"))
    except ValueError as error:
        raise PydanticCustomError(
            "instant_unreadable", "is no instant; write it like 2026-11-22T07:00:00+07:00"
        ) from error
    if instant.tzinfo is None:
        raise PydanticCustomError("offset_missing", "has no offset; append Z or +07:00")
    if not _EARLIEST <= instant <= _LATEST:
        raise PydanticCustomError("instant_far", "is not between 1970 and 2200")
    return instant.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(_read_instant)]


class HistoryQuery(BaseModel, extra="forbid"):
    """Parameters of /v1/history."""

    series: Annotated[Text, Field(description="Series id, or name such as TD-01.det-3:occupancy.")]
    start: Annotated[Instant | None, Field(alias="from", description="Default: a day before `to`.")] = None
    stop: Annotated[Instant | None, Field(alias="to", description="Not included. Default: now.")] = None
    points: Annotated[int, Field(ge=2, le=MAX_POINTS, description="The most points to return.")] = DEFAULT_POINTS
    resolution: Annotated[
        Literal["auto", "raw", "1m", "1h", "1d"],
        Field(description="auto: the finest that fits `points`. Any other is cut off at `points`."),
    ] = "auto"
    format: Annotated[Literal["json", "csv"] | None, Field(description="Instead of the Accept header.")] = None
    tz: Annotated[Text, Field(description="Zone in which instants are written, such as Asia/Jakarta.")] = "UTC"


@dataclass(frozen=True, slots=True)
class Named:
    """A series as history needs it."""

    series_id: int
    series: str
    asset: str
    quantity: str
    unit: str | None
    is_text: bool | None


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: a series from `start` to `stop`, not included, with at most `points` points."""

    series_id: int
    start: datetime
    stop: datetime
    points: int


@router.get(
    "/history",
    response_model=History,
    response_model_exclude_none=True,
    responses={200: {"content": {CSV_TYPE: {"schema": {"type": "string"}}}}},
)
async def read_history(
    _: Viewer, request: Request, database: UsedDatabase, query: Annotated[HistoryQuery, fastapi.Query()]
) -> History | Response:
    """Read a series over a span: samples, minutes, hours or days, whichever is finest and fits."""
    named = await _find_series(database, query.series)
    span = _make_span(named, query)
    level, width_s, points = await _read_points(database, named, span, query.resolution)
    zone = _find_zone(query.tz)
    history = History(
        series_id=named.series_id,
        series=named.series,
        unit=named.unit,
        start=span.start.astimezone(zone),
        stop=span.stop.astimezone(zone),
        resolution=level,
        width_s=width_s,
        truncated=len(points) > span.points,
        points=[_place(point, zone) for point in points[: span.points]],
    )
    return write_csv(history, is_text=bool(named.is_text)) if _wants_csv(request, query) else history


async def _find_series(database: Database, name: str) -> Named:
    if name.isdecimal() and int(name) <= MAX_SERIES_ID:
        found = await database.fetch(Named, "api", "series_by_id", series_id=int(name))
    else:
        asset, quantity = split_name(name, "")
        found = await database.fetch(Named, "api", "series_by_name", asset=asset, quantity=quantity)
    if not found:
        raise refusal("unknown_series", series=repr(name))
    return found[0]


def _make_span(named: Named, query: HistoryQuery) -> Span:
    stop = query.stop or datetime.now(UTC)
    start = query.start or stop - DEFAULT_SPAN
    if start >= stop:
        raise refusal("bad_span")
    return Span(named.series_id, start, stop, query.points)


async def _read_points(
    database: Database, named: Named, span: Span, wanted: str
) -> tuple[Resolution, float | None, list[Point]]:
    """Read up to one point more than asked for, at the level that is wanted or fits."""
    if named.is_text:
        return "raw", None, await _read_level(database, "text", span)
    if wanted != "auto":
        level: Resolution = wanted  # type: ignore[assignment] # the query's own Literal has no other value
        return level, WIDTHS_S[level], await _read_level(database, level, span)
    horizons = (await database.fetch(Horizons, "api", "horizons"))[0]
    for level in list_levels(span.start, horizons):
        points = await _read_level(database, level, span)
        if len(points) <= span.points:
            return level, WIDTHS_S[level], points
    days = choose_days(span.start, span.stop, span.points)
    return "1d", days * DAY_S, await _read_level(database, "1d", span, days)


async def _read_level(database: Database, level: str, span: Span, days: int = 1) -> list[Point]:
    bounds = {"series_id": span.series_id, "start": span.start, "stop": span.stop, "limit": span.points + 1}
    if level == "1d":
        bounds["days"] = days
    return await database.fetch(Point, "api", f"history_{level}", **bounds)


def _place(point: Point, zone: tzinfo) -> Point:
    return point.model_copy(update={"time": point.time.astimezone(zone)})


def _find_zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refusal("bad_zone", zone=repr(name)) from error


def _wants_csv(request: Request, query: HistoryQuery) -> bool:
    if query.format is not None:
        return query.format == "csv"
    return request.headers.get("accept", "").split(",")[0].split(";")[0].strip() == CSV_TYPE
