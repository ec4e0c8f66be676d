"""Pages that show: accounts, the audit, the map."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from cloud.console.shell import UsedShell

ROLES = ("crew", "viewer", "module_owner", "operator", "head_of_shift", "admin")
AGENCIES = ("transport", "disaster", "public_order", "health", "112", "platform")
AUDIT_ROWS = 100
Typed = Annotated[str, Form(max_length=1_000)]
Several = Annotated[list[str], Form()]


router = APIRouter(include_in_schema=False)


@router.get("/map")
async def show_map(request: Request, shell: UsedShell) -> Response:
    """Show the map."""
    return await shell.page(request, "map.html", tiles=shell.tiles)


@router.get("/audit")
async def show_audit(
    request: Request, shell: UsedShell, actor: str = "", action: str = "", after: str = ""
) -> Response:
    """Show what was done and refused."""
    filters = {"actor": actor, "action": action}
    rows = await shell.api.get(request, "/v1/audit", limit=AUDIT_ROWS, after=after, **filters)
    return await shell.page(request, "audit.html", rows=rows["items"], next=rows["next"], filters=filters)


async def draw_accounts(
    request: Request, shell: UsedShell, *, told: str = "", first: dict[str, str] | None = None
) -> Response:
    """Draw the accounts, with what became of a change."""
    accounts = await shell.api.get(request, "/v1/accounts")
    shown = {"accounts": accounts, "roles": ROLES, "agencies": AGENCIES, "told": told, "first": first}
    return await shell.page(request, "accounts.html", **shown)


@router.get("/accounts")
async def show_accounts(request: Request, shell: UsedShell) -> Response:
    """Show who may do what."""
    return await draw_accounts(request, shell)


@router.post("/accounts")
async def add_account(
    request: Request,
    shell: UsedShell,
    name: Typed = "",
    full_name: Typed = "",
    role: Typed = "",
    agencies: Several = [],  # noqa: B006 - FastAPI's form
    csrf: Typed = "",
) -> Response:
    """Make an account, and show its first password once."""
    wanted = {"name": name.strip(), "full_name": full_name.strip(), "role": role, "agencies": agencies}
    reply = await shell.api.send(request, "POST", "/v1/accounts", wanted, csrf=csrf)
    return await draw_accounts(request, shell, first=reply.body)


@router.post("/accounts/{name}")
async def change_account(
    request: Request,
    shell: UsedShell,
    name: str,
    full_name: Typed = "",
    role: Typed = "",
    agencies: Several = [],  # noqa: B006 - as above
    csrf: Typed = "",
) -> Response:
    """Change what an account may do."""
    wanted = {"full_name": full_name.strip(), "role": role, "agencies": agencies}
    await shell.api.send(request, "PATCH", f"/v1/accounts/{quote(name, safe='')}", wanted, csrf=csrf)
    return await draw_accounts(request, shell, told="changed")


@router.post("/accounts/{name}/lock")
async def lock_account(request: Request, shell: UsedShell, name: str, locked: Typed = "", csrf: Typed = "") -> Response:
    """Lock an account, or open it again."""
    await shell.api.send(
        request, "PATCH", f"/v1/accounts/{quote(name, safe='')}", {"locked": locked == "yes"}, csrf=csrf
    )
    return await draw_accounts(request, shell, told="changed")


@router.post("/accounts/{name}/password")
async def reset_password(request: Request, shell: UsedShell, name: str, csrf: Typed = "") -> Response:
    """Make a first password anew, and show it once."""
    reply = await shell.api.send(request, "POST", f"/v1/accounts/{quote(name, safe='')}/password", csrf=csrf)
    return await draw_accounts(request, shell, first=reply.body)
