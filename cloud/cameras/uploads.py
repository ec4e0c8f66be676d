"""Parts of clips that boxes hand over by HTTPS: into the same evidence, quota and look-up as those by MQTT.

Pieces wait in the database and are put together there: this process holds one piece at a time, and whichever process
runs next goes on. A part is evidence only once its digest is the one that was announced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from cloud.cameras.rules import refusal
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals.desk import Connecting
from edge.contract.limits import MAX_MEDIA_BYTES

MOST_UPLOADS = 4  # of a box at a time; ours sends one after the other
LEAST_BYTES = 4_096  # what a part counts at least, as the ingester counts; a piece has so many, too, but for the last
ASKED_SHARE = 0.75  # of a box's day: whatever clips are asked for, what happens at night still comes with its pictures
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a clip, by who sends it.

    Attributes:
        box: the name in its certificate.
        event: that accounts for the clip.
        sha256: of the whole part.
    """

    box: str
    event: UUID
    sha256: bytes

    @property
    def keys(self) -> dict[str, object]:
        """Its name for the statements."""
        return {"box": self.box, "event": self.event, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a part is here, in bytes."""

    taken: int
    length: int


class Uploads:
    """Takes parts.

    Args:
        connecting: gives a connection to the database, in autocommit.
        day_bytes: evidence that one box may have stored in a day, however it came.
    """

    def __init__(self, connecting: Connecting, day_bytes: int) -> None:
        self._connecting = connecting
        self._day_bytes = day_bytes

    async def begin(self, part: Part, command: UUID, length: int) -> None:
        """Begin a part, or go on with it; one that is stored stays as it is.

        Args:
            part: which.
            command: by which the room asked for its clip.
            length: of the whole, bytes.

        Raises:
            Ruled: nobody asked that box for it, it is too large, or the box has sent enough today.
        """
        if not 0 < length <= MAX_MEDIA_BYTES:
            raise refusal("upload_too_large", bytes=length, limit=MAX_MEDIA_BYTES)
        box_id = await self._admit(part, command)
        if await self._stored(part) is not None:
            return
        keys = {**part.keys, "box_id": box_id}
        await self._run("forget_idle", {})
        used, uploads = (await self._fetch("room_left", {**keys, "least": LEAST_BYTES}))[0]
        if used + max(length, LEAST_BYTES) > self._day_bytes * ASKED_SHARE:
            raise refusal("upload_quota", box=part.box, megabytes=int(self._day_bytes * ASKED_SHARE) // 1_000_000)
        if uploads >= MOST_UPLOADS:
            raise refusal("too_many_uploads", count=uploads)
        await self._run("begin", {**keys, "command": command, "bytes": length})

    async def progress(self, part: Part) -> Progress:
        """Say how much of a part is here.

        Raises:
            Ruled: it was not begun, or was thrown away.
        """
        if (length := await self._stored(part)) is not None:
            return Progress(length, length)
        rows = await self._fetch("state", part.keys)
        if not rows:
            raise refusal("unknown_upload")
        return Progress(taken=rows[0][2], length=rows[0][1])

    async def add(self, part: Part, offset: int, piece: bytes) -> Progress:
        """Add a piece; the last one makes the part evidence.

        Raises:
            Ruled: it does not follow what is here, is too much, or the whole is not what was announced.
        """
        with translated():
            async with self._connecting() as connection, connection.transaction():
                rows = await (await connection.execute(load("uploads")["lock"], part.keys)).fetchall()
                if not rows:
                    return await self._repeated(part, offset, piece)
                box_id, length, taken = rows[0]
                if offset != taken:
                    raise refusal("upload_offset", offset=offset, taken=taken)
                if taken + len(piece) > length:
                    raise refusal("upload_too_long", bytes=taken + len(piece), length=length)
                keys = {**part.keys, "box_id": box_id, "bytes": max(length, LEAST_BYTES)}
                if not piece:
                    return Progress(taken, length)
                if len(piece) < LEAST_BYTES and taken + len(piece) < length:
                    raise refusal("upload_too_small", least=LEAST_BYTES)
                await connection.execute(load("uploads")["add"], {**keys, "first": taken, "content": piece})
                await connection.execute(load("uploads")["grow"], {**keys, "taken": taken + len(piece)})
                is_right = taken + len(piece) < length or await self._finish(connection, keys)
        if not is_right:
            log.warning("upload_refused", box=part.box, event_id=str(part.event), reason="digest")
            raise refusal("upload_digest")
        return Progress(taken + len(piece), length)

    async def _repeated(self, part: Part, offset: int, piece: bytes) -> Progress:
        """Answer for a part that is not on its way: whole already, so that nothing follows it, or unknown."""
        found = await self.progress(part)
        if offset != found.taken or piece:
            raise refusal("upload_offset", offset=offset, taken=found.taken)
        return found

    @staticmethod
    async def _finish(connection: Any, keys: Mapping[str, object]) -> bool:
        """Make a part evidence; false where it is not what was announced. Its pieces go either way."""
        stored = (await connection.execute(load("uploads")["store"], keys)).rowcount
        if stored:
            await connection.execute(load("uploads")["count"], keys)
        has_come = stored or await (await connection.execute(load("uploads")["stored"], keys)).fetchone()
        await connection.execute(load("uploads")["forget"], keys)
        return bool(has_come)

    async def _admit(self, part: Part, command: UUID) -> int:
        rows = await self._fetch("asked", {"box": part.box, "command": command})
        if not rows or not rows[0][1]:
            log.warning("upload_refused", box=part.box, command=str(command), reason="not asked")
            raise refusal("upload_not_asked", box=part.box)
        return int(rows[0][0])

    async def _stored(self, part: Part) -> int | None:
        rows = await self._fetch("stored", part.keys)
        return int(rows[0][0]) if rows else None

    async def _fetch(self, name: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        with translated():
            async with self._connecting() as connection:
                return await (await connection.execute(load("uploads")[name], parameters)).fetchall()

    async def _run(self, name: str, parameters: Mapping[str, object]) -> None:
        with translated():
            async with self._connecting() as connection:
                await connection.execute(load("uploads")[name], parameters)
