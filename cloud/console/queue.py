"""Incidents: the queue, one of them, and what people do about them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.acts import find_acts, make_body
from cloud.console.ask import Refusal
from cloud.console.pages import AGENCIES
from cloud.console.shell import UsedShell, find_language, is_part
from cloud.console.typed import read_figure

STATES = ("open", "acknowledged", "dispatched", "on_site", "resolved", "closed", "cancelled", "merged")
# What people call about, the most pressing first; all other kinds are what boxes notice by themselves.
REPORTED = (
    "accident", "fire", "fallen_tree", "road_flooded", "flood_stage", "crime", "crowd_at_night", "intrusion",
    "signal_fault", "lamp_out", "congestion", "power_failed", "other",
)  # fmt: skip
SHOWN = 200
MAX_ROWS = 50
MOST_TITLE = 120  # the API's

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
    return await draw_call(request, shell, {}, "")


@router.post("/incidents/new")
async def take_call(request: Request, shell: UsedShell) -> Response:
    """Take a call; a kind that is open at the place already gets one more source."""
    form = await read_form(request)
    wanted: dict[str, Any] = {name: form.get(name, "").strip() for name in ("kind", "place", "text", "request_id")}
    where = {name: read_figure(form.get(name, "")) for name in ("latitude", "longitude")}
    wanted |= {name: degrees for name, degrees in where.items() if degrees is not None}
    if address := form.get("address", "").strip():
        kinds = await shell.api.get(request, "/v1/incident-kinds")
        titles = {kind["kind"]: kind[f"title_{find_language(request)}"] for kind in kinds}
        wanted["title"] = f"{titles.get(wanted['kind'], '')}: {address}"[:MOST_TITLE]
    try:
        reply = await shell.api.send(request, "POST", "/v1/incidents", wanted, csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await draw_call(request, shell, form, refusal.told[find_language(request)])
    return RedirectResponse(f"/incidents/{reply.body['incident']}", HTTPStatus.SEE_OTHER)


async def draw_call(request: Request, shell: UsedShell, form: dict[str, str], told: str) -> Response:
    """Draw the form for a call, as it was filled in."""
    kinds = await shell.api.get(request, "/v1/incident-kinds")
    sites = await shell.api.get(request, "/v1/sites", limit=5_000)
    called = sorted((kind for kind in kinds if kind["kind"] in REPORTED), key=lambda kind: REPORTED.index(kind["kind"]))
    groups = [called, [kind for kind in kinds if kind["kind"] not in REPORTED]]
    shown = {"groups": groups, "sites": sites["items"], "form": form, "told": told, "tiles": shell.tiles}
    return await shell.page(request, "call.html", **shown)


@router.post("/dispatches/{dispatch}/recall")
async def recall(request: Request, shell: UsedShell, dispatch: UUID) -> Response:
    """Call a crew back."""
    form = await read_form(request)
    body = make_body("recall", form)
    reply = await shell.api.send(request, "POST", f"/v1/dispatches/{dispatch}/recall", body, csrf=form.get("csrf", ""))
    name = str(reply.body["incident"])
    if is_part(request):
        return await draw_parts(request, shell, name)
    return RedirectResponse(f"/incidents/{name}", HTTPStatus.SEE_OTHER)


@router.get("/incidents/{name}")
async def show_incident(request: Request, shell: UsedShell, name: str) -> Response:
    """Show one incident."""
    return await shell.page(request, "incident.html", **await _show(request, shell, name))


@router.get("/incidents/{name}/parts")
async def show_parts(request: Request, shell: UsedShell, name: str) -> Response:
    """Show anew what changes of an incident."""
    return await draw_parts(request, shell, name)


@router.post("/incidents/{name}/{act}")
async def act_on(request: Request, shell: UsedShell, name: str, act: str) -> Response:
    """Do something about an incident."""
    form = await read_form(request)
    path = f"/v1/incidents/{quote(name, safe='')}/{quote(act, safe='')}"
    reply = await shell.api.send(request, "POST", path, make_body(act, form), csrf=form.get("csrf", ""))
    shown = str(reply.body["incident"])  # of a merge: the other one
    if is_part(request) and shown == name:
        return await draw_parts(request, shell, name)
    if is_part(request):
        return Response(headers={"HX-Redirect": f"/incidents/{shown}"})
    return RedirectResponse(f"/incidents/{shown}", HTTPStatus.SEE_OTHER)


async def read_form(request: Request) -> dict[str, str]:
    """Read a form's fields."""
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


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


@dataclass(frozen=True, slots=True)
class Film:
    """A film of an event: the addresses of its parts, as they play, and when the event was."""

    at: str
    parts: list[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows an incident, of each the newest first.

    Attributes:
        pictures: `address` and `at` of each.
        films: one of each event that has any.
    """

    pictures: list[dict[str, str]]
    films: list[Film]

    @property
    def pieces(self) -> int:
        """Count all, parts of films too."""
        return len(self.pictures) + sum(len(film.parts) for film in self.films)


def find_evidence(incident: dict[str, Any]) -> Evidence:
    """List an incident's pictures and films; its sources are the newest first."""
    found = Evidence([], [])
    for source in incident["sources"]:
        pieces = [(media["content_type"], f"/v1/media/{source['ref']}/{media['sha256']}") for media in source["media"]]
        found.pictures.extend({"address": at, "at": source["at"]} for kind, at in pieces if kind.startswith("image/"))
        if parts := [address for kind, address in pieces if kind.startswith("video/")]:
            found.films.append(Film(source["at"], parts))
    return found
