"""Sends what was asked of boxes, and again until a box was there to get it, or it is too late.

A box carries the same command out once, however often it comes. What became of it is in `command_result`.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from cloud import errors
from cloud.db.connection import translated
from cloud.requests.store import fetch, run
from cloud.signals import store as signal_store
from cloud.signals.desk import Connecting
from cloud.signals.line import Line
from cloud.signals.sending import send_command
from cloud.stopping import is_stopping
from edge.contract import topics
from edge.contract.announcements import PLAY
from edge.contract.commands import Command

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0  # also without a poke: another process may have died with a request in its hands
AGAIN_S = 5.0  # a box that was not there is tried again so often


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that is to be sent."""

    id: UUID
    action: str
    asset: str
    box: str
    requester: str
    arguments: dict[str, Any]
    requested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Sound:
    sha256: str
    sound: bytes


class Errands:
    """Runs while the API runs.

    Args:
        connecting: gives a connection to the database, in autocommit.
        line: to the broker; None where this API has none, and then there is nothing to do.
    """

    def __init__(self, connecting: Connecting, line: Line | None) -> None:
        self._connecting = connecting
        self._line = line
        self._due = asyncio.Event()

    def poke(self) -> None:
        """Tell that something is to be sent."""
        self._due.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while self._line is not None and not is_stopping():
            try:
                await self._send(self._line)
            except errors.CloudError as error:
                log.warning("box_requests_postponed", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._due.wait()
            self._due.clear()

    async def _send(self, line: Line) -> None:
        if not line.is_connected:
            return
        with translated():
            async with self._connecting() as connection, connection.transaction():
                waiting = await fetch(connection, Waiting, "waiting_requests", again_s=AGAIN_S)
                for one in waiting:
                    received = await _publish(line, one) if await _send_clip(connection, line, one) else None
                    if received is not None:
                        await run(connection, "request_sent", id=one.id, received=received)


async def _send_clip(connection: signal_store.Line, line: Line, one: Waiting) -> bool:
    """Send the sound that an order names before the order itself; tell whether the broker took it."""
    if one.action != PLAY:
        return True
    found = await fetch(connection, _Sound, "sound_of", id=UUID(str(one.arguments["clip"])))
    left_s = (one.expires_at - datetime.now(UTC)).total_seconds()
    try:
        await line.publish(topics.audio(one.box, found[0].sha256), bytes(found[0].sound), left_s)
    except errors.Unavailable as error:
        log.warning("clip_not_sent", request=str(one.id), box=one.box, error=str(error))
        return False
    return True


async def _publish(line: Line, one: Waiting) -> bool | None:
    """Publish a request; None when the broker did not take it."""
    command = Command(
        id=one.id,
        action=one.action,
        asset=one.asset,
        arguments=one.arguments,
        issued_at=one.requested_at,
        expires_at=one.expires_at,
        actor=one.requester,
    )
    return await send_command(line, one.box, command)
