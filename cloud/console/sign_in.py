"""The door: signing in, signing out, choosing a password."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.ask import Refusal, Reply
from cloud.console.shell import Shell, UsedShell, find_language

HOME = "/incidents"
CREW_HOME = "/duty"
# Longer than any account's name or password may be: the API says so by its rules.
Typed = Annotated[str, Form(max_length=1_000)]
# What a provider sends along; whatever else stands in the address is none of ours.
_BROUGHT = ("state", "code", "iss", "error")


router = APIRouter(include_in_schema=False)


@router.get("/login")
async def show_door(
    request: Request,
    shell: UsedShell,
    next: str = "",  # noqa: A002 - its name in the address
    left: str = "",
) -> Response:
    """Show the form, and the way through a provider where there is one."""
    return await _draw_door(request, shell, next, left=left == "provider")


@router.post("/login")
async def sign_in(
    request: Request,
    shell: UsedShell,
    name: Typed = "",
    password: Typed = "",
    next: Typed = "",  # noqa: A002 - as above
) -> Response:
    """Sign somebody in, and lead him to where he wanted to go."""
    wanted = {"name": name, "password": password}
    try:
        reply = await shell.api.send(request, "POST", "/v1/session", wanted)
    except Refusal as refusal:
        return await _draw_door(request, shell, next, refusal, name=name)
    return _let_in(reply, next)


@router.get("/login/openid")
async def go_to_provider(request: Request, shell: UsedShell, next: str = "") -> Response:  # noqa: A002 - as above
    """Lead somebody to the provider's own door."""
    try:
        reply = await shell.api.send(request, "POST", "/v1/openid/ways", {"next": find_own_path(next)})
    except Refusal as refusal:
        return await _draw_door(request, shell, next, refusal)
    return _lead(reply.body["url"], reply.cookies)


@router.get("/login/openid/back")
async def come_back(request: Request, shell: UsedShell) -> Response:
    """Sign somebody in who comes from the provider's door."""
    brought = {name: request.query_params[name] for name in _BROUGHT if name in request.query_params}
    try:
        reply = await shell.api.send(request, "POST", "/v1/openid/sessions", brought)
    except Refusal as refusal:
        return await _draw_door(request, shell, "", refusal)
    return _let_in(reply, reply.body["next"])


@router.post("/logout")
async def sign_out(request: Request, shell: UsedShell, csrf: Typed = "") -> Response:
    """Sign somebody out, here; the door then shows the way to do so at the provider, too."""
    me = await shell.api.find(request, "/v1/me")
    reply = await shell.api.send(request, "DELETE", "/v1/session", csrf=csrf)
    return _lead("/login?left=provider" if me and me["by_provider"] else "/login", reply.cookies)


@router.get("/password")
async def show_password(request: Request, shell: UsedShell) -> Response:
    """Show the form for a new password."""
    return await shell.page(request, "password.html", told="", done=False)


@router.post("/password")
async def choose_password(
    request: Request, shell: UsedShell, old: Typed = "", new: Typed = "", again: Typed = "", csrf: Typed = ""
) -> Response:
    """Take a new password."""
    me = await shell.api.get(request, "/v1/me")
    if new != again:
        return await shell.page(request, "password.html", me=me, told="differ", done=False)
    try:
        await shell.api.send(request, "POST", "/v1/me/password", {"old": old, "new": new}, csrf=csrf)
    except Refusal as refusal:
        told = refusal.told[find_language(request)]
        return await shell.page(request, "password.html", me=me, told=told, done=False)
    return await shell.page(request, "password.html", told="", done=True)


@router.get("/sessions")
async def show_sessions(request: Request, shell: UsedShell) -> Response:
    """Show where somebody is signed in."""
    sessions = await shell.api.get(request, "/v1/me/sessions")
    return await shell.page(request, "sessions.html", sessions=sessions, told=False)


@router.post("/sessions/{session}/end")
async def end_session(request: Request, shell: UsedShell, session: str, csrf: Typed = "") -> Response:
    """Sign somebody out somewhere else."""
    await shell.api.send(request, "DELETE", f"/v1/me/sessions/{quote(session, safe='')}", csrf=csrf)
    sessions = await shell.api.get(request, "/v1/me/sessions")
    return await shell.page(request, "sessions.html", sessions=sessions, told=True)


async def _draw_door(
    request: Request,
    shell: Shell,
    wanted: str,
    refusal: Refusal | None = None,
    *,
    name: str = "",
    left: bool = False,
) -> Response:
    """Draw the door: local accounts are there whatever becomes of the provider."""
    wanted_of_it = {"exit": "true"} if left else {}
    provider = await shell.api.find(request, "/v1/openid", **wanted_of_it) or {"name": None, "sign_out": None}
    told = refusal.told[find_language(request)] if refusal else ""
    shown = {"next": find_own_path(wanted), "told": told, "name": name, "provider": provider["name"]}
    status = refusal.status if refusal else 200
    return shell.draw(request, "login.html", status, **shown, left=provider["sign_out"])


def _let_in(reply: Reply, wanted: str) -> Response:
    home = CREW_HOME if reply.body["role"] == "crew" else HOME
    target = "/password" if reply.body["must_choose_password"] else find_own_path(wanted) or home
    return _lead(target, reply.cookies)


def find_own_path(wanted: str) -> str:
    r"""Take a path of our own to lead to; empty where it would lead elsewhere.

    `//elsewhere` and `/\elsewhere` name another host to a browser.
    """
    parts = urlsplit(wanted)
    own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if own and wanted.isprintable() and "\\" not in wanted else ""


def _lead(target: str, cookies: tuple[str, ...]) -> Response:
    answer = RedirectResponse(target, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
    for cookie in cookies:
        answer.headers.append("set-cookie", cookie)
    return answer
