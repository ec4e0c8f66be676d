"""Series and their newest samples: /v1/series, /v1/latest, /v1/quantities."""

from dataclasses import asdict
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.models import Latest, Page, Quantity, Series
from cloud.api.paging import Query, Text, make_page
from cloud.api.refusals import refusal
from edge.contract.catalogue import CATALOGUE

router = APIRouter(prefix="/v1", tags=["figures"])

MAX_SERIES_ID = 2**31 - 1
MAX_SERIES_ASKED = 1_000


class SeriesQuery(Query):
    """Filters of /v1/series; `after` is a series id."""

    asset: Text | None = None
    site: Text | None = None
    quantity: Text | None = None


class LatestQuery(SeriesQuery):
    """Filters of /v1/latest."""

    series: Annotated[
        list[Annotated[int, Field(ge=1, le=MAX_SERIES_ID)]] | None,
        Field(max_length=MAX_SERIES_ASKED, description="Series ids; may be given several times."),
    ] = None


@router.get("/series")
async def list_series(
    _: Viewer, database: UsedDatabase, query: Annotated[SeriesQuery, fastapi.Query()]
) -> Page[Series]:
    """List series by id."""
    rows = await database.fetch(Series, "api", "series", **bounds(query))
    return make_page(rows, query.limit, lambda row: str(row.series_id))


@router.get("/latest")
async def list_latest(
    _: Viewer, database: UsedDatabase, query: Annotated[LatestQuery, fastapi.Query()]
) -> Page[Latest]:
    """List the newest sample of each series, by series id."""
    rows = await database.fetch(Latest, "api", "latest", **bounds(query), series_ids=query.series)
    return make_page(rows, query.limit, lambda row: str(row.series_id))


@router.get("/quantities")
async def list_quantities(_: Viewer) -> list[Quantity]:
    """List the catalogue: every known quantity with its unit, what is possible, and its titles."""
    return [Quantity(**asdict(quantity)) for quantity in CATALOGUE.values()]


def bounds(query: SeriesQuery) -> dict[str, Any]:
    """Turn filters into parameters of a statement that pages by series id.

    Raises:
        Invalid: `after` is no series id.
    """
    if not (query.after or "0").isdecimal() or int(query.after or 0) > MAX_SERIES_ID:
        raise refusal("bad_place", after=repr(query.after))
    filters = query.model_dump(exclude={"series"})
    return filters | {"limit": query.limit + 1, "after": int(query.after or 0)}
