"""Styles, scripts, pictures and the base map: files of this package, each with a route of its own."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

HOME = Path(__file__).parent
FOLDERS = ("static", "vendor", "geodata")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".geojson": "application/geo+json",
    ".webmanifest": "application/manifest+json",
}
# Below it a header weighs more than what is saved.
LEAST_ZIPPED_BYTES = 1_400

router = APIRouter(include_in_schema=False)


def give(request: Request) -> Response:
    """Give the file that the path names."""
    return give_file(request, "/".join(request.url.path.split("/")[-2:]))


def give_file(request: Request, file: str) -> Response:
    """Give a file; a browser that has it already is told so."""
    content, zipped, tag = _read(file)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if file.endswith(
        ".js"
    ):  # of a worker it is its own: of the map's, which fetches the roads, and of the crews' pages'
        headers["Content-Security-Policy"] = request.app.state.shell.policy
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if zipped and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = zipped, headers | {"Content-Encoding": "gzip"}
    return Response(content, media_type=TYPES[Path(file).suffix], headers=headers)


def list_files() -> list[str]:
    """List the files that are given out."""
    return sorted(
        f"{folder}/{path.name}" for folder in FOLDERS for path in (HOME / folder).iterdir() if path.suffix in TYPES
    )


# A route for each: a pattern would give every name that a scanner guesses the same route in the metrics.
for _file in list_files():
    router.add_api_route(f"/console/{_file}", give)


@cache
def _read(file: str) -> tuple[bytes, bytes, str]:
    content = (HOME / file).read_bytes()
    zipped = gzip.compress(content, 6, mtime=0) if len(content) > LEAST_ZIPPED_BYTES else b""
    return content, zipped, f'"{hashlib.sha256(content).hexdigest()[:24]}"'
