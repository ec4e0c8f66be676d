"""Incidents: the queue, one of them, and what people do about them."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.acts import ACTS, find_acts, make_body
from cloud.console.pages import AGENCIES
from cloud.console.shell import UsedShell, is_part

STATES = ("open", "acknowledged", "dispatched", "on_site", "resolved", "closed", "cancelled", "merged")
SHOWN = 200
MAX_ROWS = 50

Act = Literal[
    "acknowledge", "take_over", "dispatch", "recall", "resolve", "verify", "reopen", "cancel", "merge", "note"
]


router = APIRouter(include_in_schema=False)


@router.get("/incidents")
async def show_queue(
    request: Request,
    shell: UsedShell,
    scope: str = "",
    agency: str = "",
    state: str = "",
    owner: str = "",
    after: str = "",
) -> Response:
    """Show the queue."""
    filters = {"scope": scope, "agency": agency, "state": state, "owner": owner}
    # What is over is in the queue no more.
    is_open = scope != "all" and state not in ("closed", "cancelled", "merged")
    asked = {"open": str(is_open).lower(), "agency": agency, "state": state, "owner": owner}
    part = await shell.api.get(request, "/v1/incidents", limit=SHOWN, after=after, **asked)
    shown = {"incidents": part["items"], "next": part["next"], "filters": filters, "query": urlencode(filters)}
    return await shell.page(request, "incidents.html", agencies=AGENCIES, states=STATES, **shown)


@router.get("/incidents/rows")
async def show_rows(
    request: Request, shell: UsedShell, incident: Annotated[list[str], Query(max_length=MAX_ROWS)]
) -> Response:
    """Show rows anew that have changed."""
    found = [await shell.api.find(request, f"/v1/incidents/{quote(name, safe='')}") for name in incident]
    return shell.draw(request, "rows.html", incidents=[one for one in found if one])


@router.get("/incidents/new")
async def show_call(request: Request, shell: UsedShell) -> Response:
    """Show the form for a call."""
    kinds, sites = await asyncio.gather(
        shell.api.get(request, "/v1/incident-kinds"), shell.api.get(request, "/v1/sites", limit=5_000)
    )
    return await shell.page(request, "call.html", kinds=kinds, sites=sites["items"])


@router.get("/incidents/{name}")
async def show_incident(request: Request, shell: UsedShell, name: str) -> Response:
    """Show one incident."""
    return await shell.page(request, "incident.html", **await _show(request, shell, name))


@router.get("/incidents/{name}/parts")
async def show_parts(request: Request, shell: UsedShell, name: str) -> Response:
    """Show anew what changes of an incident."""
    return await draw_parts(request, shell, name)


@router.post("/incidents/{name}/{act}")
async def act_on(
    request: Request, shell: UsedShell, name: str, act: Act, csrf: Annotated[str, Form()] = ""
) -> Response:
    """Do something about an incident."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    await shell.api.send(
        request, "POST", f"/v1/incidents/{quote(name, safe='')}/{ACTS[act].path}", make_body(act, form), csrf=csrf
    )
    if is_part(request):
        return await draw_parts(request, shell, name)
    return RedirectResponse(f"/incidents/{name}", HTTPStatus.SEE_OTHER)


async def draw_parts(request: Request, shell: UsedShell, name: str) -> Response:
    """Draw what changes of an incident, each part to be put where the old one stands."""
    return shell.draw(request, "incident_parts.html", **await _show(request, shell, name))


async def _gather(request: Request, shell: UsedShell, name: str) -> dict[str, Any]:
    incident = await shell.api.get(request, f"/v1/incidents/{quote(name, safe='')}")
    proposal = await shell.api.find(request, f"/v1/incidents/{quote(name, safe='')}/crews")
    return {"incident": incident, "proposal": proposal or [], "evidence": find_evidence(incident)}


async def _show(request: Request, shell: UsedShell, name: str) -> dict[str, Any]:
    me = await shell.api.get(request, "/v1/me")
    found = await _gather(request, shell, name)
    return found | {"me": me, "possible": find_acts(found["incident"], me["rights"])}


def find_evidence(incident: dict[str, Any]) -> list[dict[str, str]]:
    """List an incident's pictures and clips, newest first, with their addresses."""
    found = []
    for source in reversed(incident["sources"]):
        for media in source["media"]:
            address = f"/v1/media/{source['ref']}/{media['sha256']}"
            found.append({"address": address, "type": media["content_type"], "at": source["at"]})
    return sorted(found, key=lambda one: one["type"].startswith("image/"), reverse=True)
