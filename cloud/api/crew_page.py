"""The page of field crews at `/crew/`: an installable web app that works without network and sends later.

Its files are kept by the phone (`worker.js`), under a version that follows from their content; what is typed is kept by
the page itself (`store.js`) until this API has it.
"""

import hashlib
from functools import cache, partial
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from cloud.api.access import UsedSettings
from cloud.api.page_route import FOLDER as PAGES
from cloud.api.page_route import HEADERS

router = APIRouter(prefix="/crew", include_in_schema=False)

FOLDER = Path(__file__).parent / "crew"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
# Of photos that were just taken the page makes pictures by itself: blob.
POLICY = HEADERS["Content-Security-Policy"].replace("img-src 'self'", "img-src 'self' blob:")
POLICY += "; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:"
PARTS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in TYPES)


@router.get("")
def lead_to_page() -> Response:
    """Lead whoever types the address without the last slash to the page."""
    return RedirectResponse("/crew/", headers=HEADERS)


@router.get("/")
def show_page(settings: UsedSettings) -> Response:
    """Show the page."""
    text = _read("crew.html").replace("{simulated}", "yes" if settings.simulated else "no")
    return _give(text, "crew.html")


@router.get("/icon.svg")
def show_icon() -> Response:
    """Show the icon of all pages."""
    return _give((PAGES / "icon.svg").read_text(encoding="utf-8"), "icon.svg")


def give_part(name: str) -> Response:
    """Give a style, a script or the manifest of the page."""
    text = _read(name)
    if name == "worker.js":
        text = text.replace("{version}", _version()).replace("{parts}", " ".join(PARTS))
    return _give(text, name)


for _name in PARTS:
    router.add_api_route(f"/{_name}", partial(give_part, _name))


def _give(text: str, name: str) -> Response:
    headers = HEADERS | {"Content-Security-Policy": POLICY}
    return Response(text, media_type=TYPES[Path(name).suffix], headers=headers)


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _version() -> str:
    """Give a version that changes when any file does."""
    return hashlib.sha256("".join(f"{name}\n{_read(name)}" for name in PARTS).encode()).hexdigest()[:12]
