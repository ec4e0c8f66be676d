"""Leases of signals: asked for, withdrawn, and their history: /v1/leases, /v1/corridors/…/leases."""

import time
from collections.abc import Callable
from typing import Annotated
from uuid import UUID, uuid4

import fastapi
from fastapi import APIRouter, Request, Response
from pydantic import Field

from cloud.api.access import AnyPrincipal, UsedDatabase, UsedRoom, Viewer, address_of
from cloud.api.database import Database
from cloud.api.happenings import read_place
from cloud.api.models import Page
from cloud.api.paging import Query, Text, make_page
from cloud.api.signal_models import (
    CorridorLease,
    CorridorLeaseRequest,
    CorridorLeaseRow,
    Lease,
    LeaseLine,
    LeaseRequest,
    LeaseWithLog,
    WithdrawalRequest,
)
from cloud.signals.checks import Asker, Wanted
from cloud.signals.desk import WantedWave
from cloud.signals.life import SETTLED, LeaseState
from cloud.signals.room import Room
from cloud.signals.rules import refusal

router = APIRouter(prefix="/v1", tags=["signals"])

ACCEPTED = 202
MAX_WAIT_S = 30.0

WaitS = Annotated[
    float, fastapi.Query(ge=0, le=MAX_WAIT_S, description="Wait so long for the end of the matter before answering.")
]


class LeaseQuery(Query):
    """Filters of /v1/leases."""

    site: Text | None = None
    state: LeaseState | None = None
    requester: Text | None = None
    open: Annotated[bool | None, Field(description="Only those that may still change signals, or only the others.")] = (
        None
    )


def _who_asks(request: Request, principal: AnyPrincipal) -> Asker:
    """Say who asks, and from where: both are kept in the audit."""
    return Asker(principal.account, principal.role, address_of(request), principal.rights)


WhoAsks = Annotated[Asker, fastapi.Depends(_who_asks)]


@router.post("/junctions/{site}/leases", status_code=ACCEPTED)
async def request_lease(
    *,
    asker: WhoAsks,
    database: UsedDatabase,
    room: UsedRoom,
    response: Response,
    site: str,
    body: LeaseRequest,
    wait_s: WaitS = 0.0,
) -> LeaseWithLog:
    """Ask for a longer green; the answer is a lease whose state tells how far it has come.

    The box judges the request against the controller. It is `confirmed` once the controller was read back, and
    `failed` or `expired`, in so many words, if that does not happen in time.
    """
    request_id = body.request_id or uuid4().hex
    wanted = Wanted(site, body.phase, body.extra_green_s, body.duration_s, body.reason, request_id)
    lease_id = await room.desk.request(wanted, asker)
    response.headers["Location"] = f"/v1/leases/{lease_id}"
    return await _wait(database, room, lease_id, wait_s, lambda lease: lease.state in SETTLED)


@router.post("/leases/{lease_id}/withdraw", status_code=ACCEPTED)
async def withdraw_lease(
    *,
    asker: WhoAsks,
    database: UsedDatabase,
    room: UsedRoom,
    lease_id: UUID,
    body: WithdrawalRequest | None = None,
    wait_s: WaitS = 0.0,
) -> LeaseWithLog:
    """Withdraw a lease, and with it all of its corridor; one that is over stays as it is."""
    await room.desk.withdraw(lease_id, asker, (body.reason if body else None) or "")
    return await _wait(database, room, lease_id, wait_s, lambda lease: not lease.open)


@router.get("/leases")
async def list_leases(_: Viewer, database: UsedDatabase, query: Annotated[LeaseQuery, fastapi.Query()]) -> Page[Lease]:
    """List leases with who, why and when, newest first."""
    before_time, before_id = read_place(query.after)
    filters = query.model_dump(include={"site", "state", "requester", "open"})
    place = {"before_time": before_time, "before_id": before_id, "limit": query.limit + 1}
    rows = await database.fetch(Lease, "signals", "leases", **filters, **place)
    return make_page(rows, query.limit, lambda lease: f"{lease.requested_at.isoformat()}_{lease.id}")


@router.get("/leases/{lease_id}")
async def read_lease(_: Viewer, database: UsedDatabase, lease_id: UUID) -> LeaseWithLog:
    """Read a lease with everything that was said of it."""
    return await _read(database, lease_id)


@router.post("/corridors/{corridor}/leases", status_code=ACCEPTED)
async def request_corridor_lease(
    *,
    asker: WhoAsks,
    database: UsedDatabase,
    room: UsedRoom,
    response: Response,
    corridor: str,
    body: CorridorLeaseRequest,
) -> CorridorLease:
    """Ask for a green wave: every junction prepares, then all are set going, or all are withdrawn."""
    request_id = body.request_id or uuid4().hex
    wanted = WantedWave(corridor, body.extra_green_s, body.duration_s, body.reason, request_id)
    wave = await room.desk.request_wave(wanted, asker)
    response.headers["Location"] = f"/v1/corridor-leases/{wave}"
    return await _read_wave(database, wave)


@router.get("/corridor-leases/{wave}")
async def read_corridor_lease(_: Viewer, database: UsedDatabase, wave: UUID) -> CorridorLease:
    """Read a green wave with its leases."""
    return await _read_wave(database, wave)


async def _read(database: Database, lease_id: UUID) -> LeaseWithLog:
    found = await database.fetch(Lease, "signals", "leases_by_id", ids=[lease_id])
    if not found:
        raise refusal("unknown_lease", lease=lease_id)
    lines = await database.fetch(LeaseLine, "signals", "lease_log", lease_id=lease_id)
    return LeaseWithLog(**found[0].model_dump(), log=lines)


async def _read_wave(database: Database, wave: UUID) -> CorridorLease:
    found = await database.fetch(CorridorLeaseRow, "signals", "corridor_lease", id=wave)
    if not found:
        raise refusal("unknown_lease", lease=wave)
    leases = await database.fetch(Lease, "signals", "leases_by_id", ids=[wave])
    return CorridorLease(**found[0].model_dump(), leases=leases)


async def _wait(
    database: Database, room: Room, lease_id: UUID, wait_s: float, is_over: Callable[[Lease], bool]
) -> LeaseWithLog:
    """Read a lease, and again whenever it changes, until it is as wanted or the time is up."""
    until_s = time.monotonic() + wait_s
    lease = await _read(database, lease_id)
    while not is_over(lease) and (left_s := until_s - time.monotonic()) > 0:
        # Not longer than this: a change between the look and the wait is told to nobody.
        await room.wait_for_change(lease_id, min(left_s, 0.2))
        lease = await _read(database, lease_id)
    return lease
