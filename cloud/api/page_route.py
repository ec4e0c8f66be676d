"""The page at `/`: live values for whoever has a token; nothing on it comes from anywhere else."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from cloud.api.access import UsedSettings

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "page"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@router.get("/")
def page(settings: UsedSettings) -> Response:
    """Show the page."""
    text = _read("index.html").replace("{simulated}", "yes" if settings.simulated else "no")
    return Response(text, media_type="text/html; charset=utf-8", headers=HEADERS)


@router.get("/page.css")
def style() -> Response:
    """Give the page its looks."""
    return Response(_read("page.css"), media_type="text/css; charset=utf-8", headers=HEADERS)


@router.get("/page.js")
def script() -> Response:
    """Give the page its life."""
    return Response(_read("page.js"), media_type="text/javascript; charset=utf-8", headers=HEADERS)


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
