"""The engine: what sources say becomes incidents, clocks run, what nobody takes up is told to the next level.

One process works (advisory lock), another one that is started stands by. Entries leave the inbox in the transaction
that makes their incident, so nothing is lost and nothing comes twice, whatever is killed in between. While the
database is away it waits, and goes on with what came meanwhile.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from cloud.db.connection import conninfo, translated
from cloud.operations import clocks, outlasting, store
from cloud.operations.book import BookReader
from cloud.operations.errors import Unavailable
from cloud.operations.evidence import Awaited
from cloud.operations.opening import take
from cloud.operations.settings import OperationsSettings
from cloud.operations.sources import InboxEntry, Unusable, read_sign
from cloud.operations.store import Line, is_away
from cloud.operations.watch import look

APPLICATION = "satulayar-operations"
LOCK = 7_305_810_112_060
STAND_BY_S = 2.0
RETRY_S = (0.5, 10.0)
CLOCKS_EVERY_S = 1.0
# Entries of one transaction: the last of them waits for the first, so few; an incident takes some milliseconds.
AT_ONCE = 20
# So often is an entry tried that the database did not take for a reason that may pass.
TRIES = 3

_log = structlog.get_logger()


class Engine:
    """Works until it is stopped.

    Args:
        settings: of the program.
        clock: aware UTC; tests hold it.
    """

    def __init__(self, settings: OperationsSettings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = clock
        self._reader = BookReader(settings.folder)
        self._book = self._reader.book
        self._told = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tick_s = min(CLOCKS_EVERY_S, settings.look_every_s)
        self._looked_s = self._ticked_s = float("-inf")
        self._awaited = Awaited()
        self._stumbles: Counter[int] = Counter()
        self.taken = 0

    def stop(self) -> None:
        """Have `run` return when what is at hand is done."""
        self._stopping.set()
        self._told.set()

    async def run(self) -> None:
        """Work until stopped; waits for the database while it is away.

        Raises:
            Misconfigured: the role or the schema is not this program's.
        """
        pause_s = RETRY_S[0]
        while not self._stopping.is_set():
            try:
                with translated():
                    await self._work()
                pause_s = RETRY_S[0]
            except Unavailable as error:
                _log.warning("database_lost", error=str(error), retry_in_s=pause_s)
                # Spread out, so that many programs do not come back in the same instant.
                await self._pause(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret hangs on it
                pause_s = min(pause_s * 2, RETRY_S[1])

    async def _work(self) -> None:
        info = make_conninfo(conninfo(self._settings.dsn, APPLICATION), options="-c timezone=UTC")
        async with (
            await AsyncConnection.connect(info, autocommit=True) as ear,
            await AsyncConnection.connect(info, autocommit=True) as line,
        ):
            if not await self._has_turn(ear):
                return
            _log.info("engine_began", kinds=len(self._book.kinds), rules=len(self._book.rules))
            await ear.execute("LISTEN operations")
            listening = asyncio.create_task(self._listen(ear), name="listen")
            try:
                while not self._stopping.is_set():
                    await self._pass(line)
                    await self._wait(listening)
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError, psycopg.Error):
                    await listening

    async def _has_turn(self, ear: Line) -> bool:
        """Wait until no other process works; False when stopped meanwhile."""
        while not self._stopping.is_set():
            row = await (await ear.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])).fetchone()
            if row == (True,):
                return True
            await self._pause(STAND_BY_S)
        return False

    async def _listen(self, ear: Line) -> None:
        async for _ in ear.notifies():
            self._told.set()

    async def _wait(self, listening: asyncio.Task[None]) -> None:
        """Wait until something is told, at most until clocks have to be looked at."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._tick_s):
                await self._told.wait()
        if listening.done():
            listening.result()
            raise psycopg.OperationalError("the line on which the engine is told has ended")

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _pass(self, line: Line) -> None:
        """Do all that is to be done now."""
        self._told.clear()
        while not self._stopping.is_set() and await self._drain(line):
            await self._tick(line)
        await self._tick(line)

    async def _drain(self, line: Line) -> bool:
        """Take some entries out of the inbox; give whether there may be more."""
        async with line.transaction():
            entries = await store.fetch(line, InboxEntry, "take_inbox", most=AT_ONCE)
            for entry in sorted(entries, key=lambda each: each.id):
                await self._take(line, entry)
        return len(entries) == AT_ONCE

    async def _take(self, line: Line, entry: InboxEntry) -> None:
        """Make of an entry what it is; one that nothing can be made of is laid aside, and costs only itself."""
        try:
            try:
                await self._make(line, entry)
            except psycopg.errors.UniqueViolation:  # somebody has opened an old incident of the key in this instant
                await self._make(line, entry)
        except Exception as error:  # whatever one entry does, the others must not wait behind it for ever
            if is_away(error, line) or self._is_first_stumble(error, entry):
                raise
            _log.error("entry_refused", source=entry.source, ref=entry.ref, error=str(error))
            content = Jsonb(entry.content) if entry.content is not None else None
            said = {"source": entry.source, "ref": entry.ref, "content": content, "reason": _reason(error)}
            await store.run(line, "refuse_entry", **said)

    def _is_first_stumble(self, error: Exception, entry: InboxEntry) -> bool:
        """Tell whether to try an entry again: a lock or a limit of time may have been another's fault."""
        if not isinstance(error, psycopg.OperationalError) or isinstance(error, psycopg.errors.ProgramLimitExceeded):
            return False
        self._stumbles[entry.id] += 1
        return self._stumbles[entry.id] < TRIES

    async def _make(self, line: Line, entry: InboxEntry) -> None:
        async with line.transaction():
            sign = await read_sign(line, self._book, entry)
            if sign is None:
                return
            taken = await take(line, self._book, sign, self._now())
        if sign.source == "event" and taken.incident is not None and taken.how != "ended":
            self._awaited.add(UUID(entry.ref), taken.incident)
        self.taken += 1
        _log.info("sign_taken", kind=sign.kind, source=entry.source, ref=entry.ref, how=taken.how)

    async def _tick(self, line: Line) -> None:
        """Look at clocks each second, at rules over samples every few."""
        now_s = time.monotonic()
        if now_s - self._ticked_s >= self._tick_s:
            self._ticked_s = now_s
            self._book = self._reader.book
            await self._guarded(line, "clocks", clocks.look(line, self._book, self._now()))
            await self._guarded(line, "outlasting", outlasting.look(line, self._book, self._now()))
            await self._awaited.look(line)
        if now_s - self._looked_s >= self._settings.look_every_s:
            self._looked_s = now_s
            await self._guarded(line, "rules", self._look(line, now_s))

    async def _look(self, line: Line, began_s: float) -> None:
        if await look(line, self._book, self._now()):  # much is left to be told: again, with events in between
            self._looked_s = float("-inf")
        await store.run(line, "pulse", now=self._now(), look_ms=(time.monotonic() - began_s) * 1_000)

    @staticmethod
    async def _guarded(line: Line, what: str, work: Awaitable[None]) -> None:
        """Do a part of the engine's work; where the database refuses it, the other parts go on."""
        try:
            await work
        except Exception as error:  # the other parts of the engine must go on
            if is_away(error, line):
                raise
            _log.error("look_failed", what=what, error=_reason(error))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1_000] if not isinstance(error, Unusable) else str(error)[:1_000]
