"""The part of the API that keeps leases moving: hears boxes through the database, sends, and watches deadlines.

It wakes when the database notifies of an event or a command's result, when somebody asks for something, and when the
next deadline comes; then it makes every errand until there is nothing left to do.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from uuid import UUID

import psycopg
import structlog

from cloud import errors
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals import errands, store
from cloud.signals.desk import Connecting, Desk
from cloud.signals.line import Line
from cloud.signals.rules import refusal
from cloud.stopping import is_stopping

log = structlog.get_logger(__name__)

CHANNELS = ("event", "command_result", "lease")
QUIET_S = 15.0
ANSWER_S = 5.0
LOOK_EVERY_S = 5.0  # also without a notification: another process may have died with a deadline in its hands
RESEND_S = 0.25  # while a command waits for the broker
RETRY_S = 1.0
RECONNECT_S = (0.5, 10.0)
MAX_WATCHED = 1_000

Listening = Callable[[], AbstractAsyncContextManager[store.Line]]


class Room:
    """Keeps leases moving while the API runs.

    Args:
        connecting: gives a connection from the pool.
        listening: opens a connection of its own, for LISTEN.
        line: to the broker; None where this API has none: it still hears.
        confirm_within_s: seconds from a request to its confirmation, after which it has failed.
    """

    def __init__(
        self, connecting: Connecting, listening: Listening, line: Line | None, confirm_within_s: float
    ) -> None:
        self._connecting = connecting
        self._listening = listening
        self._confirm_within_s = confirm_within_s
        self._due = asyncio.Event()
        self._watched: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.line = line
        self.desk = Desk(connecting, line, self._due.set, confirm_within_s)

    @property
    def is_connected(self) -> bool:
        """Whether a command can be sent at this instant."""
        return self.line is not None and self.line.is_connected

    async def run(self) -> None:
        """Work until cancelled."""
        if self.line is not None:
            self.line.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen_on_and_on(), name="room-listen")
                tasks.create_task(self._work_on_and_on(), name="room-work")
        finally:
            if self.line is not None:
                await asyncio.to_thread(self.line.stop)

    async def wait_for_change(self, lease_id: UUID, timeout_s: float) -> None:
        """Wait until a lease has changed, or for so long."""
        if len(self._watched) >= MAX_WATCHED:
            raise refusal("too_many_wait")
        changed = asyncio.Event()
        self._watched[lease_id].add(changed)
        try:
            async with asyncio.timeout(timeout_s):
                await changed.wait()
        except TimeoutError:
            return
        finally:
            self._watched[lease_id].discard(changed)
            if not self._watched[lease_id]:
                del self._watched[lease_id]

    async def _listen_on_and_on(self) -> None:
        pause_s = RECONNECT_S[0]
        while not is_stopping():
            try:
                async with self._listening() as connection:
                    pause_s = RECONNECT_S[0]
                    await self._listen(connection)
            except (errors.CloudError, TimeoutError) as error:
                log.warning("database_lost", error=str(error), retry_in_s=pause_s)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret hangs on it
            pause_s = min(pause_s * 2, RECONNECT_S[1])

    async def _listen(self, connection: store.Line) -> None:
        for channel in CHANNELS:
            await connection.execute(f"LISTEN {channel}")
        self._due.set()
        while not is_stopping():
            async for notification in connection.notifies(timeout=QUIET_S):
                self._note(notification)
            async with asyncio.timeout(ANSWER_S):
                await connection.execute("SELECT 1")

    def _note(self, notification: psycopg.Notify) -> None:
        if notification.channel != "lease":
            self._due.set()
            return
        with suppress(ValueError):  # somebody tries NOTIFY by hand
            for changed in self._watched.get(UUID(notification.payload), ()):
                changed.set()

    async def _work_on_and_on(self) -> None:
        while not is_stopping():
            try:
                wait_s = await self._work()
            except errors.CloudError as error:
                log.warning("errands_postponed", error=str(error), retry_in_s=RETRY_S)
                wait_s = RETRY_S
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._due.wait()
            self._due.clear()

    async def _work(self) -> float:
        """Do all there is to do; give the seconds after which to look again."""
        with translated():
            async with self._connecting() as connection:
                while await self._make_errands(connection):
                    pass
                return await self._next_look_s(connection)

    async def _make_errands(self, connection: store.Line) -> int:
        done = await errands.hear(connection)
        done += await errands.give_up(connection, self._confirm_within_s)
        done += await errands.drive_waves(connection, self._confirm_within_s)
        return done + (await errands.send(connection, self.line) if self.line is not None else 0)

    async def _next_look_s(self, connection: store.Line) -> float:
        cursor = await connection.execute(load("signals")["next_look"])
        row = await cursor.fetchone()
        deadline_s, is_waiting = row or (None, False)
        look_s = LOOK_EVERY_S if deadline_s is None else max(0.01, min(LOOK_EVERY_S, deadline_s + 0.01))
        return min(look_s, RESEND_S) if is_waiting else look_s
