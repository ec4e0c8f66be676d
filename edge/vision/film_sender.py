"""Takes the films of incidents to the room, part by part: what the shelf has waiting, oldest first, one in the outbox.

A part leaves the shelf's waiting when the room has its say about it, not when the outbox has it: that may drop it on a
short disk, or be set aside. Which part it has is noted, so that a restart does not put it in again.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog

from edge.entries import Entry
from edge.errors import EdgeError
from edge.vision.clip_shelf import ClipShelf, event_of
from edge.vision.memory import Dropped, Store, evidence_entry, until_receipted, until_room

LOOK_S = 1.0
NO_ROOM_S = 600.0  # in the outbox, for a part: then those behind it go first
ONE_LOOK_S = 5.0  # whether there is room now, for a part that has waited so long before
NOTE = "film part"
_NONE = ("", 0)
_log = structlog.get_logger()


class FilmSender:
    """Sends the films of a box."""

    def __init__(self, shelf: ClipShelf, keep: Callable[[Entry], Awaitable[int]], store: Store) -> None:
        """Prepare.

        Args:
            shelf: where they wait.
            keep: makes evidence durable; gives its number.
            store: where it is until it has its receipt.
        """
        self._shelf, self._keep, self._store = shelf, keep, store
        self._at_hand: tuple[str, int] | None = None  # the part in the outbox, and its number there; None: not yet read
        self._putting = asyncio.Lock()  # a part into the outbox; or nobody may, since films are being deleted
        self._passed_over: set[str] = set()  # names of parts that found no room for long
        self.waits = ""  # why the next one does not get on

    async def withhold(self) -> None:
        """Take what is of before a camera's masks out of the outbox, and delete it; what is held for now waits on.

        Raises:
            Unavailable: the disk refuses.
        """
        name, seq = await self._recall()
        if seq and (self._shelf.is_withheld(name) or self._shelf.is_held(name)):
            await self._store.delete([(seq, seq)])
            await self._note(*_NONE)
        await asyncio.to_thread(self._shelf.drop_withheld)

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        while True:
            try:
                await self.withhold()
                await self._settle()
                waiting = await asyncio.to_thread(self._shelf.waiting)
                self._passed_over &= {part.name for part in waiting}
                for part in waiting:
                    await self._send(part)
                    await self._settle()
            except (EdgeError, OSError) as error:
                self._wait(str(error))
            await asyncio.sleep(LOOK_S)

    @contextlib.asynccontextmanager
    async def holding(self) -> AsyncIterator[str]:
        """Put no other part into the outbox meanwhile; give the name of the one that it has, empty where it has none.

        Raises:
            Unavailable: the disk refuses.
        """
        async with self._putting:
            yield (await self._recall())[0]

    async def _recall(self) -> tuple[str, int]:
        if self._at_hand is None:
            noted = _read(await self._store.note(NOTE))
            self._at_hand = self._at_hand or noted  # another task may have been here meanwhile
        return self._at_hand

    async def _note(self, name: str, seq: int) -> None:
        self._at_hand = (name, seq)
        await self._store.set_note(NOTE, json.dumps(self._at_hand))

    async def _send(self, part: Path) -> None:
        """Put a part into the outbox; one that cannot be read holds up no other."""
        try:
            has_room = await self._has_room(part)
        except OSError as error:
            await _lose(part, error)
            return
        if has_room:
            async with self._putting:
                await self._put(part)

    async def _put(self, part: Path) -> None:
        try:
            content = await asyncio.to_thread(part.read_bytes)
        except OSError as error:
            await _lose(part, error)
            return
        film = evidence_entry(event_of(part.name), "video/mp4", content)
        await self._note(part.name, await self._keep(film))

    async def _has_room(self, part: Path) -> bool:
        """Wait until the outbox has room for a part; false where it has had none for long.

        Raises:
            OSError: the part cannot be read.
        """
        size = (await asyncio.to_thread(part.stat)).st_size
        try:
            async with asyncio.timeout(ONE_LOOK_S if part.name in self._passed_over else NO_ROOM_S):
                await until_room(self._store, size, self._wait)
        except TimeoutError:
            self._passed_over.add(part.name)
            return False
        self._passed_over.discard(part.name)
        return True

    async def _settle(self) -> None:
        """Wait until the part in the outbox has its receipt; it may have been put there before a restart.

        Raises:
            Dropped: it has none, and goes again.
        """
        name, seq = await self._recall()
        if not seq:
            return
        try:
            refused = await until_receipted(self._store, seq)
        except Dropped:
            await self._note(*_NONE)
            raise
        if refused is not None:  # the room lists it as rejected
            _log.warning("clip_refused", part=name, reason=str(refused.reason), detail=refused.detail)
        await asyncio.to_thread(_forget, self._shelf.unsent_dir / name)
        await self._note(*_NONE)
        self.waits = ""

    def _wait(self, why: str) -> None:
        if why != self.waits:
            _log.warning("clip_postponed", reason=why)
        self.waits = why


def _read(noted: str | None) -> tuple[str, int]:
    """Read which part is in the outbox; what says nothing of the kind says: none."""
    try:
        name, seq = json.loads(noted or "")
        return Path(str(name)).name, int(seq)
    except (ValueError, TypeError):
        return _NONE


async def _lose(part: Path, error: OSError) -> None:
    _log.warning("clip_lost", part=part.name, reason=error.strerror)
    await asyncio.to_thread(_forget, part)


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that turned read-only: it is sent again, and stored once
        part.unlink()
