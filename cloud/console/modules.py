"""Services: their figures; of each its runs, figures that wait for a person, and tables uploaded in two steps."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.ask import SIGN_IN_AGAIN, Refusal
from cloud.console.figures import WIB
from cloud.console.queue import read_form
from cloud.console.shell import Shell, UsedShell, find_language
from cloud.console.table_form import LARGEST_BYTES, BadForm, read_table

UPLOADED = ("upload", "folder")
SHOWN_RUNS = 20
SHOWN_CORRECTIONS = 20
PART = 5_000
MOST_FIGURES = 20_000
BYTES_PER_MB = 1_000_000

router = APIRouter(include_in_schema=False)


@router.get("/services")
async def show_services(request: Request, shell: UsedShell) -> Response:
    """Show the services' figures with their age."""
    modules = await shell.api.get(request, "/v1/modules")
    figures = [await _all(request, shell, f"/v1/modules/{quote(one['module'], safe='')}/figures") for one in modules]
    shown = [{"about": one, "indicators": group_figures(rows)} for one, rows in zip(modules, figures, strict=True)]
    me = await shell.api.get(request, "/v1/me")
    uploaded = {one["module"] for one in modules if is_uploaded(one) and may_upload(me, one)}
    held = Counter(one["module"] for one in await shell.api.get(request, "/v1/held-figures"))
    return await shell.page(request, "services.html", me=me, modules=shown, uploaded=uploaded, held=held)


@router.get("/services/{module}")
async def show_module(
    request: Request, shell: UsedShell, module: str, told: str = "", run: int = 0, at: str = ""
) -> Response:
    """Show a service: what waits for a person, its runs, what was corrected, and what it showed at an instant."""
    shown: dict[str, Any] = {"told": told, "run": run}
    if instant := read_wib(at):
        path = f"/v1/modules/{quote(module, safe='')}/figures"
        then = await _all(request, shell, path, as_of=instant.isoformat())
        shown |= {"at": f"{instant:%Y-%m-%dT%H:%M}", "instant": instant.isoformat(), "then": group_figures(then)}
    return await _draw(request, shell, "module.html", module, **shown)


@router.get("/services/{module}/upload")
async def show_upload(request: Request, shell: UsedShell, module: str, told: str = "") -> Response:
    """Show the form for a table."""
    return await _draw(request, shell, "upload.html", module, told=told)


@router.post("/services/{module}/upload")
async def take_upload(request: Request, shell: UsedShell, module: str) -> Response:
    """Take a table, and show what it would change; nothing is changed yet."""
    await shell.api.get(request, "/v1/me")  # who is not signed in is led to the door before his file is read
    try:
        table = await read_table(request)
        path = f"/v1/modules/{quote(module, safe='')}/uploads"
        reply = await shell.api.send(request, "POST", path, content=table.content, csrf=table.csrf)
    except BadForm as fault:
        return await _draw(request, shell, "upload.html", module, status=fault.status, fault=fault.kind)
    except Refusal as refusal:
        return await _refuse(request, shell, "upload.html", module, refusal)
    return await _draw(request, shell, "upload.html", module, draft=reply.body, file=table.file)


