"""Evidence of events: pictures and clips with parts, checked against their digest; thumbnails: /v1/media.

Whoever keeps evidence must be able to say that it is what the box sent. So every read of it, of a part too, is of
content whose SHA-256 the database has just computed; what was changed is not shown, and that is told in the log and the
audit. (A thumbnail that is kept, and what a browser has, were whole when they were made.) Who looks at a film is in the
audit, once an hour.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import fastapi
import structlog
from fastapi import APIRouter, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from cloud.api.access import UsedDatabase, UsedThumbnails, Watcher
from cloud.api.database import Database
from cloud.api.problems import make_problem
from cloud.api.ranges import Part, find_part
from cloud.api.refusals import BAD_RANGE, fill, refusal
from cloud.api.thumbnails import WIDTHS_PX, round_up

router = APIRouter(prefix="/v1", tags=["evidence"])
log = structlog.get_logger(__name__)

SHOWN = {"image/jpeg": "jpg", "video/mp4": "mp4"}  # anything else is only ever saved, never shown by a browser
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Of one person, and not for long: who may look is asked again.
    "Cache-Control": "private, max-age=300",
}
_UNSATISFIABLE = HTTPStatus(416)  # its name differs between Python versions

Digest = Annotated[str, fastapi.Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the content, hex.")]
Width = Annotated[int, fastapi.Query(ge=WIDTHS_PX[0], le=WIDTHS_PX[1], description="Pixels; rounded up to 32s.")]


@dataclass(frozen=True, slots=True)
class Head:
    """A piece of evidence without its content."""

    content_type: str
    bytes: int
    position: int
    type: str
    time: datetime
    subject: str
    box: str


@dataclass(frozen=True, slots=True)
class _Content:
    is_whole: bool
    content: bytes


@router.get("/media/{event}/{sha256}", response_class=Response)
@router.head("/media/{event}/{sha256}", response_class=Response, include_in_schema=False)
async def read_media(
    watcher: Watcher, database: UsedDatabase, request: Request, event: UUID, sha256: Digest
) -> Response:
    """Give a picture or a clip, or the part of it that `Range` names; its headers alone to HEAD."""
    head = await find_head(database, event, sha256)
    tag = f'"{sha256}"'
    headers = HEADERS | {"ETag": tag, "Accept-Ranges": "bytes", "Content-Disposition": _disposition(head)}
    if _names(request.headers.get("if-none-match"), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    may_be_part = request.headers.get("if-range", tag) == tag
    part = find_part(request.headers.get("range") if may_be_part else None, head.bytes)
    if part is None:
        refused = make_problem(request, _UNSATISFIABLE, fill(BAD_RANGE, size=head.bytes))
        refused.headers["Content-Range"] = f"bytes */{head.bytes}"
        return refused
    if not part.is_all:
        headers["Content-Range"] = part.content_range(head.bytes)
    status = HTTPStatus.OK if part.is_all else HTTPStatus.PARTIAL_CONTENT
    if request.method == "HEAD":
        return Response(None, status, headers | {"Content-Length": str(part.length)}, media_type=_type_of(head))
    content = await read_part(database, head, event, sha256, part)
    if head.content_type == "video/mp4":
        told = {"sha256": sha256, "subject": head.subject, "box": head.box}
        entry = {"actor": watcher.account, "action": "evidence_seen", "subject": str(event), "detail": Jsonb(told)}
        await database.execute("cameras", "note_seen", entry)
    return Response(content, status, headers, media_type=_type_of(head))


@router.get("/media/{event}/{sha256}/thumbnail", response_class=Response)
async def read_thumbnail(
    *, _: Watcher, database: UsedDatabase, thumbnails: UsedThumbnails, event: UUID, sha256: Digest, width: Width = 320
) -> Response:
    """Give a picture made smaller, as JPEG."""
    head = await find_head(database, event, sha256)
    if head.content_type != "image/jpeg":
        raise refusal("no_thumbnail", content_type=head.content_type)
    key = (str(event), sha256, round_up(width))
    small = thumbnails.find(key)
    if small is None:
        content = await read_part(database, head, event, sha256, Part(0, head.bytes, is_all=True))
        small = await thumbnails.make(key, content)
    return Response(small, headers=HEADERS, media_type="image/jpeg")


async def find_head(database: Database, event: UUID, sha256: str) -> Head:
    """Find a piece of evidence.

    Raises:
        NotFound: there is none, it was deleted, or its event has not come.
    """
    found = await database.fetch(Head, "cameras", "media_head", event=event, sha256=sha256)
    if not found:
        raise refusal("unknown_evidence")
    return found[0]


async def read_part(database: Database, head: Head, event: UUID, sha256: str, part: Part) -> bytes:
    """Read octets of a piece of evidence whose whole is as it was sent.

    Raises:
        NotFound: it was deleted meanwhile.
        Spoilt: it was changed; that is in the audit.
    """
    which = {"event": event, "sha256": sha256}
    found = await database.fetch(_Content, "cameras", "media_part", **which, first=part.first, length=part.length)
    if not found:
        raise refusal("evidence_deleted")
    if not found[0].is_whole:
        log.error("evidence_altered", event_id=str(event), sha256=sha256, box=head.box)
        told = {"sha256": sha256, "subject": head.subject, "box": head.box}
        entry = {"actor": "satulayar", "action": "evidence_altered", "subject": str(event), "detail": Jsonb(told)}
        await database.execute("cameras", "note_altered", entry)
        raise refusal("evidence_altered", box=head.box)
    return bytes(found[0].content)


def _names(header: str | None, tag: str) -> bool:
    """Tell whether an If-None-Match names this (RFC 9110 section 13.1.2; weak tags compare alike)."""
    named = [one.strip().removeprefix("W/") for one in (header or "").split(",")]
    return tag in named or "*" in named


def _type_of(head: Head) -> str:
    return head.content_type if head.content_type in SHOWN else "application/octet-stream"


def _disposition(head: Head) -> str:
    """Name the file by what it is of; only characters that need no quoting are in a code, a type and a time."""
    how = "inline" if head.content_type in SHOWN else "attachment"
    noun = head.type.removeprefix("id.satulayar.")
    at = f"{head.time.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    safe = "".join(letter if letter.isalnum() or letter in ".-_" else "_" for letter in f"{head.subject}_{noun}_{at}")
    ending = SHOWN.get(head.content_type, "bin")
    return f'{how}; filename="{safe.encode("ascii", "replace").decode()}_{head.position}.{ending}"'
