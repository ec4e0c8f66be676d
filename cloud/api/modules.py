"""Public services' figures brought: pushed by services, uploaded by people in two steps; and held ones decided on."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from cloud.api.access import Credentials, Right, UsedDatabase, Viewer, address_of
from cloud.api.auth import Principal
from cloud.api.module_desk import ModuleDesk
from cloud.api.module_models import Decision, Drafted, Objects, RunLine, Stored
from cloud.api.module_tokens import ModuleTokens
from cloud.modules import brought, held
from cloud.modules.errors import SourceFailed
from cloud.modules.report import Report
from cloud.modules.rules import refusal
from cloud.modules.run import Outcome
from cloud.modules.store import Line
from cloud.modules.tokens import note_use

_OBJECTS = TypeAdapter(Objects)
_BODY = {"required": True, "content": {"application/json": {"schema": _OBJECTS.json_schema()}}}

router = APIRouter(prefix="/v1", tags=["modules"])

Uploader = Annotated[Principal, Depends(Right("module.upload"))]


def _desk(request: Request) -> ModuleDesk:
    desk: ModuleDesk = request.app.state.module_desk
    return desk


def _tokens(request: Request) -> ModuleTokens:
    tokens: ModuleTokens = request.app.state.module_tokens
    return tokens


UsedDesk = Annotated[ModuleDesk, Depends(_desk)]
UsedTokens = Annotated[ModuleTokens, Depends(_tokens)]


@router.post("/modules/{module}/figures", openapi_extra={"requestBody": _BODY})
async def push_figures(
    request: Request, credentials: Credentials, tokens: UsedTokens, desk: UsedDesk, module: str
) -> Stored:
    """Take rows from a service: a JSON list of flat objects, with the module's token. Again changes nothing."""
    token = credentials.credentials if credentials else ""
    identity = await tokens.identify(module, token, address_of(request))
    rows = read_objects(await request.body())

    def work(connection: Line) -> Outcome:
        note_use(connection, identity)
        return brought.push(connection, module, rows, identity)

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
        held=draft.held,
        changes=list(draft.changes),
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
async def list_held(_: Viewer, database: UsedDatabase) -> list[held.Held]:
    """List figures that wait for a person, because they are many times the usual."""
    return await database.fetch(held.Held, "modules", "held")


@router.post("/held-figures/{number}", status_code=204)
async def decide_held(person: Uploader, desk: UsedDesk, number: int, body: Decision) -> None:
    """Say whether a figure that waits is right; an accepted one is shown from then on. It is in the audit."""
    await desk.do(partial(held.decide, number=number, accepted=body.accepted, person=_bringer(person)))


def read_objects(body: bytes) -> list[dict[str, Any]]:
    """Read what is pushed; not before it is known who pushes.

    Raises:
        RequestValidationError: it is no list of objects.
    """
    try:
        return _OBJECTS.validate_json(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from error


def _bringer(principal: Principal) -> brought.Person:
    return brought.Person(principal.account, principal.role == "admin")


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
