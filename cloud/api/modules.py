"""Public services' figures: read, pushed by services, uploaded by people in two steps, and held ones decided on."""

from dataclasses import asdict
from functools import partial
from typing import Annotated
from uuid import UUID

import fastapi
from fastapi import APIRouter, Depends, Request

from cloud.api.access import Credentials, Right, UsedDatabase, Viewer
from cloud.api.auth import Principal
from cloud.api.database import Database
from cloud.api.module_desk import ModuleDesk
from cloud.api.module_models import (
    Changed,
    Decision,
    District,
    Drafted,
    Figure,
    HeldFigure,
    ModuleState,
    Objects,
    Run,
    RunLine,
    Stored,
)
from cloud.api.paging import Query, Text
from cloud.modules import brought, held
from cloud.modules.errors import SourceFailed
from cloud.modules.report import Report
from cloud.modules.rules import refusal
from cloud.modules.run import Outcome
from cloud.modules.store import Line
from cloud.modules.tokens import find_holder

router = APIRouter(prefix="/v1", tags=["modules"])

Uploader = Annotated[Principal, Depends(Right("module.upload"))]


def _desk(request: Request) -> ModuleDesk:
    desk: ModuleDesk = request.app.state.module_desk
    return desk


UsedDesk = Annotated[ModuleDesk, Depends(_desk)]


class FigureQuery(Query):
    """Filters of figures."""

    indicator: Text | None = None
    district: Text | None = None


@router.get("/modules")
async def list_modules(_: Viewer, database: UsedDatabase) -> list[ModuleState]:
    """List public services, each with its last run and whether its figures are overdue."""
    return await database.fetch(ModuleState, "modules", "states")


@router.get("/modules/{module}/figures")
async def list_figures(
    _: Viewer, database: UsedDatabase, module: str, query: Annotated[FigureQuery, fastapi.Query()]
) -> list[Figure]:
    """List a service's figures as they are shown now, each with both of its times."""
    await _require_module(database, module)
    filters = {"module": module, "indicator": query.indicator, "district": query.district}
    return await database.fetch(Figure, "modules", "figures", **filters, limit=query.limit)


@router.get("/modules/{module}/runs")
async def list_runs(
    _: Viewer, database: UsedDatabase, module: str, query: Annotated[Query, fastapi.Query()]
) -> list[Run]:
    """List a service's runs, newest first, with what each left out and why."""
    await _require_module(database, module)
    return await database.fetch(Run, "modules", "runs", module=module, limit=min(query.limit, 200))


@router.get("/districts")
async def list_districts(_: Viewer, database: UsedDatabase) -> list[District]:
    """List the regency's districts with their official codes."""
    return await database.fetch(District, "modules", "districts")


@router.get("/districts/{code}/figures")
async def list_district(_: Viewer, database: UsedDatabase, code: str) -> list[Figure]:
    """List everything that any service says of a district."""
    if code not in {district.code for district in await database.fetch(District, "modules", "districts")}:
        raise refusal("unknown_district", district=code)
    return await database.fetch(Figure, "modules", "figures", module=None, indicator=None, district=code, limit=5_000)


@router.post("/modules/{module}/figures")
async def push_figures(credentials: Credentials, desk: UsedDesk, module: str, body: Objects) -> Stored:
    """Take rows from a service: a JSON list of flat objects, with the module's token. Again changes nothing."""
    token = credentials.credentials if credentials else ""

    def work(connection: Line) -> Outcome:
        holder = find_holder(connection, token)
        if holder is None or holder[0] != module:
            raise refusal("module_token", module=module)
        return brought.push(connection, module, body, holder[1])

    return _stored(await desk.do(work))


@router.post("/modules/{module}/uploads")
async def upload(request: Request, person: Uploader, desk: UsedDesk, module: str) -> Drafted:
    """Read a spreadsheet (CSV or XLSX, as the body) and say what it would change; nothing is changed yet."""
    content = await request.body()
    try:
        draft = await desk.do(lambda line: brought.make_draft(line, module, content, _bringer(person)))
    except SourceFailed as error:
        raise refusal("figures_refused", why_id=error.text_id, why_en=error.text_en) from error
    report = draft.report
    return Drafted(
        draft=draft.id,
        rows=report.rows,
        figures=report.figures,
        changed=draft.changed,
        unchanged=draft.unchanged,
        rejected=report.rejected,
        kept_back=report.kept_back,
        changes=[Changed(**asdict(each)) for each in draft.changes],
        lines=_lines(report),
    )


@router.post("/modules/{module}/uploads/{draft}/confirm")
async def confirm_upload(person: Uploader, desk: UsedDesk, module: str, draft: UUID) -> Stored:
    """Store an upload's figures, as its answer showed them."""
    return _stored(await desk.do(lambda line: brought.confirm_draft(line, module, draft, _bringer(person))))


@router.delete("/modules/{module}/uploads/{draft}", status_code=204)
async def drop_upload(person: Uploader, desk: UsedDesk, module: str, draft: UUID) -> None:
    """Throw an upload away."""
    await desk.do(lambda line: brought.drop_draft(line, module, draft, _bringer(person)))


@router.get("/held-figures")
async def list_held(_: Viewer, database: UsedDatabase) -> list[HeldFigure]:
    """List figures that wait for a person, because they are many times the usual."""
    return await database.fetch(HeldFigure, "modules", "held")


@router.post("/held-figures/{number}", status_code=204)
async def decide_held(person: Uploader, desk: UsedDesk, number: int, body: Decision) -> None:
    """Say whether a figure that waits is right; an accepted one is shown from then on. It is in the audit."""
    await desk.do(partial(held.decide, number=number, accepted=body.accepted, person=_bringer(person)))


def _bringer(principal: Principal) -> brought.Person:
    return brought.Person(principal.account, principal.role == "admin")


async def _require_module(database: Database, module: str) -> None:
    if module not in {each.module for each in await database.fetch(ModuleState, "modules", "states")}:
        raise refusal("unknown_module", module=module)


def _stored(outcome: Outcome) -> Stored:
    if not outcome.good:
        raise refusal("figures_refused", why_id=outcome.text_id, why_en=outcome.text_en)
    report = outcome.report
    return Stored(
        run=outcome.run_id,
        rows=report.rows,
        figures=report.figures,
        changed=outcome.changed,
        rejected=report.rejected,
        held=outcome.held,
        kept_back=report.kept_back,
        lines=_lines(report),
    )


def _lines(report: Report) -> list[RunLine]:
    return [RunLine(**line) for line in brought.lines_of(report)]
