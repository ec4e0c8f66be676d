"""A clip that the room asks for: a span of a camera's recording, cut into parts, sent as evidence, accounted for.

`camera.clip` with `since_s` (seconds since 1970), `seconds` (up to ten minutes) and `reason`. Who asked for what and
why is an event with the digests of all parts, each holding the hash of the one before it, so that none can be left out
or altered unseen. Parts go through the outbox, one at a time: what happens meanwhile does not wait behind the rest, and
a line that was lost goes on with the part that has no receipt. Or they go beside it by HTTPS (`uploads`). A job
outlives the process: it is in a note, and so is its last word until the room can have it.

A disk that refuses is given half a minute, then the request fails in so many words, and so does each after it at once.
While the outbox itself refuses, what has been taken up waits for it, and what comes is not taken up.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import structlog
import uuid6

from edge.clock import Clock
from edge.contract.cameras import CLIP_DELIVERED, HASH, PARTS_SHA256, PREVIOUS, chained
from edge.contract.commands import Command, CommandState, Result
from edge.contract.events import Event, EventDetail
from edge.contract.topics import ROOT
from edge.entries import Entry
from edge.errors import EdgeError
from edge.vision.archive import CLIP_LAG_S, Archive
from edge.vision.clip_jobs import ClipJobs, Job
from edge.vision.clip_words import (
    BAD,
    BUSY,
    CUT,
    FAILED,
    FUTURE,
    LARGE,
    LEFT_OUT,
    LOST,
    NONE,
    UNMASKED,
    WIDE,
    read_wish,
    say_disk,
    say_gone,
    say_share,
)
from edge.vision.delivery import Delivery
from edge.vision.memory import Store
from edge.vision.parts import TooLarge
from edge.vision.reasons import system_reason
from edge.vision.uploads import NotTaken, Sender

LEAST_SHARE_PCT = 1.0  # less of a span is nothing
WAITING_MAX = 20  # requests that wait for their end; more are refused
RETRY_S = 10.0
PATIENCE_S = 30.0  # with a disk that refuses, of all requests together: it may come back
DISK_RETRY_S = 5.0
_CHAIN = "clip chain"
_log = structlog.get_logger()

Answer = tuple[CommandState, str, str]


class ClipDesk:
    """Answers the room's requests for clips, one after the other."""

    def __init__(
        self,
        archive: Archive,
        box: str,
        keep: Callable[[Entry], Awaitable[int]],
        store: Store,
        clock: Clock,
        sender: Sender | None = None,
    ) -> None:
        """Prepare.

        Args:
            archive: of the recordings.
            box: whose events these are.
            keep: makes clips durable; gives their numbers.
            store: where the end of the chain and an unfinished job are kept, and parts until they have their receipt.
            clock: stamps, and tells what is over.
            sender: hands parts over beside the outbox; None: they go through it.
        """
        self._archive = archive
        self._box = box
        self._keep = keep
        self._store = store
        self._clock = clock
        self._jobs = ClipJobs(store)
        self._delivery = Delivery(keep, store, self._jobs, clock, sender)
        self._come = asyncio.Event()
        self._postponed = ""  # why the job at hand does not go on
        self._refused_since_s: float | None = None  # since when the disk has given no clip, monotonic

    @property
    def waits(self) -> str:
        """Why the clip at hand does not get on; empty when it does."""
        return self._delivery.waits or self._postponed

    async def withhold(self) -> None:
        """End what was cut before its camera's masks were set, or is of one left out, and take it out of the outbox.

        Raises:
            Unavailable: the outbox refuses.
        """
        for job in await self._jobs.all():
            asset = _command(job).asset or ""
            is_left_out = self._archive.is_left_out(asset)
            is_unmasked = bool(job.event) and job.masked_since_ms < self._archive.masked_since_ms(asset)
            if not job.answer and (is_left_out or is_unmasked):
                await self._delivery.take_back(job)
                told = ("misconfigured", LEFT_OUT) if is_left_out else ("gone", UNMASKED)
                job.answer = self._say(job, "failed", *told)
                await self._jobs.note()

    async def run(self) -> None:
        """Work requests off, also those of before a restart; until cancelled."""
        while True:
            try:
                await self._work_off()
            except EdgeError as error:
                self._postpone(str(error))
                await asyncio.sleep(RETRY_S)

    async def carry_out(self, command: Command) -> Answer | None:
        """Take a request up; give what is to be answered at once, None where the answer comes later.

        Raises:
            Unavailable: the outbox refuses; the request is not taken up.
        """
        wanted = read_wish(command.arguments)
        if command.asset not in self._archive.assets:
            return "refused", "not_recorded", NONE
        if wanted is None:
            return "refused", "bad_argument", BAD
        if wanted[0] + wanted[1] > self._clock.now_s() + 1:
            return "refused", "future", FUTURE
        jobs = await self._jobs.all()
        if any(_command(job).id == command.id for job in jobs):
            return None
        if len(jobs) >= WAITING_MAX:
            return "refused", "busy", BUSY
        await self._jobs.add(Job(command.model_dump_json()))
        self._come.set()
        return None

    async def _work_off(self) -> None:
        """Answer one after the other.

        Raises:
            Unavailable: the outbox refuses; the job at hand stays.
        """
        await self.withhold()
        await asyncio.to_thread(_sweep, self._archive.asked_dir, await self._jobs.all())
        while True:
            self._come.clear()
            while jobs := await self._jobs.all():
                await self._end(jobs[0])
                self._postponed = ""
            await self._come.wait()

    async def _end(self, job: Job) -> None:
        """Do what is left of a job, and answer it."""
        if not job.answer:
            state, reason, detail = await self._outcome(job)
            job.answer = self._say(job, state, reason, detail)
            await self._jobs.note()
        await self._keep(Entry("result", job.answer.encode()))
        await self._delivery.clear(job)
        await self._jobs.end(job)

    def _postpone(self, reason: str) -> None:
        if reason != self._postponed:
            _log.warning("clip_postponed", reason=reason)
        self._postponed = reason

    async def _outcome(self, job: Job) -> Answer:
        """Make and send a clip; give what became of it."""
        try:
            refused = None if job.event else await self._prepare(job)
            return refused or await self._deliver(job)
        except NotTaken as refusal:
            return "failed", refusal.rule, refusal.detail
        except EdgeError:
            raise
        except Exception:  # noqa: BLE001 - a job that fails at each start would hold up all others, and the box, for ever
            _log.exception("clip_failed", job=job.command[:300])
            return "failed", "failed", FAILED

    async def _deliver(self, job: Job) -> Answer:
        event = Event.model_validate_json(job.event)
        await self._keep(Entry("event", job.event.encode()))
        await self._store.set_note(_CHAIN, str(event.data.values[HASH]))
        lost = await self._delivery.deliver(job, event)
        return ("failed", "gone", LOST.format(left=lost)) if lost else ("confirmed", "", job.detail)

    async def _prepare(self, job: Job) -> Answer | None:
        """Cut, and write down who asked for what; give the answer where there is nothing to send."""
        command = _command(job)
        asset, wanted = command.asset or "", read_wish(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", BAD
        since_s, until_s = wanted[0], wanted[0] + wanted[1]
        await asyncio.sleep(min(CLIP_LAG_S, max(0.0, until_s + CLIP_LAG_S - self._clock.now_s())))
        try:
            parts, share, digests, megabytes = await self._cut(command, since_s, until_s)
        except TooLarge as error:
            return "failed", "too_large", LARGE.format(seconds=error.seconds) if error.seconds >= 1 else WIDE
        except OSError as error:
            _log.warning("clip_not_cut", command=str(command.id), reason=str(system_reason(error)))
            return "failed", "disk", say_disk(error)
        if not parts:
            return "refused", "gone", say_gone(await self._archive.oldest_s(asset))
        event = await self._account(command, wanted, digests, share)
        job.event, job.parts = event.payload().decode(), [str(part) for part in parts]
        job.detail, job.masked_since_ms = say_share(share), self._archive.masked_since_ms(asset)
        await self._jobs.note()
        told = self._say(job, "applied", "", CUT.format(parts=len(parts), megabytes=megabytes))
        await self._keep(Entry("result", told.encode()))
        return None

    async def _cut(
        self, command: Command, since_s: float, until_s: float
    ) -> tuple[list[Path], float, list[str], float]:
        """Cut; give the parts, how much they hold (%), their digests, megabytes. A disk that refuses is given a while.

        Raises:
            TooLarge: it is too much.
            OSError: the disk has refused for longer, this request or those before it.
        """
        asset = command.asset or ""
        if await self._archive.share_pct(asset, since_s, until_s) < LEAST_SHARE_PCT:
            return [], 0.0, [], 0.0
        stem = self._archive.asked_dir / str(command.id)
        while True:
            try:
                parts, share = await self._archive.cut_parts(asset, since_s, until_s, stem)
                digests, megabytes = await asyncio.to_thread(_digest, parts)
            except OSError as error:
                now_s = self._clock.monotonic_s()
                self._refused_since_s = now_s if self._refused_since_s is None else self._refused_since_s
                if now_s - self._refused_since_s >= PATIENCE_S:
                    raise
                self._postpone(str(system_reason(error)))
                await asyncio.sleep(DISK_RETRY_S)
            else:
                self._refused_since_s = None
                return parts, share, digests, megabytes

    async def _account(
        self, command: Command, wanted: tuple[float, float, str], digests: list[str], share: float
    ) -> Event:
        """Write the record of who asked for what and why, chained to the one before, as an event."""
        since_s, seconds, reason = wanted
        values: dict[str, float | bool | str] = {
            "since_s": since_s,
            "seconds": seconds,
            "share_pct": round(share, 2),
            "actor": command.actor,
            "reason": reason,
            "command": str(command.id),
            "parts": float(len(digests)),
            PARTS_SHA256: " ".join(digests),
            PREVIOUS: await self._store.note(_CHAIN) or "",
        }
        values[HASH] = chained(values)
        told = EventDetail(
            message_id="Klip rekaman dikirim", message_en="A clip of the recording was sent", values=values
        )
        return Event(
            id=UUID(int=uuid6.uuid7().int),
            source=f"{ROOT}/{self._box}",
            type=CLIP_DELIVERED,
            subject=command.asset,
            time=self._clock.now_at(),
            data=told,
        )

    def _say(self, job: Job, state: CommandState, reason: str, detail: str) -> str:
        """Write a result of a job."""
        at = self._clock.now_at()
        told = Result(command=_command(job).id, state=state, at=at, reason=reason, detail=detail[:500])
        return told.model_dump_json()


def _command(job: Job) -> Command:
    return Command.model_validate_json(job.command)


def _sweep(directory: Path, jobs: list[Job]) -> None:
    """Delete parts that are no job's: the power went while they were cut, or they could not be deleted."""
    wanted = {Path(part).name for job in jobs for part in job.parts}
    with contextlib.suppress(OSError):  # a disk that refuses: at the next start
        for part in directory.iterdir():
            if part.name not in wanted:
                part.unlink()


def _digest(parts: list[Path]) -> tuple[list[str], float]:
    """Give the SHA-256 of files, and their megabytes together."""
    digests, total = [], 0
    for part in parts:
        content = part.read_bytes()
        digests.append(hashlib.sha256(content).hexdigest())
        total += len(content)
    return digests, total / 1e6
