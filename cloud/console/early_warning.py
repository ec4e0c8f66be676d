"""Early warning: rivers against their stages, sirens, warnings in force and our own, the stage of the regency."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.ask import Refusal
from cloud.console.queue import read_form
from cloud.console.shell import UsedShell, find_language
from cloud.console.typed import read_whole
from cloud.console.warning_form import (
    BadOutline,
    BadRadius,
    draw_district,
    fill_form,
    find_districts,
    make_cancellation,
    make_warning,
)
from cloud.console.words import load_words

URGENCIES = ("Immediate", "Expected", "Future")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor")
CERTAINTIES = ("Observed", "Likely", "Possible")
RESPONSES = ("Evacuate", "Prepare", "Avoid", "Monitor", "AllClear")
STATUSES = ("Exercise", "Actual", "Test")  # the harmless one first
STAGES = (1, 2, 3, 4, 5)
NEWEST = 5
_SOUND_S = {"sound": 60, "test": 3}

HOURS = "6"


def _(text: str) -> str:
    """Mark a sentence for the catalogues."""
    return text


BAD_RADIUS = _("A place was chosen: say how many kilometres around it, from 0.5 to 50.")
BAD_LINE = _("Line %(n)s of the outline is not latitude, longitude: write it like -7.66, 112.80.")

router = APIRouter(include_in_schema=False)


@router.get("/early-warning")
async def show(request: Request, shell: UsedShell, told: str = "", change: str = "") -> Response:
    """Show the page; with `change` the form is filled with a warning that is in force."""
    known = await shell.api.find(request, f"/v1/warnings/{quote(change, safe='')}") if change else None
    form = fill_form(known, hours=HOURS) if known else None
    return await draw(request, shell, told=told, form=form, change=change if known else "")


@router.get("/early-warning/now")
async def show_now(request: Request, shell: UsedShell) -> Response:
    """Show anew what changes by itself."""
    me = await shell.api.get(request, "/v1/me")
    return shell.draw(request, "early_warning_now.html", me=me, **await _gather(request, shell))


@router.post("/early-warning/stage")
async def set_stage(request: Request, shell: UsedShell) -> Response:
    """Set the stage of the regency."""
    form = await read_form(request)
    body = {"stage": read_whole(form.get("stage", "")) or 0, "reason": form.get("reason", "")}
    return await _do(request, shell, "/v1/stage", body, form)


@router.post("/early-warning/sirens/{siren}/{act}")
async def order_siren(request: Request, shell: UsedShell, siren: str, act: str) -> Response:
    """Order something of a siren."""
    form = await read_form(request)
    body: dict[str, Any] = {"reason": form.get("reason", ""), "request_id": form.get("request_id") or str(uuid4())}
    body |= {"seconds": _SOUND_S[act]} if act in _SOUND_S else {}
    minutes = read_whole(form.get("minutes", ""))
    body |= {"seconds": 60 * minutes} if act == "sound" and minutes is not None else {}
    return await _do(request, shell, f"/v1/sirens/{quote(siren, safe='')}/{quote(act, safe='')}", body, form)


@router.post("/early-warning/warnings")
async def issue(request: Request, shell: UsedShell) -> Response:
    """Issue a warning."""
    return await _publish(request, shell, "")


@router.post("/early-warning/warnings/{warning}/update")
async def update(request: Request, shell: UsedShell, warning: str) -> Response:
    """Issue what is true now in place of a warning of ours."""
    return await _publish(request, shell, warning)


async def _publish(request: Request, shell: UsedShell, change: str) -> Response:
    form = await read_form(request)
    chosen = [name for name in (await request.form()).getlist("districts") if isinstance(name, str)]
    form["districts"] = "|".join(chosen)
    sites = (await shell.api.get(request, "/v1/sites", limit=5_000))["items"] if chosen else []
    try:
        body = make_warning(form, [draw_district(name, sites) for name in chosen])
    except BadOutline as error:
        told = load_words(find_language(request)).gettext(BAD_LINE) % {"n": error.line}
        return await draw(request, shell, refused=told, form=form, change=change)
    except BadRadius:
        told = load_words(find_language(request)).gettext(BAD_RADIUS)
        return await draw(request, shell, refused=told, form=form, change=change)
    path = f"/v1/warnings/{quote(change, safe='')}/update" if change else "/v1/warnings"
    return await _do(request, shell, path, body, form, change)


@router.post("/early-warning/warnings/{warning}/cancel")
async def cancel(request: Request, shell: UsedShell, warning: str) -> Response:
    """Cancel a warning of ours: the same words, and why."""
    form = await read_form(request)
    known = await shell.api.get(request, f"/v1/warnings/{quote(warning, safe='')}")
    return await _do(
        request, shell, f"/v1/warnings/{quote(warning, safe='')}/cancel", make_cancellation(known, form), form
    )


async def draw(
    request: Request,
    shell: UsedShell,
    *,
    told: str = "",
    refused: str = "",
    form: Mapping[str, str] | None = None,
    change: str = "",
) -> Response:
    """Draw the page, with what became of an order, and the form as it was filled in."""
    me = await shell.api.get(request, "/v1/me")
    found = await _gather(request, shell)
    sites = await shell.api.get(request, "/v1/sites", limit=5_000)
    choices = {"urgencies": URGENCIES, "severities": SEVERITIES, "certainties": CERTAINTIES, "stages": STAGES}
    choices |= {"responses": RESPONSES, "statuses": STATUSES}
    shown = {"told": told, "refused": refused, "form": form or {}, "sites": sites["items"]}
    shown |= {"districts": find_districts(sites["items"]), "tiles": shell.tiles, "change": change}
    return await shell.page(request, "early_warning.html", me=me, **found, **choices, **shown)


async def _gather(request: Request, shell: UsedShell) -> dict[str, Any]:
    """Ask for every part; one that the API cannot give is named, and hides no other."""
    missing: list[str] = []

    async def ask(part: str, **parameters: Any) -> list[dict[str, Any]]:
        found = await shell.api.find(request, f"/v1/{part}", **parameters)
        if found is None:
            missing.append(part)
            return []
        return list(found["items"] if isinstance(found, dict) else found)

    return {
        "gauges": await ask("gauges"),
        "arrivals": {one["downstream"]: one for one in await ask("reaches") if one["arrives_at"]},
        "sirens": {one["siren"]: one for one in await ask("sirens")},
        "orders": await ask("siren-orders", limit=NEWEST),
        "warnings": await ask("warnings", in_force="true", limit=50),
        "quakes": await ask("earthquakes", limit=NEWEST),
        "feeds": [one for one in await ask("feeds") if one["fault_en"]],
        "missing": missing,
    }


async def _do(
    request: Request, shell: UsedShell, path: str, body: Any, form: Mapping[str, str], change: str = ""
) -> Response:
    """Tell the API, and draw the page with what came of it."""
    try:
        await shell.api.send(request, "POST", path, body, csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await draw(request, shell, refused=refusal.told[find_language(request)], form=form, change=change)
    return RedirectResponse("/early-warning?told=done", HTTPStatus.SEE_OTHER)
