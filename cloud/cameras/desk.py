"""What a person may ask of a camera: a part of its recording, a live view. Each is one transaction.

A request is written down, with its line in the audit chain, before anything is sent; so it is known who asked for what
and why whatever dies afterwards, and the same `request_id` again finds what it came to.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from cloud import errors
from cloud.cameras.rules import refusal
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals import store as signal_store
from cloud.signals.checks import WIB, Asker
from cloud.signals.desk import Connecting
from cloud.signals.identity import new_id
from cloud.signals.line import Line
from edge.contract.cameras import CLIP, LIVE

Row = TypeVar("Row")

CLIP_WAITS_S = 600.0  # for its box to come back; cut and sent it is whenever the line allows
LIVE_WAITS_S = 10.0
NOTED_MAX = 10_000
MOST_OPEN = {CLIP: 5, LIVE: 20}  # of a box, not yet answered


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """A camera and its box."""

    asset_id: int
    camera: str
    box_id: int
    box: str
    site: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    id: UUID
    action: str
    asset_id: int
    arguments: dict[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class _Open:
    open: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        action: `camera.clip` or `camera.live`.
        arguments: of the command.
        request_id: chosen by whoever asks; the same again is the same request.
    """

    action: str
    camera: str
    arguments: Mapping[str, float]
    reason: str
    request_id: str


class CameraDesk:
    """Takes requests.

    Args:
        connecting: gives a connection to the database, in autocommit.
        line: to the broker; None where this API has none.
        poke: told when something is to be sent.
    """

    def __init__(self, connecting: Connecting, line: Line | None, poke: Callable[[], None]) -> None:
        self._connecting = connecting
        self._line = line
        self._poke = poke
        self._noted: dict[tuple[UUID, str], None] = {}  # (live view, account) that is in the audit already

    async def request_clip(
        self, camera: str, since: datetime, seconds: float, reason: str, request_id: str, asker: Asker
    ) -> UUID:
        """Ask for a part of a recording; errors as `request`."""
        until = since + timedelta(seconds=seconds)
        arguments = {"since_s": since.timestamp(), "seconds": seconds}
        wish = Wish(CLIP, camera, arguments, reason, request_id)
        if until > datetime.now(UTC):
            told = refusal("future", until=f"{until.astimezone(WIB) + timedelta(seconds=1):%d-%m-%Y %H:%M:%S}")
            await self._note_refusal(wish, asker, told)
            raise told
        return await self.request(wish, asker, CLIP_WAITS_S)

    async def request_live(
        self, camera: str, seconds: float, hz: float, reason: str, request_id: str, asker: Asker
    ) -> UUID:
        """Ask for a live view; asking again lengthens it. Errors as `request`."""
        arguments = {"seconds": seconds, "hz": hz}
        return await self.request(Wish(LIVE, camera, arguments, reason, request_id), asker, LIVE_WAITS_S)

    async def request(self, wish: Wish, asker: Asker, waits_s: float) -> UUID:
        """Ask for something; the same request again gives the same one.

        Args:
            wish: what.
            asker: who.
            waits_s: so long it may take until the box begins.

        Raises:
            Ruled: the rule by which it is refused.
            Unavailable: the database is away.
        """
        try:
            async with self._transaction() as connection:
                place = await find_place(connection, wish.camera)
                keys = {"requester": asker.account, "request_id": wish.request_id}
                known = await fetch(connection, _Known, "known_request", **keys)
                if known:
                    return _same(known[0], place, wish)
                self._require_line(wish.action)
                await self._require_room(connection, place, wish.action)
                made = await self._add(connection, place, wish, asker, waits_s)
        except errors.Ruled as error:
            await self._note_refusal(wish, asker, error)
            raise
        self._poke()
        return made

    async def note_watcher(self, live: UUID, camera: str, site: str | None, asker: Asker) -> None:
        """Put into the audit that somebody looks at a live view; once for each."""
        who = (live, asker.account)
        if who in self._noted:
            return
        self._noted[who] = None
        if len(self._noted) > NOTED_MAX:
            del self._noted[next(iter(self._noted))]
        async with self._transaction() as connection:
            await signal_store.audit(connection, asker, "live_watched", str(live), camera=camera, site=site)

    async def _add(
        self, connection: signal_store.Line, place: CameraPlace, wish: Wish, asker: Asker, waits_s: float
    ) -> UUID:
        made = new_id()
        who = {"requester": asker.account, "role": asker.role, "address": asker.address}
        what = {"action": wish.action, "reason": wish.reason, "request_id": wish.request_id}
        where = {"asset_id": place.asset_id, "box_id": place.box_id}
        arguments = Jsonb(dict(wish.arguments) | {"reason": wish.reason})
        await run(connection, "add_request", id=made, **who, **what, **where, arguments=arguments, expires_in_s=waits_s)
        word = {CLIP: "clip_requested", LIVE: "live_requested"}[wish.action]
        told = dict(wish.arguments) | {"camera": place.camera, "site": place.site, "reason": wish.reason}
        await signal_store.audit(connection, asker, word, str(made), **told)
        return made

    def _require_line(self, action: str) -> None:
        if self._line is None:
            raise refusal("no_broker")
        if action == LIVE and not self._line.is_connected:
            raise refusal("broker_away")

    @staticmethod
    async def _require_room(connection: signal_store.Line, place: CameraPlace, action: str) -> None:
        (found,) = await fetch(connection, _Open, "open_requests", box_id=place.box_id, action=action)
        if found.open >= MOST_OPEN[action]:
            raise refusal("too_many_open", box=place.box, open=found.open)

    async def _note_refusal(self, wish: Wish, asker: Asker, error: errors.Ruled) -> None:
        async with self._transaction() as connection:
            told = dict(wish.arguments) | {"reason": wish.reason, "rule": error.rule, "asked": wish.action}
            site = wish.camera.partition(".")[0]
            await signal_store.audit(connection, asker, "camera_refused", wish.camera, site=site, **told)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[signal_store.Line]:
        with translated():
            async with self._connecting() as connection, connection.transaction():
                yield connection


async def fetch(line: signal_store.Line, row: type[Row], name: str, **parameters: Any) -> list[Row]:
    """Run a statement of `cameras.sql` and make an object of each row."""
    async with line.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(load("cameras")[name], parameters)
        return await cursor.fetchall()


async def run(line: signal_store.Line, name: str, **parameters: Any) -> None:
    """Run a statement of `cameras.sql`."""
    await line.execute(load("cameras")[name], parameters)


async def find_place(line: signal_store.Line, camera: str) -> CameraPlace:
    """Find a camera and its box.

    Raises:
        Ruled: there is none of this name.
    """
    found = await fetch(line, CameraPlace, "camera_for", camera=camera)
    if not found:
        raise refusal("unknown_camera", camera=camera)
    return found[0]


def _same(known: _Known, place: CameraPlace, wish: Wish) -> UUID:
    is_same = (known.action, known.asset_id, known.reason) == (wish.action, place.asset_id, wish.reason)
    # Instants went through the database's numbers.
    near = [
        math.isclose(known.arguments[name], value, abs_tol=1e-3) for name, value in wish.arguments.items() if is_same
    ]
    if not is_same or not all(near):
        raise refusal("request_id_used")
    return known.id
