"""The door: signing in, signing out, choosing a password."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.ask import Refusal
from cloud.console.shell import UsedShell, find_language

HOME = "/incidents"
CREW_HOME = "/duty"
# Longer than any account's name or password may be: the API says so by its rules.
Typed = Annotated[str, Form(max_length=1_000)]


router = APIRouter(include_in_schema=False)


@router.get("/login")
def show_door(request: Request, shell: UsedShell, next: str = "") -> Response:  # noqa: A002 - its name in the address
    """Show the form."""
    return shell.draw(request, "login.html", next=find_own_path(next), told="", name="")


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
        told = refusal.told[find_language(request)]
        shown: dict[str, Any] = {"next": find_own_path(next), "told": told, "name": name}
        return shell.draw(request, "login.html", refusal.status, **shown)
    home = CREW_HOME if reply.body["role"] == "crew" else HOME
    target = "/password" if reply.body["must_choose_password"] else find_own_path(next) or home
    return _lead(target, reply.cookies)


@router.post("/logout")
async def sign_out(request: Request, shell: UsedShell, csrf: Typed = "") -> Response:
    """Sign somebody out."""
    reply = await shell.api.send(request, "DELETE", "/v1/session", csrf=csrf)
    return _lead("/login", reply.cookies)


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
