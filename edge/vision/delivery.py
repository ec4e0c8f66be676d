"""Takes the parts of a clip to the room, one after the other, and remembers in a note how far it has come.

Through the outbox, the next part when the one before has its receipt; or beside it by HTTPS (`uploads`), however often
the line is lost.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from edge.backoff import Backoff
from edge.clock import Clock
from edge.contract.cameras import PARTS_SHA256
from edge.contract.events import Event
from edge.entries import Entry
from edge.errors import Unavailable
from edge.vision.clip_jobs import ClipJobs, Job
from edge.vision.clip_words import NOT_REACHED, OUTBOX_FULL, say_refused
from edge.vision.memory import Dropped, Store, evidence_entry, until_receipted, until_room
from edge.vision.reasons import Reason, reason_of
from edge.vision.uploads import NotTaken, Part, Sender

UPLOAD_RETRY_S = (1.0, 30.0)
GIVE_UP_S = 86_400.0  # without a part more by HTTPS: other clips wait behind it
NO_ROOM_S = 600.0  # in the outbox, for all clips together: others wait behind
NOT_SEEN_S = 60.0  # since it was found to have none: nobody knows what was meanwhile
_log = structlog.get_logger()


class Delivery:
    """Delivers one clip at a time.

    Attributes:
        waits: why the part at hand does not get through; empty when it does.
    """

    def __init__(
        self, keep: Callable[[Entry], Awaitable[int]], store: Store, jobs: ClipJobs, clock: Clock, sender: Sender | None
    ) -> None:
        """Prepare; arguments as those of `ClipDesk`, and where it is noted how far a job has come."""
        self._keep, self._store, self._jobs, self._clock, self._sender = keep, store, jobs, clock, sender
        self.waits = ""
        self._full_s: tuple[float, float] | None = (
            None  # since when there has been no room, and the last look; monotonic
        )

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
            await self._jobs.note()
            await self._settle(job)
        return lost

    async def _settle(self, job: Job) -> None:
        """Wait for the receipt of what is in the outbox, also after a restart; what was dropped there goes again.

        Raises:
            NotTaken: the room refused it.
        """
        try:
            refused = await until_receipted(self._store, job.waiting) if job.waiting else None
        except Dropped as error:
            job.next, job.waiting = job.next - 1, 0
            self._wait(str(error))
            return
        job.waiting = 0
        for path in job.parts[max(0, job.next - 1) : job.next]:  # not before: it may have to go again
            await asyncio.to_thread(_forget, Path(path))
        if refused is not None:
            raise NotTaken(str(refused.reason), say_refused(refused))

    async def take_back(self, job: Job) -> None:
        """Take a job's part out of the outbox, whatever became of it, and delete those that are left.

        Raises:
            Unavailable: the outbox refuses.
        """
        if job.waiting:
            await self._store.delete([(job.waiting, job.waiting)])
            job.waiting = 0
        await self.clear(job)

    async def clear(self, job: Job) -> None:
        """Let what is left of a job's parts take no room."""
        self.waits = ""
        for path in job.parts:
            await asyncio.to_thread(_forget, Path(path))

    async def _put(self, part: Part) -> int:
        """Put a part into the outbox; give its number.

        Raises:
            FileNotFoundError: it is gone.
            NotTaken: the outbox has had no room for long, for this clip or those before it.
        """
        try:
            await until_room(self._store, (await asyncio.to_thread(part.path.stat)).st_size, self._wait_for_room)
            self._full_s = None
            content = await asyncio.to_thread(part.path.read_bytes)
        except OSError as error:
            raise FileNotFoundError(part.path) from error
        seq = await self._keep(evidence_entry(part.event, "video/mp4", content))
        self.waits = ""
        return seq

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
                self._wait(str(error))
                await asyncio.sleep(backoff.next_s())
            else:
                self.waits = ""
                return 0

    def _wait_for_room(self, why: Reason) -> None:
        now_s = self._clock.monotonic_s()
        since_s, seen_s = self._full_s or (now_s, now_s)
        self._full_s = (since_s if now_s - seen_s <= NOT_SEEN_S else now_s), now_s
        if now_s - self._full_s[0] >= NO_ROOM_S:
            raise NotTaken("disk", OUTBOX_FULL.format(why_id=why.id, why_en=why))
        self._wait(why)

    def _wait(self, why: str) -> None:
        if why != self.waits:
            _log.warning("clip_upload_waits", reason=why)
        self.waits = why


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):  # a disk that has turned read-only: what stays goes at the next start
        path.unlink()