@router.post("/services/{module}/upload/{draft}/confirm")
async def confirm(request: Request, shell: UsedShell, module: str, draft: str) -> Response:
    """Store what an upload was shown to change."""
    form = await read_form(request)
    path = f"/v1/modules/{quote(module, safe='')}/uploads/{quote(draft, safe='')}/confirm"
    try:
        reply = await shell.api.send(request, "POST", path, csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await _refuse(request, shell, "upload.html", module, refusal)
    return _lead(module, f"?told=stored&run={reply.body['run']}")


@router.post("/services/{module}/upload/{draft}/discard")
async def discard(request: Request, shell: UsedShell, module: str, draft: str) -> Response:
    """Throw an upload away."""
    form = await read_form(request)
    path = f"/v1/modules/{quote(module, safe='')}/uploads/{quote(draft, safe='')}"
    try:
        await shell.api.send(request, "DELETE", path, csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await _refuse(request, shell, "upload.html", module, refusal)
    return _lead(module, "/upload?told=discarded")


@router.post("/services/{module}/held/{number}")
async def decide(request: Request, shell: UsedShell, module: str, number: int) -> Response:
    """Take a person's word on a figure that waits."""
    form = await read_form(request)
    is_right = form.get("accepted") == "yes"
    try:
        await shell.api.send(
            request, "POST", f"/v1/held-figures/{number}", {"accepted": is_right}, csrf=form.get("csrf", "")
        )
    except Refusal as refusal:
        return await _refuse(request, shell, "module.html", module, refusal)
    return _lead(module, f"?told={'accepted' if is_right else 'rejected'}")


def read_wib(text: str) -> datetime | None:
    """Read an instant as a form's field has it, in West Indonesia Time; None where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=WIB)
    except ValueError:
        return None


def may_upload(me: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    """Tell whether somebody is shown what only uploaders may do; the API judges again."""
    named = about["uploaders"]
    is_uploader = me["role"] == "admin" or not named or me["account"] in named
    return "module.upload" in me["rights"] and is_uploader


def is_uploaded(about: Mapping[str, Any]) -> bool:
    """Tell whether a service's figures come by tables that people bring."""
    return about["source"] in UPLOADED


def group_figures(figures: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Sort a service's figures by indicator: what stands for the whole regency first, then what has parts."""
    ordered = sorted(figures, key=lambda row: (str(row["indicator"]), row["keys"]))
    groups = groupby(ordered, key=lambda row: row["indicator"])
    return sorted((list(rows) for _, rows in groups), key=lambda cells: len(cells) > 1)


async def _draw(request: Request, shell: UsedShell, template: str, module: str, **shown: Any) -> Response:
    """Draw a page of a service, with what became of an order."""
    found = await _gather(request, shell, module)
    nothing = {"told": "", "refused": "", "fault": "", "draft": None, "file": "", "run": 0, "at": "", "then": None}
    if template == "upload.html" and not found["may"]:
        shown.setdefault("status", HTTPStatus.FORBIDDEN)
    return await shell.page(request, template, **(nothing | found | shown))


async def _refuse(request: Request, shell: UsedShell, template: str, module: str, refusal: Refusal) -> Response:
    """Draw the page with what the API refused."""
    if refusal.status == SIGN_IN_AGAIN:
        raise refusal
    if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return await _draw(request, shell, template, module, status=refusal.status, fault="too_large")
    told = refusal.told[find_language(request)]
    return await _draw(request, shell, template, module, status=refusal.status, refused=told)


async def _gather(request: Request, shell: UsedShell, module: str) -> dict[str, Any]:
    path = f"/v1/modules/{quote(module, safe='')}"
    runs = await shell.api.get(request, f"{path}/runs", limit=SHOWN_RUNS)  # says it where there is no such service
    corrections = await shell.api.get(request, f"{path}/corrections", limit=SHOWN_CORRECTIONS)
    about = next(one for one in await shell.api.get(request, "/v1/modules") if one["module"] == module)
    figures = await _all(request, shell, f"{path}/figures")
    held = await shell.api.get(request, "/v1/held-figures")
    me = await shell.api.get(request, "/v1/me")
    return {
        "me": me,
        "about": about,
        "runs": runs["items"],
        "corrections": corrections["items"],
        "held": [one for one in held if one["module"] == module],
        "indicators": {row["indicator"]: row for row in figures},
        "now": {row["cell_id"]: row for row in figures},
        "districts": {one["code"]: one["name"] for one in await shell.api.get(request, "/v1/districts")},
        "may": may_upload(me, about),
        "uploaded": is_uploaded(about),
        "largest_mb": LARGEST_BYTES // BYTES_PER_MB,
    }


async def _all(request: Request, shell: Shell, path: str, **parameters: str) -> list[dict[str, Any]]:
    """Ask for all parts of a list; of more than a page can show, the first."""
    found: list[dict[str, Any]] = []
    after = ""
    while len(found) < MOST_FIGURES:
        part = await shell.api.get(request, path, limit=PART, after=after, **parameters)
        found += part["items"]
        after = part["next"]
        if after is None:
            break
    return found


def _lead(module: str, more: str) -> Response:
    return RedirectResponse(f"/services/{quote(module, safe='')}{more}", HTTPStatus.SEE_OTHER)
