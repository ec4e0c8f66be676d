"""Takes what a person asks of a box. Each request is one transaction.

It is written down, with its line in the audit chain, before anything is sent; so it is known who asked for what and
why whatever dies afterwards, and the same `request_id` again finds what it came to.
"""

import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from cloud import errors
from cloud.db.connection import translated
from cloud.requests.actions import ACTIONS
from cloud.requests.rules import refusal
from cloud.requests.store import fetch, run
from cloud.signals import store as signal_store
from cloud.signals.checks import Asker
from cloud.signals.desk import Connecting
from cloud.signals.identity import new_id
from cloud.signals.line import Line


@dataclass(frozen=True, slots=True)
class Place:
    """An asset and its box."""

    asset_id: int
    asset: str
    kind: str
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
        action: one of `ACTIONS`.
        asset: of which.
        kind: that the asset must be of, or have; see `asset_for`.
        arguments: of the command, numbers; those of announcements are compared by their own desk.
        request_id: chosen by whoever asks; the same again is the same request.
    """

    action: str
    asset: str
    kind: str
    arguments: Mapping[str, Any]
    reason: str
    request_id: str


class RequestDesk:
    """Takes requests.

    Args:
        connecting: gives a connection to the database, in autocommit.
        line: to the broker; None where this API has none.
        poke: told when something is to be sent.
    """

    def __init__(self, connecting: Connecting, line: Line | None, poke: Callable[[], None]) -> None:
        self._connecting = connecting
        self._line = line
        self.poke = poke

    async def request(self, wish: Wish, asker: Asker) -> UUID:
        """Ask for something; the same request again gives the same one.

        Raises:
            Ruled: the rule by which it is refused.
            Unavailable: the database is away.
        """
        try:
            if ACTIONS[wish.action].right not in {"", *asker.rights}:
                raise refusal(f"role_{wish.kind}", role=asker.role)
            async with self.transaction() as connection:
                place = await find_place(connection, wish.asset, wish.kind)
                keys = {"requester": asker.account, "request_id": wish.request_id}
                known = await fetch(connection, _Known, "known_request", **keys)
                if known:
                    return _same(known[0], place, wish)
                made = await self.add(connection, place, wish, asker)
        except errors.Ruled as error:
            await self.note_refusal(wish, asker, error)
            raise
        self.poke()
        return made

    async def note_refusal(self, wish: Wish, asker: Asker, error: errors.Ruled) -> None:
        """Put into the audit chain what was asked for and refused, and by which rule."""
        async with self.transaction() as connection:
            told = dict(wish.arguments) | {"reason": wish.reason, "rule": error.rule, "asked": wish.action}
            site = wish.asset.partition(".")[0]
            await signal_store.audit(connection, asker, f"{wish.kind}_refused", wish.asset, site=site, **told)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[signal_store.Line]:
        """Open a transaction."""
        with translated():
            async with self._connecting() as connection, connection.transaction():
                yield connection

    async def add(self, connection: signal_store.Line, place: Place, wish: Wish, asker: Asker) -> UUID:
        """Write a request down in a transaction of the caller's, who pokes afterwards.

        Raises:
            Ruled: the broker is away, or its box has too much to do.
        """
        self._require_line(wish.action)
        await self._require_room(connection, place, wish.action)
        made, action = new_id(), ACTIONS[wish.action]
        who = {"requester": asker.account, "role": asker.role, "address": asker.address}
        what = {"action": wish.action, "reason": wish.reason, "request_id": wish.request_id}
        where = {"asset_id": place.asset_id, "box_id": place.box_id}
        arguments = Jsonb(dict(wish.arguments) | {"reason": wish.reason})
        terms = {"arguments": arguments, "expires_in_s": action.waits_s}
        await run(connection, "add_request", id=made, **who, **what, **where, **terms)
        told = dict(wish.arguments) | {wish.kind: place.asset, "site": place.site, "reason": wish.reason}
        await signal_store.audit(connection, asker, action.audited_as, str(made), **told)
        return made

    def _require_line(self, action: str) -> None:
        if self._line is None:
            raise refusal("no_broker")
        if ACTIONS[action].needs_line and not self._line.is_connected:
            raise refusal("broker_away")

    @staticmethod
    async def _require_room(connection: signal_store.Line, place: Place, action: str) -> None:
        (found,) = await fetch(connection, _Open, "open_requests", box_id=place.box_id, action=action)
        if found.open >= ACTIONS[action].most_open:
            raise refusal("too_many_open", box=place.box, open=found.open)


async def find_place(line: signal_store.Line, asset: str, kind: str) -> Place:
    """Find an asset and its box.

    Raises:
        Ruled: there is none of this name and kind.
    """
    found = await fetch(line, Place, f"{kind}_for", asset=asset)
    if not found:
        raise refusal(f"unknown_{kind}", asset=asset)
    return found[0]


def _same(known: _Known, place: Place, wish: Wish) -> UUID:
    is_same = (known.action, known.asset_id, known.reason) == (wish.action, place.asset_id, wish.reason)
    # Instants went through the database's numbers.
    near = [
        math.isclose(known.arguments[name], value, abs_tol=1e-3) for name, value in wish.arguments.items() if is_same
    ]
    if not is_same or not all(near):
        raise refusal("request_id_used")
    return known.id
