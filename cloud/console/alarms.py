"""Alarms: how many come to an operator, which stand or chatter, what is shelved until when and by whom."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.ask import Refusal
from cloud.console.queue import read_form
from cloud.console.shell import UsedShell, find_language

HOURS = (1, 2, 4, 8, 24, 72, 168)

router = APIRouter(include_in_schema=False)


@router.get("/alarms")
async def show(request: Request, shell: UsedShell, told: str = "") -> Response:
    """Show the page."""
    return await draw(request, shell, told=told)


@router.post("/alarms/shelve")
async def shelve(request: Request, shell: UsedShell) -> Response:
    """Let a key make no incident for some hours."""
    form = await read_form(request)
    hours = form.get("hours", "")
    until = datetime.now(UTC) + timedelta(hours=min(int(hours), 10_000) if hours.isdecimal() else 0)
    body = {"key": form.get("key", ""), "until": until.isoformat(), "reason": form.get("reason", "")}
    return await _do(request, shell, "/v1/shelves", body, form)


@router.post("/alarms/lift")
async def lift(request: Request, shell: UsedShell) -> Response:
    """End a shelf at once."""
    form = await read_form(request)
    return await _do(request, shell, "/v1/shelves/lift", {"key": form.get("key", "")}, form)


async def draw(request: Request, shell: UsedShell, *, told: str = "", refused: str = "") -> Response:
    """Draw the page, with what became of an order."""
    quality = await shell.api.get(request, "/v1/alarm-quality")
    shelves = await shell.api.get(request, "/v1/shelves")
    shown = {"told": told, "refused": refused, "hours": HOURS, "shelves": shelves}
    return await shell.page(request, "alarms.html", **quality, **shown)


async def _do(
    request: Request, shell: UsedShell, path: str, body: Mapping[str, str], form: Mapping[str, str]
) -> Response:
    try:
        await shell.api.send(request, "POST", path, dict(body), csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await draw(request, shell, refused=refusal.told[find_language(request)])
    return RedirectResponse("/alarms?told=done", HTTPStatus.SEE_OTHER)
