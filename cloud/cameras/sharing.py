"""Tells boxes which of their cameras another box has, too: boxes cannot hear each other, and the room hears all.

Each says in its status which assets it has. What was told is remembered here alone: a process that starts tells it
again, and several processes tell it twice; a box takes it once.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from psycopg.rows import class_row

from cloud import errors
from cloud.db.connection import translated
from cloud.db.queries import load
from cloud.signals.desk import Connecting
from cloud.signals.identity import new_id
from cloud.signals.line import Line
from cloud.signals.sending import send_command
from cloud.stopping import is_stopping
from edge.contract.cameras import SHARED, SHARED_FOR_S
from edge.contract.commands import Command

EVERY_S = 30.0
AGAIN_S = SHARED_FOR_S / 2
LIFETIME_S = 60.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """A camera that a box shares.

    Attributes:
        session: of the box's line: after a restart it has forgotten what it was told.
        others: boxes that have it, too.
    """

    camera: str
    box: str
    session: str
    others: list[str]


class Sharing:
    """Runs while the API runs.

    Args:
        connecting: gives a connection to the database, in autocommit.
        line: to the broker; None where this API has none, and then there is nothing to do.
        clock: monotonic seconds.
    """

    def __init__(self, connecting: Connecting, line: Line | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._connecting, self._line, self._clock = connecting, line, clock
        self._told: dict[tuple[str, str], tuple[str, list[str], float]] = {}  # by camera and box

    async def run(self) -> None:
        """Work until cancelled."""
        while self._line is not None and not is_stopping():
            try:
                if self._line.is_connected:
                    await self._look(self._line)
            except errors.CloudError as error:
                log.warning("shared_cameras_postponed", error=str(error))
            await asyncio.sleep(EVERY_S)

    async def _look(self, line: Line) -> None:
        with translated():
            async with self._connecting() as connection, connection.cursor(row_factory=class_row(Shared)) as cursor:
                await cursor.execute(load("cameras")["shared_cameras"])
                found = {(one.camera, one.box): one for one in await cursor.fetchall()}
        for key in self._told.keys() - found.keys():
            session = self._told[key][0]
            if await self._tell(line, Shared(*key, session, [])):
                del self._told[key]
        for key, one in found.items():
            session, others, at_s = self._told.get(key, ("", [], 0.0))
            is_news = (session, others) != (one.session, one.others) or self._clock() - at_s > AGAIN_S
            if is_news and await self._tell(line, one):
                self._told[key] = (one.session, one.others, self._clock())

    async def _tell(self, line: Line, one: Shared) -> bool:
        """Tell a box; tell whether the broker took it. One that is not there any more needs not know."""
        now_at = datetime.now(UTC)
        command = Command(
            id=new_id(),
            action=SHARED,
            asset=one.camera,
            arguments={"boxes": one.others},
            issued_at=now_at,
            expires_at=now_at + timedelta(seconds=LIFETIME_S),
            actor="satulayar",
        )
        log.info("shared_camera_told", camera=one.camera, box=one.box, others=one.others)
        return await send_command(line, one.box, command) is not None
