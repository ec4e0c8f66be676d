"""Crews at boxes: what their phones report, piece by piece, and what the box says meanwhile: /v1/crew.

Every piece has an id that the phone made when it was typed. A phone without network keeps its pieces and sends them
later, and again whenever it did not hear the answer: a piece that is known is answered as it was the first time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import fastapi
from fastapi import APIRouter, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from cloud import errors
from cloud.api import claims
from cloud.api.access import Crew, UsedDatabase, UsedRoom, UsedSettings
from cloud.api.auth import Principal
from cloud.api.claims import Asked, Line, Refusal
from cloud.api.database import Database
from cloud.api.evidence import HEADERS, find_head, read_part
from cloud.api.happenings import read_place
from cloud.api.models import Page
from cloud.api.paging import Query, Text, make_page
from cloud.api.ranges import Part
from cloud.api.refusals import refusal as refuse
from cloud.api.visit_models import (
    EARLIEST_AT,
    At,
    BoxReport,
    ClaimPiece,
    CommandResult,
    CommandSent,
    PieceRow,
    PieceSent,
    PieceTaken,
    Slot,
    Slots,
    Visit,
    VisitListed,
    VisitRow,
)
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals.room import Room
from edge.contract import topics
from edge.contract.commands import Command
from edge.contract.commissioning import ACTION

router = APIRouter(prefix="/v1/crew", tags=["crews"])

COMMAND_S = 60.0
SIREN_S = 3
_JPEG = b"\xff\xd8\xff"


class VisitQuery(Query):
    """Filters of /v1/crew/visits."""

    box: Text | None = None


@dataclass(frozen=True, slots=True)
class _Photo:
    content: bytes


@dataclass(frozen=True, slots=True)
class _Report:
    event: UUID


@router.get("/slots")
async def list_slots(
    crew: Crew, database: UsedDatabase, settings: UsedSettings, query: Annotated[Query, fastapi.Query()]
) -> Slots:
    """List slots with what hangs on them: what a phone takes along to where there is no network."""
    rows = await database.fetch(Slot, "commissioning", "slots", after=query.after, limit=query.limit + 1)
    page = make_page(rows, query.limit, lambda slot: slot.box)
    return Slots(regency=settings.regency, account=crew.account, items=page.items, next=page.next)


@router.post("/visits/{visit}/pieces")
async def take_piece(
    crew: Crew, database: UsedDatabase, settings: UsedSettings, visit: UUID, body: PieceSent
) -> PieceTaken:
    """Take a piece of a visit. One that is known is answered as it was the first time."""
    with translated():
        async with database.pool.connection() as line, line.transaction():
            box_id = await _begin(line, crew, visit, body.box)
            refusal = _refuse_clock(body.at)
            known = await claims.fetch(line, PieceRow, "piece", id=body.id)
            if isinstance(body.piece, ClaimPiece) and refusal is None and not known:
                asked = Asked(body.piece.label, body.piece.hardware.strip(), crew.account, body.at)
                refusal = await claims.claim(line, body.box, box_id, asked, settings.regency)
            content = body.piece.model_dump(exclude={"kind"})
            if isinstance(body.piece, ClaimPiece):
                content["label"] = claims.without_code(body.piece.label)
            await _keep(line, crew, visit, body.id, body.piece.kind, body.at, content, refusal=refusal)
    return await _taken(database, visit, body.id)


@router.put("/visits/{visit}/photos/{piece}")
async def take_photo(
    *,
    request: Request,
    crew: Crew,
    database: UsedDatabase,
    visit: UUID,
    piece: UUID,
    box: str,
    at: At,
    caption: Text = "",
) -> PieceTaken:
    """Take a photo, JPEG, as a piece of a visit."""
    photo = await request.body()
    if not photo.startswith(_JPEG):
        raise refuse("not_jpeg")
    with translated():
        async with database.pool.connection() as line, line.transaction():
            await _begin(line, crew, visit, box)
            content = {"caption": caption, "bytes": len(photo)}
            await _keep(line, crew, visit, piece, "photo", at, content, photo=photo, refusal=_refuse_clock(at))
    return await _taken(database, visit, piece)


@router.post("/visits/{visit}/commands", status_code=202)
async def send_command(
    crew: Crew, database: UsedDatabase, room: UsedRoom, visit: UUID, body: CommandSent
) -> PieceTaken:
    """Have the box do something: report on itself, or sound a siren for three seconds.

    Sent again with the same id it is done once: the box remembers.
    """
    if body.action == "siren" and body.asset is None:
        raise refuse("siren_missing")
    with translated():
        async with database.pool.connection() as line, line.transaction():
            await _begin(line, crew, visit, body.box)
            await _publish(room, crew, visit, body)
            content = body.model_dump(include={"action", "asset"})
            await _keep(line, crew, visit, body.id, "command", body.at, content)
            if body.action == "siren":
                await claims.audit(line, crew.account, "siren_tested", body.asset or "", visit=str(visit))
    return await _taken(database, visit, body.id)


@router.get("/visits")
async def list_visits(
    _: Crew, database: UsedDatabase, query: Annotated[VisitQuery, fastapi.Query()]
) -> Page[VisitListed]:
    """List visits, newest first."""
    before_time, before_id = read_place(query.after)
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(VisitListed, "commissioning", "visits", box=query.box, **place)
    return make_page(rows, query.limit, lambda row: f"{row.received_at.isoformat()}_{row.id}")


@router.get("/visits/{visit}")
async def read_visit(_: Crew, database: UsedDatabase, visit: UUID) -> Visit:
    """Read a visit: everything the crew sent, and what the box said."""
    row = await _visit(database, visit)
    known = {"visit_id": visit, "box_id": row.box_id}
    return Visit(
        **row.model_dump(),
        box_id=row.box_id,
        pieces=await database.fetch(PieceRow, "commissioning", "pieces", visit_id=visit),
        results=await database.fetch(CommandResult, "commissioning", "results", **known),
        reports=await database.fetch(BoxReport, "commissioning", "reports", visit=str(visit), box_id=row.box_id),
    )


@router.get("/visits/{visit}/photos/{piece}")
async def show_photo(_: Crew, database: UsedDatabase, visit: UUID, piece: UUID) -> Response:
    """Show a photo of a visit."""
    found = await database.fetch(_Photo, "commissioning", "photo", visit_id=visit, id=piece)
    if not found:
        raise refuse("unknown_picture")
    return Response(found[0].content, media_type="image/jpeg", headers={"X-Content-Type-Options": "nosniff"})


@router.get("/visits/{visit}/pictures/{event}/{sha256}")
async def show_picture(_: Crew, database: UsedDatabase, visit: UUID, event: UUID, sha256: str) -> Response:
    """Show a camera's picture that belongs to a report of the visited box for this visit; crews see no others."""
    row = await _visit(database, visit)
    try:
        digest = bytes.fromhex(sha256).hex()
    except ValueError as error:
        raise refuse("bad_sha256", sha256=repr(sha256)) from error
    known = {"event": event, "box_id": row.box_id, "visit": str(visit)}
    if not await database.fetch(_Report, "commissioning", "report", **known):
        raise refuse("unknown_picture")
    head = await find_head(database, event, digest)
    if head.content_type != "image/jpeg":
        raise refuse("unknown_picture")
    content = await read_part(database, head, event, digest, Part(0, head.bytes, is_all=True))
    return Response(content, media_type="image/jpeg", headers=HEADERS)


