"""Sirens: whether they sound, and what the room orders of them: /v1/sirens."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import fastapi
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cloud.api.access import UsedDatabase, UsedRequestDesk, Viewer
from cloud.api.database import Database
from cloud.api.happenings import read_place
from cloud.api.leases import ACCEPTED, WhoAsks
from cloud.api.models import Answer, Page, SaidByBox
from cloud.api.paging import Query, Text, make_page
from cloud.requests.actions import SILENCE, SOUND, TEST
from cloud.requests.desk import Wish
from cloud.requests.rules import refusal

router = APIRouter(prefix="/v1", tags=["sirens"])

LONGEST_S, LONGEST_TEST_S = 900, 10  # the box has the same limits of its own

Reason = Annotated[str, Field(min_length=3, max_length=500)]
RequestId = Annotated[str, Field(min_length=1, max_length=100)]


class Order(BaseModel, extra="forbid"):
    """Why, and which request this is: the same `request_id` again is the same order."""

    reason: Reason
    request_id: RequestId


class SoundOrder(Order):
    """For how long it is to sound; it ends by itself."""

    seconds: Annotated[float, Field(gt=0, le=LONGEST_S)] = 60.0


class TestOrder(Order):
    """For how long it is to be heard."""

    seconds: Annotated[float, Field(gt=0, le=LONGEST_TEST_S)] = 3.0


class SirenQuery(Query):
    """Filters of /v1/siren-orders."""

    siren: Text | None = None


class SirenOrder(SaidByBox):
    """What was ordered of a siren, and what its box said."""

    id: UUID
    action: str
    asset: str
    site: str | None
    box: str
    requester: str
    role: str
    reason: str
    arguments: dict[str, Any]
    requested_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    state: str = Field(
        description="requested, sent, accepted, confirmed (the coil was read back), refused, failed, expired"
    )
    rule: str | None
    told_at: datetime | None


class Siren(Answer):
    """A siren as it is."""

    siren: str
    name: str | None
    site: str | None
    site_name: str | None
    district: str | None
    latitude: float | None
    longitude: float | None
    box: str
    box_silent: bool
    sounding: bool | None
    seen_at: datetime | None
    request: UUID | None = Field(description="The newest order.")


@router.get("/sirens")
async def list_sirens(_: Viewer, database: UsedDatabase) -> list[Siren]:
    """List sirens, with whether they sound now."""
    return await database.fetch(Siren, "requests", "sirens", siren=None)


@router.post("/sirens/{siren}/sound", status_code=ACCEPTED)
async def sound_siren(
    *, asker: WhoAsks, desk: UsedRequestDesk, database: UsedDatabase, response: Response, siren: str, body: SoundOrder
) -> SirenOrder:
    """Sound a siren for some minutes; `confirmed` once its coil was read back. For heads of shift."""
    wish = Wish(SOUND, siren, "siren", {"seconds": body.seconds}, body.reason, body.request_id)
    return await _answer(database, response, await desk.request(wish, asker))


@router.post("/sirens/{siren}/test", status_code=ACCEPTED)
async def test_siren(
    *, asker: WhoAsks, desk: UsedRequestDesk, database: UsedDatabase, response: Response, siren: str, body: TestOrder
) -> SirenOrder:
    """Let a siren be heard for a moment. For heads of shift."""
    wish = Wish(TEST, siren, "siren", {"seconds": body.seconds}, body.reason, body.request_id)
    return await _answer(database, response, await desk.request(wish, asker))


@router.post("/sirens/{siren}/silence", status_code=ACCEPTED)
async def silence_siren(
    *, asker: WhoAsks, desk: UsedRequestDesk, database: UsedDatabase, response: Response, siren: str, body: Order
) -> SirenOrder:
    """End what the room ordered; a siren that sounds for a local rule goes on, and the box says so."""
    wish = Wish(SILENCE, siren, "siren", {}, body.reason, body.request_id)
    return await _answer(database, response, await desk.request(wish, asker))


@router.get("/siren-orders")
async def list_orders(
    _: Viewer, database: UsedDatabase, query: Annotated[SirenQuery, fastapi.Query()]
) -> Page[SirenOrder]:
    """List what was ordered of sirens, newest first."""
    before_time, before_id = read_place(query.after)
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(SirenOrder, "requests", "requests_of", asset=query.siren, id=None, **place)
    return make_page(rows, query.limit, lambda one: f"{one.requested_at.isoformat()}_{one.id}")


@router.get("/siren-orders/{order}")
async def read_order(_: Viewer, database: UsedDatabase, order: UUID) -> SirenOrder:
    """Read how far an order has come."""
    return await _find(database, order)


async def _answer(database: Database, response: Response, made: UUID) -> SirenOrder:
    response.headers["Location"] = f"/v1/siren-orders/{made}"
    return await _find(database, made)


async def _find(database: Database, order: UUID) -> SirenOrder:
    before_time, before_id = read_place("")
    place = {"before_time": before_time, "before_id": before_id, "limit": 1}
    found = await database.fetch(SirenOrder, "requests", "requests_of", asset=None, id=order, **place)
    if not found:
        raise refusal("unknown_order", order=order)
    return found[0]
