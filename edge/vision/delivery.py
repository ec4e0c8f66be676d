"""Takes the parts of a clip to the room, one after the other, and remembers in a note how far it has come.

Through the outbox, the next part when the one before has its receipt; or beside it by HTTPS (`uploads`), however often
the line is lost.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog

from edge.backoff import Backoff
from edge.clock import Clock
from edge.contract.cameras import PARTS_SHA256
from edge.contract.events import Event
from edge.entries import Entry
from edge.errors import Unavailable
from edge.vision.clip_words import NOT_REACHED, say_refused
from edge.vision.incident_clips import evidence_entry
from edge.vision.memory import Store, until_receipted
from edge.vision.reasons import reason_of
from edge.vision.uploads import NotTaken, Part, Sender

JOB = "clip job"
UPLOAD_RETRY_S = (1.0, 30.0)
GIVE_UP_S = 86_400.0  # without a part more by HTTPS: other clips wait behind it
_log = structlog.get_logger()


@dataclass(slots=True)
class Job:
    """A clip that is being made and sent; kept as a note between its steps.

    Attributes:
        command: as it came.
        event: payload of the event that accounts for it; empty until it is cut. Told again it is the same event.
        parts: files that are to be sent, in order.
        next: number of the first that is not yet in the outbox.
        waiting: number in the outbox of the one before, until it has its receipt; 0 where it has.
        detail: what is answered at the end.
    """

    command: str
    event: str = ""
    parts: list[str] = field(default_factory=list)
    next: int = 0
    waiting: int = 0
    detail: str = ""


class Delivery:
    """Delivers one clip at a time.

    Attributes:
        waits: why the part at hand does not get through; empty when it does.
    """

    def __init__(
        self, keep: Callable[[Entry], Awaitable[int]], store: Store, clock: Clock, sender: Sender | None
    ) -> None:
        """Prepare; arguments as those of `ClipDesk`."""
        self._keep, self._store, self._clock, self._sender = keep, store, clock, sender
        self.waits = ""

    async def deliver(self, job: Job, event: Event) -> int:
        """Hand part after part over, each when the one before is there; give how many were gone.

        Raises:
            NotTaken: the room wants none of it.
        """
        lost, digests = 0, str(event.data.values[PARTS_SHA256]).split()
        command = str(event.data.values["command"])
        await self._settle(job)
        while job.next < len(job.parts):
            part = Part(Path(job.parts[job.next]), str(event.id), command, digests[job.next])
            try:
                seq = await (self._put(part) if self._sender is None else self._upload(self._sender, part))
            except FileNotFoundError:
                lost, seq = lost + 1, 0
            job.next, job.waiting = job.next + 1, seq
            await self.note(job)
            await asyncio.to_thread(_forget, part.path)
            await self._settle(job)
        return lost

    async def _settle(self, job: Job) -> None:
        """Wait for the receipt of what is in the outbox, also after a restart.

        Raises:
            NotTaken: the room refused it.
        """
        refused = await until_receipted(self._store, job.waiting) if job.waiting else None
        job.waiting = 0
        if refused is not None:
            raise NotTaken(str(refused.reason), say_refused(refused))

    async def drop(self, job: Job) -> None:
        """Give a job up; what is left of its parts takes no room."""
        self.waits = ""
        for path in job.parts[job.next :]:
            await asyncio.to_thread(_forget, Path(path))
        await self.forget()

    async def _put(self, part: Part) -> int:
        """Put a part into the outbox; give its number."""
        try:
            content = await asyncio.to_thread(part.path.read_bytes)
        except OSError as error:
            raise FileNotFoundError(part.path) from error
        return await self._keep(evidence_entry(part.event, "video/mp4", content))

    async def _upload(self, sender: Sender, part: Part) -> int:
        """Hand a part over by HTTPS, however often the line is lost; nothing is left to wait for."""
        backoff, began_s = Backoff(*UPLOAD_RETRY_S), self._clock.monotonic_s()
        while True:
            try:
                await sender.send(part)
            except Unavailable as error:
                if self._clock.monotonic_s() - began_s > GIVE_UP_S:
                    why = reason_of(error)
                    raise NotTaken("not_reached", NOT_REACHED.format(reason_id=why.id, reason_en=why)) from error
                if str(error) != self.waits:
                    _log.warning("clip_upload_waits", reason=str(error))
                self.waits = str(error)
                await asyncio.sleep(backoff.next_s())
            else:
                self.waits = ""
                return 0

    async def note(self, job: Job) -> None:
        """Remember how far a job has come."""
        await self._store.set_note(JOB, json.dumps(asdict(job)))

    async def forget(self) -> None:
        """Remember that there is none."""
        await self._store.set_note(JOB, "{}")


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that has turned read-only: what stays is bounded with the evidence
        path.unlink()