async def _visit(database: Database, visit: UUID) -> VisitRow:
    found = await database.fetch(VisitRow, "commissioning", "visit", id=visit)
    if not found:
        raise refuse("unknown_visit", visit=visit)
    return found[0]


async def _begin(line: Line, crew: Principal, visit: UUID, box: str) -> int:
    """Begin a visit with its first piece; give the box's number.

    Raises:
        NotFound: no such box is registered.
        Refused: the visit is to another box.
    """
    box_id = await claims.find_box(line, box)
    await line.execute(load("commissioning")["add_visit"], {"id": visit, "box_id": box_id, "account": crew.account})
    row = await (await line.execute(load("commissioning")["visit"], {"id": visit})).fetchone()
    if row is None or row[1] != box_id:
        raise refuse("other_box", visited=row[2] if row else "?", box=box)
    return box_id


async def _keep(
    line: Line,
    crew: Principal,
    visit: UUID,
    piece: UUID,
    kind: str,
    at: datetime,
    content: dict[str, Any],
    *,
    photo: bytes | None = None,
    refusal: Refusal | None = None,
) -> None:
    said = (refusal.rule, refusal.text_id, refusal.text_en) if refusal else (None, None, None)
    row = {"id": piece, "visit_id": visit, "account": crew.account, "kind": kind, "at": at, "photo": photo}
    row["content"] = Jsonb(content)
    await line.execute(
        load("commissioning")["add_piece"], row | dict(zip(("rule", "text_id", "text_en"), said, strict=True))
    )


async def _taken(database: Database, visit: UUID, piece: UUID) -> PieceTaken:
    row = (await database.fetch(PieceRow, "commissioning", "piece", id=piece))[0]
    if row.visit_id != visit:
        raise refuse("other_visit")
    state = "refused" if row.rule else "taken"
    return PieceTaken(id=piece, state=state, rule=row.rule, text_id=row.text_id, text_en=row.text_en)


def _refuse_clock(at: datetime) -> Refusal | None:
    if at >= EARLIEST_AT:
        return None
    return Refusal(
        "clock",
        f"Jam telepon menunjukkan {at:%Y-%m-%d}: setel jam telepon, lalu ulangi.",
        f"The phone's clock says {at:%Y-%m-%d}: set it, then do this again.",
    )


async def _publish(room: Room, crew: Principal, visit: UUID, body: CommandSent) -> None:
    """Send a command to the box, now.

    Raises:
        Crowded: the broker or the box is not to be reached; the phone tries again.
    """
    now = datetime.now(UTC)
    arguments: dict[str, Any] = {"visit": str(visit)} if body.action == "measure" else {"seconds": SIREN_S}
    command = Command(
        id=body.id,
        action=ACTION if body.action == "measure" else "siren.test",
        asset=body.asset,
        arguments=arguments,
        issued_at=now,
        expires_at=now + timedelta(seconds=COMMAND_S),
        actor=crew.account,
    )
    if room.line is None:
        raise refuse("no_broker")
    try:
        is_there = await room.line.publish(topics.commands(body.box), command.model_dump_json().encode(), COMMAND_S)
    except errors.Unavailable as error:
        raise refuse("broker_away") from error
    if not is_there:
        raise refuse("box_away", box=body.box)
