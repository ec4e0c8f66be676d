"""The page of crews on their phones, at /duty: installable, and of use where there is no network."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from cloud.console.assets import give_file
from cloud.console.shell import UsedShell

router = APIRouter(include_in_schema=False)


@router.get("/duty")
async def show_duty(request: Request, shell: UsedShell) -> Response:
    """Show the page; its script asks for the orders, so that it works from the phone's own copy, too."""
    return await shell.page(request, "duty.html")


@router.get("/duty/")
def lead_to_duty() -> Response:
    """Lead whoever types a slash too many to the page."""
    return RedirectResponse("/duty")


@router.get("/duty-worker.js")
def show_worker(request: Request) -> Response:
    """Give the worker from a path whose scope has the page."""
    return give_file(request, "static/duty-worker.js")


@router.get("/duty.webmanifest")
def show_manifest(request: Request) -> Response:
    """Give what a phone must know to install the page."""
    return give_file(request, "static/duty.webmanifest")
