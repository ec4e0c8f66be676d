"""A clip that the room asks for: a span of a camera's recording, cut into parts, sent as evidence, accounted for.

`camera.clip` with `since_s` (seconds since 1970), `seconds` (up to ten minutes) and `reason`. Who asked for what and
why is an event with the digests of all parts, each holding the hash of the one before it, so that none can be left out
or altered unseen. Parts go through the outbox, one at a time: what happens meanwhile does not wait behind the rest, and
a line that was lost goes on with the part that has no receipt. Or they go beside it by HTTPS (`uploads`). A job
outlives the process: it is in a note.
"""

import asyncio
import hashlib
import json
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
from edge.errors import EdgeError, Unavailable
from edge.vision.archive import CLIP_LAG_S, Archive
from edge.vision.clip_words import (
    BAD,
    CUT,
    FAILED,
    FUTURE,
    LARGE,
    LOST,
    NONE,
    WIDE,
    read_wish,
    say_gone,
    say_share,
)
from edge.vision.delivery import JOB, Delivery, Job
from edge.vision.memory import Store
from edge.vision.parts import TooLarge
from edge.vision.uploads import NotTaken, Sender

LEAST_SHARE_PCT = 1.0  # less of a span is nothing
RETRY_S = 10.0
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
        self._delivery = Delivery(keep, store, clock, sender)
        self._turn = asyncio.Lock()

    @property
    def waits(self) -> str:
        """Why the part at hand does not get through; empty when it does."""
        return self._delivery.waits

    async def run(self) -> None:
        """Go on with a job that a restart, or a disk, has interrupted; until cancelled."""
        while True:
            try:
                async with self._turn:
                    await self._resume()
            except EdgeError as error:
                _log.warning("clip_postponed", reason=str(error))
            await asyncio.sleep(RETRY_S)

    async def carry_out(self, command: Command) -> Answer:
        """Cut and send a clip; give what became of it.

        Raises:
            Unavailable: the disk refuses; it is tried again.
        """
        asset = command.asset or ""
        if asset not in self._archive.assets:
            return "refused", "not_recorded", NONE
        wanted = read_wish(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", BAD
        until_s = wanted[0] + wanted[1]
        if until_s > self._clock.now_s() + 1:
            return "refused", "future", FUTURE
        await asyncio.sleep(min(CLIP_LAG_S, max(0.0, until_s + CLIP_LAG_S - self._clock.now_s())))
        async with self._turn:
            await self._resume()
            if await self._archive.share_pct(asset, wanted[0], until_s) < LEAST_SHARE_PCT:
                return "refused", "gone", say_gone(await self._archive.oldest_s(asset))
            job = Job(command.model_dump_json())
            await self._delivery.note(job)
            return await self._work(job)

    async def _resume(self) -> None:
        """Finish what was begun before, and answer it."""
        try:
            job = Job(**json.loads(await self._store.note(JOB) or "{}"))
            command = Command.model_validate_json(job.command)
        except (TypeError, ValueError):
            return  # there is none
        state, reason, detail = await self._work(job)
        await self._tell(command.id, state, reason, detail)

    async def _work(self, job: Job) -> Answer:
        """Do what is left of a job; afterwards its note is gone, also where the job cannot be done.

        Raises:
            Unavailable: the disk refuses; the note stays.
        """
        try:
            return await self._steps(job)
        except EdgeError:
            raise
        except Exception:  # noqa: BLE001 - a job that fails at each start would hold up all others, and the box, for ever
            _log.exception("clip_failed", job=job.command[:300])
            await self._delivery.drop(job)
            return "failed", "failed", FAILED

    async def _steps(self, job: Job) -> Answer:
        if not job.event:
            refused = await self._prepare(job)
            if refused is not None:
                await self._delivery.forget()
                return refused
        event = Event.model_validate_json(job.event)
        await self._keep(Entry("event", job.event.encode()))
        await self._store.set_note(_CHAIN, str(event.data.values[HASH]))
        try:
            lost = await self._delivery.deliver(job, event)
        except NotTaken as refused:
            await self._delivery.drop(job)
            return "failed", refused.rule, refused.detail
        await self._delivery.forget()
        if lost:
            return "failed", "gone", LOST.format(left=lost)
        return "confirmed", "", job.detail

    async def _prepare(self, job: Job) -> Answer | None:
        """Cut, and write down who asked for what; give the answer where there is nothing to send."""
        command = Command.model_validate_json(job.command)
        asset, wanted = command.asset or "", read_wish(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", BAD
        since_s, seconds, _ = wanted
        share = await self._archive.share_pct(asset, since_s, since_s + seconds)
        try:
            parts = await self._archive.cut_parts(asset, since_s, since_s + seconds, str(command.id))
        except TooLarge as error:
            return "failed", "too_large", LARGE.format(seconds=error.seconds) if error.seconds >= 1 else WIDE
        except OSError as error:
            raise Unavailable(f"disk: {error.strerror or error}") from error
        if not parts:
            return "refused", "gone", say_gone(await self._archive.oldest_s(asset))
        digests, megabytes = await asyncio.to_thread(_digest, parts)
        event = await self._account(command, wanted, digests, share)
        job.event, job.parts = event.payload().decode(), [str(part) for part in parts]
        job.detail = say_share(share)
        await self._delivery.note(job)
        await self._tell(command.id, "applied", "", CUT.format(parts=len(parts), megabytes=megabytes))
        return None

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

    async def _tell(self, command: UUID, state: CommandState, reason: str, detail: str) -> None:
        result = Result(command=command, state=state, at=self._clock.now_at(), reason=reason, detail=detail[:500])
        await self._keep(Entry("result", result.model_dump_json().encode()))


def _digest(parts: list[Path]) -> tuple[list[str], float]:
    """Give the SHA-256 of files, and their megabytes together."""
    digests, total = [], 0
    for part in parts:
        content = part.read_bytes()
        digests.append(hashlib.sha256(content).hexdigest())
        total += len(content)
    return digests, total / 1e6
