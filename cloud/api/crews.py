"""Crews: who and where they are, what they have to do, what they say from the spot: /v1/crews, /v1/dispatches."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

import fastapi
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from cloud.api import incidents
from cloud.api.access import Right, UsedDatabase, UsedOperations, Viewer, WhoActs
from cloud.api.auth import Principal
from cloud.api.database import Database
from cloud.api.evidence import HEADERS, find_head, read_part
from cloud.api.incident_acts import TakenAt
from cloud.api.incident_models import (
    CrewOrder,
    CrewState,
    Dispatch,
    Incident,
    Latitude,
    Longitude,
    PositionBody,
    WordBody,
)
from cloud.api.ranges import Part
from cloud.operations.acts import Form
from cloud.operations.crews import Crew
from cloud.operations.dispatches import Word
from cloud.operations.errors import refusal
from cloud.operations.operations import Operations

router = APIRouter(prefix="/v1", tags=["crews"])

CrewActs = Annotated[Principal, fastapi.Depends(Right("crew.act"))]
Verb = Literal["accept", "decline", "on_way", "arrived", "done"]


class Moved(BaseModel):
    """How many crews are there now."""

    crews: int


class _Order(Dispatch):
    incident_id: UUID


@router.get("/crews")
async def list_crews(_: Viewer, database: UsedDatabase) -> list[CrewState]:
    """List crews: whether they are on shift, where they were last, what they are on."""
    found = await database.fetch(Crew, incidents.FILE, "crews")
    return [CrewState(**{name: value for name, value in asdict(one).items() if "shift_" not in name}) for one in found]


@router.get("/crews/me/dispatches")
async def list_orders(crew: CrewActs, database: UsedDatabase, operations: UsedOperations) -> list[CrewOrder]:
    """List what the crews of this account have to do, and what they did in the last day."""
    return await read_orders(database, operations, crew.account)


@router.post("/crews/me/position")
async def move(person: WhoActs, operations: UsedOperations, body: PositionBody) -> Moved:
    """Say where this account's crews are."""
    word = Word(Form(), body.at, body.latitude, body.longitude)
    return Moved(crews=await operations.crews.move(person, word))


@router.post("/dispatches/{dispatch}/{verb}")
async def say(
    *, person: WhoActs, database: UsedDatabase, operations: UsedOperations, dispatch: UUID, verb: Verb, body: WordBody
) -> CrewOrder:
    """Say how far a crew has come; however often and however late it is sent, it is taken once."""
    await operations.crews.say(person, dispatch, verb, body.word())
    return await _read_order(database, operations, dispatch)


@router.put("/dispatches/{dispatch}/photos/{photo}")
async def add_photo(
    *,
    person: WhoActs,
    database: UsedDatabase,
    operations: UsedOperations,
    request: Request,
    dispatch: UUID,
    photo: UUID,
    at: TakenAt = None,
    latitude: Annotated[Latitude | None, fastapi.Query()] = None,
    longitude: Annotated[Longitude | None, fastapi.Query()] = None,
) -> CrewOrder:
    """Keep a photo from the spot (JPEG, PNG or WebP as the body, up to 10 MB); the same again changes nothing."""
    word = Word(Form(), at, latitude, longitude)
    await operations.crews.add_photo(person, (UUID(int=0), dispatch), photo, await request.body(), word)
    return await _read_order(database, operations, dispatch)


@router.get("/dispatches/{dispatch}/picture", response_class=Response)
async def show_picture(crew: CrewActs, database: UsedDatabase, operations: UsedOperations, dispatch: UUID) -> Response:
    """Give the newest picture of what a crew is sent to; crews see no other evidence."""
    order = await _read_order(database, operations, dispatch)
    mine = await database.fetch(_Order, incidents.FILE, "orders_of", account=crew.account)
    event, sha256 = order.incident.picture_event, order.incident.picture_sha256
    if event is None or sha256 is None or (crew.role == "crew" and dispatch not in {one.id for one in mine}):
        raise refusal("unknown_photo")
    head = await find_head(database, event, sha256)
    content = await read_part(database, head, event, sha256, Part(0, head.bytes, is_all=True))
    return Response(content, headers=HEADERS, media_type="image/jpeg")


async def read_orders(database: Database, operations: Operations, account: str) -> list[CrewOrder]:
    """Read what an account's crews have to do."""
    orders = await database.fetch(_Order, incidents.FILE, "orders_of", account=account)
    shown = await incidents.read_shown(database, list({order.incident_id for order in orders}))
    by_id = {one.id: one for one in shown}
    return [_order(operations, order, by_id[order.incident_id]) for order in orders if order.incident_id in by_id]


async def _read_order(database: Database, operations: Operations, dispatch: UUID) -> CrewOrder:
    found = await database.fetch(_Order, incidents.FILE, "order", id=dispatch)
    if not found:
        raise refusal("unknown_dispatch", dispatch=dispatch)
    return _order(operations, found[0], (await incidents.read_shown(database, [found[0].incident_id]))[0])


def _order(operations: Operations, order: _Order, shown: Incident) -> CrewOrder:
    kind = operations.book.kinds.get(shown.kind)
    told = Dispatch(**order.model_dump(exclude={"incident_id"}))
    return CrewOrder(dispatch=told, incident=shown, needs_photo=bool(kind and kind.proof))
