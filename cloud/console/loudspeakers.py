"""Loudspeakers: who says what over which, clips and texts, and the button that is held to speak."""

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

AT = "at:"  # before a loudspeaker's code, in the form's names
LANGUAGES = ("id", "jv", "mad", "en")
NEWEST, MOST_CLIPS = 8, 200
TIMES = (1, 2, 3, 5)

router = APIRouter(include_in_schema=False)


@router.get("/loudspeakers")
async def show(request: Request, shell: UsedShell) -> Response:
    """Show the page; `warning` or `incident` proposes what to say."""
    asked = {name: request.query_params.get(name, "") for name in ("warning", "incident")}
    proposal = await shell.api.get(request, "/v1/announcement-proposal", **asked)
    form = {"text": proposal["text"], **asked}
    return await draw(request, shell, form=form, told=request.query_params.get("told", ""))


@router.get("/loudspeakers/now")
async def show_now(request: Request, shell: UsedShell) -> Response:
    """Show anew what changes by itself."""
    me = await shell.api.get(request, "/v1/me")
    return shell.draw(request, "loudspeakers_now.html", me=me, **await _gather(request, shell))


@router.post("/loudspeakers/play")
async def play(request: Request, shell: UsedShell) -> Response:
    """Have a clip played."""
    form = await read_form(request)
    body = make_order(form) | {"clip": form.get("clip", ""), "times": _number(form.get("times", "1"))}
    return await _do(request, shell, "/v1/announcements", body, form)


@router.post("/loudspeakers/spoken")
async def speak(request: Request, shell: UsedShell) -> Response:
    """Have a text spoken, to be listened to."""
    form = await read_form(request)
    text = form.get("text", "").strip()
    body = {"text": text, "name": form.get("name", "").strip() or text[:60], "language": form.get("language", "id")}
    body["request_id"] = form.get("request_id") or str(uuid4())
    return await _do(request, shell, "/v1/announcement-clips/spoken", body, form)


@router.post("/loudspeakers/clips/{clip}/retire")
async def retire(request: Request, shell: UsedShell, clip: str) -> Response:
    """Take a clip out of the list."""
    form = await read_form(request)
    return await _do(request, shell, f"/v1/announcement-clips/{quote(clip, safe='')}/retire", None, form)


@router.post("/loudspeakers/{loudspeaker}/stop")
async def stop(request: Request, shell: UsedShell, loudspeaker: str) -> Response:
    """End what a loudspeaker says."""
    form = await read_form(request)
    body = {"reason": form.get("reason", ""), "request_id": form.get("request_id") or str(uuid4())}
    return await _do(request, shell, f"/v1/loudspeakers/{quote(loudspeaker, safe='')}/stop", body, form)


async def draw(
    request: Request, shell: UsedShell, *, form: Mapping[str, str], told: str = "", refused: str = ""
) -> Response:
    """Draw the page, with what became of an order, and the form as it was filled in."""
    me = await shell.api.get(request, "/v1/me")
    clips = await shell.api.get(request, "/v1/announcement-clips", limit=MOST_CLIPS)
    warnings = await shell.api.get(request, "/v1/warnings", in_force="true", limit=20)
    proposal = await shell.api.get(request, "/v1/announcement-proposal")
    choices = {"clips": clips["items"], "warnings": warnings["items"], "times": TIMES, "languages": LANGUAGES}
    choices |= {"can_speak": proposal["can_speak"], "longest": proposal["longest"], "at": AT}
    shown = {"form": form, "told": told, "refused": refused}
    return await shell.page(request, "loudspeakers.html", me=me, **await _gather(request, shell), **choices, **shown)


async def _gather(request: Request, shell: UsedShell) -> dict[str, Any]:
    return {
        "speakers": await shell.api.get(request, "/v1/loudspeakers"),
        "announcements": (await shell.api.get(request, "/v1/announcements", limit=NEWEST))["items"],
    }


async def _do(request: Request, shell: UsedShell, path: str, body: Any, form: Mapping[str, str]) -> Response:
    """Tell the API, and draw the page with what came of it."""
    try:
        await shell.api.send(request, "POST", path, body, csrf=form.get("csrf", ""))
    except Refusal as refusal:
        return await draw(request, shell, refused=refusal.told[find_language(request)], form=form)
    return RedirectResponse("/loudspeakers?told=done", HTTPStatus.SEE_OTHER)


def make_order(form: Mapping[str, str]) -> dict[str, Any]:
    """Make what the API is told of where, why and for what; what is missing it names itself."""
    order: dict[str, Any] = {
        "loudspeakers": sorted(name.removeprefix(AT) for name in form if name.startswith(AT)),
        "reason": form.get("reason", ""),
        "request_id": form.get("request_id") or str(uuid4()),
        "emergency": form.get("emergency") == "yes",
    }
    if form.get("incident"):
        order["incident"] = _number(form["incident"])
    return order | ({"warning": form["warning"]} if form.get("warning") else {})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - what PostgreSQL can count
