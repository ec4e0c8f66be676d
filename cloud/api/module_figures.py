"""Public services' figures as they are shown now, as they were shown at an instant, and what was corrected."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import fastapi
from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from cloud.api.access import UsedDatabase, Viewer
from cloud.api.database import Database
from cloud.api.happenings import read_id
from cloud.api.models import Page
from cloud.api.module_models import Correction, District, Figure, ModuleState, Run
from cloud.api.paging import Query, Text, make_page
from cloud.api.refusals import refusal
from cloud.modules import rules

router = APIRouter(prefix="/v1", tags=["modules"])

MAX_CELL = 2**31 - 1
_NEWEST = datetime(9999, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"(\d{1,16})_(\d{1,10})_(-?\d{1,16})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FigureQuery(Query):
    """Filters of figures; `after` is a cell's number."""

    indicator: Text | None = None
    district: Text | None = None
    as_of: Annotated[AwareDatetime | None, Field(description="As they were shown then; now if left out.")] = None


class CorrectionQuery(Query):
    """Filters of corrections."""

    indicator: Text | None = None
    district: Text | None = None


@router.get("/modules")
async def list_modules(_: Viewer, database: UsedDatabase) -> list[ModuleState]:
    """List public services, each with its last run and whether its figures are overdue."""
    return await database.fetch(ModuleState, "modules", "states")


@router.get("/modules/{module}/figures")
async def list_figures(
    _: Viewer, database: UsedDatabase, module: str, query: Annotated[FigureQuery, fastapi.Query()]
) -> Page[Figure]:
    """List a service's figures as they are shown now, or were at an instant, each with both of its times."""
    await _require_module(database, module)
    filters = {"module": module, "indicator": query.indicator, "district": query.district, **_bounds(query)}
    if query.as_of is None:
        rows = await database.fetch(Figure, "modules", "figures", **filters)
    else:
        rows = await database.fetch(Figure, "modules", "figures_as_of", **filters, as_of=query.as_of)
    return make_page(rows, query.limit, lambda row: str(row.cell_id))


@router.get("/modules/{module}/corrections")
async def list_corrections(
    _: Viewer, database: UsedDatabase, module: str, query: Annotated[CorrectionQuery, fastapi.Query()]
) -> Page[Correction]:
    """List figures that were shown and are shown otherwise since, the newest corrections first."""
    await _require_module(database, module)
    at, cell, true_at = _read_place(query.after)
    rows = await database.fetch(
        Correction, "modules", "corrections", module=module, indicator=query.indicator, district=query.district,
        before_at=at, before_cell=cell, before_true_at=true_at, limit=query.limit + 1,
    )  # fmt: skip
    return make_page(rows, query.limit, _place_of)


@router.get("/modules/{module}/runs")
async def list_runs(
    _: Viewer, database: UsedDatabase, module: str, query: Annotated[Query, fastapi.Query()]
) -> Page[Run]:
    """List a service's runs, newest first, with what each left out and why."""
    await _require_module(database, module)
    before = read_id(query.after)
    rows = await database.fetch(Run, "modules", "runs", module=module, before=before, limit=query.limit + 1)
    return make_page(rows, query.limit, lambda row: str(row.id))


@router.get("/districts")
async def list_districts(_: Viewer, database: UsedDatabase) -> list[District]:
    """List the regency's districts with their official codes."""
    return await database.fetch(District, "modules", "districts")


@router.get("/districts/{code}/figures")
async def list_district(
    _: Viewer, database: UsedDatabase, code: str, query: Annotated[Query, fastapi.Query()]
) -> Page[Figure]:
    """List everything that any service says of a district."""
    if code not in {district.code for district in await database.fetch(District, "modules", "districts")}:
        raise rules.refusal("unknown_district", district=code)
    filters = {"module": None, "indicator": None, "district": code, **_bounds(query)}
    rows = await database.fetch(Figure, "modules", "figures", **filters)
    return make_page(rows, query.limit, lambda row: str(row.cell_id))


def _bounds(query: Query) -> dict[str, int]:
    """Read where a list by cells begins, and how far it goes.

    Raises:
        Invalid: its beginning is no cell's number.
    """
    after = query.after or "0"
    if not after.isdecimal() or int(after) > MAX_CELL:
        raise refusal("bad_place", after=repr(query.after))
    return {"after": int(after), "limit": query.limit + 1}


def _place_of(row: Correction) -> str:
    """Name a correction, so that the following ones can be asked for."""
    instants = [(at - _EPOCH) // timedelta(microseconds=1) for at in (row.corrected_at, row.true_at)]
    return f"{instants[0]}_{row.cell_id}_{instants[1]}"


def _read_place(after: str) -> tuple[datetime, int, datetime]:
    """Read such a name; nothing given is the beginning.

    Raises:
        Invalid: it is none.
    """
    if not after:
        return _NEWEST, MAX_CELL, _NEWEST
    found = _PLACE.fullmatch(after)
    if found is None or int(found[2]) > MAX_CELL:
        raise refusal("bad_place", after=repr(after))
    at, true_at = (_EPOCH + timedelta(microseconds=int(found[each])) for each in (1, 3))
    return at, int(found[2]), true_at


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


async def _require_module(database: Database, module: str) -> None:
    if not await database.fetch(_Named, "modules", "module_named", module=module):
        raise rules.refusal("unknown_module", module=module)
