"""The pages at `/`, `/junctions` and `/cameras`, for whoever has a token; nothing on them comes from anywhere else."""

from functools import cache, partial
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from cloud.api.access import UsedSettings

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
CAMERA_POLICY = HEADERS["Content-Security-Policy"].replace("img-src 'self'", "img-src 'self' blob:; media-src blob:")
PARTS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in TYPES)


@router.get("/")
def show_values(settings: UsedSettings) -> Response:
    """Show the newest values."""
    return _show("values", settings.simulated)


@router.get("/junctions")
def show_junctions(settings: UsedSettings) -> Response:
    """Show junctions; `#TD-01` names one."""
    return _show("junctions", settings.simulated)


@router.get("/cameras")
def show_cameras(settings: UsedSettings) -> Response:
    """Show cameras; `#TD-01.cam-1` names one. Pictures and clips are objects of the tab: an image sends no token."""
    answer = _show("cameras", settings.simulated)
    answer.headers["Content-Security-Policy"] = CAMERA_POLICY
    return answer


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


def _show(script: str, simulated: bool) -> Response:  # noqa: FBT001 - a setting, passed on as it is
    text = _read("index.html").replace("{simulated}", "yes" if simulated else "no").replace("{script}", script)
    return Response(text, media_type="text/html; charset=utf-8", headers=HEADERS)


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
