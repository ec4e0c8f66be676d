"""The pages at `/`, `/junctions` and `/cameras`: the console's head, filled by a script that asks the API.

For whoever is signed in or has a token; nothing on them comes from anywhere else.
"""

from functools import cache, partial
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from cloud.console.shell import UsedShell

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "page"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
PARTS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in TYPES)


@router.get("/")
async def show_values(request: Request, shell: UsedShell) -> Response:
    """Show the newest values."""
    return await shell.live_page(request, "values")


@router.get("/junctions")
async def show_junctions(request: Request, shell: UsedShell) -> Response:
    """Show junctions; `#TD-01` names one."""
    return await shell.live_page(request, "junctions")


@router.get("/cameras")
async def show_cameras(request: Request, shell: UsedShell) -> Response:
    """Show cameras; `#TD-01.cam-1` names one. Pictures and clips are objects of the tab: an image sends no token."""
    return await shell.live_page(request, "cameras")


@router.get("/favicon.ico")
def show_icon() -> Response:
    """Show the icon to a browser that asks where icons used to be."""
    return give_part("icon.svg")


def give_part(name: str) -> Response:
    """Give a style, a script or a picture of the pages."""
    return Response(_read(name), media_type=TYPES[Path(name).suffix], headers=HEADERS)


# A route for each: a pattern would give every name that a scanner guesses the same route in the metrics.
for _name in PARTS:
    router.add_api_route(f"/{_name}", partial(give_part, _name))


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
