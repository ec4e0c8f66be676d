"""A clip that the room asks for: a span of a camera's recording, cut into parts, sent as evidence, accounted for.

`camera.clip` with `since_s` (seconds since 1970), `seconds` (up to ten minutes) and `reason`. Who asked for what and
why is an event with the digests of all parts, each holding the hash of the one before it, so that none can be left out
or altered unseen. Only one part at a time is in the outbox: what happens meanwhile does not wait behind the rest, and a
line that was lost goes on with the part that has no receipt. A job outlives the process: it is in a note.
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import structlog
import uuid6

from edge.clock import Clock
from edge.contract.cameras import CLIP_DELIVERED, HASH, MOST_CLIP_BYTES, MOST_CLIP_S, PREVIOUS, chained
from edge.contract.commands import Command, CommandState, Result
from edge.contract.events import Event, EventDetail
from edge.contract.topics import ROOT
from edge.entries import Entry, Kind, Row
from edge.errors import EdgeError, Unavailable
from edge.vision.archive import CLIP_LAG_S, Archive
from edge.vision.camera import evidence_entry
from edge.vision.memory import Memory
from edge.vision.parts import TooLarge

LEAST_SHARE_PCT = 1.0  # less of a span is nothing
WHOLE_PCT = 99.5
RETRY_S = 10.0
LOOK_S = (0.1, 2.0)  # whether a part has its receipt
_LAST_S = 1e11  # the year 5138: who asks for later means milliseconds
_CHAIN, _JOB = "clip chain", "clip job"
_WIB = timezone(timedelta(hours=7))
_BAD = (
    f"Perlu since_s, seconds (paling lama {MOST_CLIP_S:g}) dan reason."
    f" | since_s, seconds (at most {MOST_CLIP_S:g}) and reason are needed."
)
_GONE = "Tidak ada rekaman dari waktu itu{since_id}. | Nothing of that time is recorded, or it was deleted{since_en}."
_FUTURE = "Rentang itu belum berakhir. | That span is not over yet."
_NONE = "Kamera ini tidak direkam di kotak ini. | This camera is not recorded on this box."
_LARGE = (
    f"Lebih dari {MOST_CLIP_BYTES // 1_000_000} MB; minta paling lama {{seconds:.0f}} detik."
    f" | More than {MOST_CLIP_BYTES // 1_000_000} MB; ask for at most {{seconds:.0f}} s."
)
_LOST = "{left} bagian hilang dari kotak sebelum dikirim. | {left} parts were gone from the box before they were sent."
_FAILED = "Kotak gagal membuat klip ini; lihat log kotak. | The box failed to make this clip; see the box's log."
_CUT = "{parts} bagian, {megabytes:.1f} MB | {parts} parts, {megabytes:.1f} MB"
_log = structlog.get_logger()

Answer = tuple[CommandState, str, str]


class Store(Memory, Protocol):
    """Notes, and what still waits for its receipt; the outbox."""

    async def fetch(
        self, kinds: Sequence[Kind], *, after: int = 0, until: int, rows: int = 500, max_bytes: int = 1_048_576
    ) -> list[Row]:
        """Give entries with `after < seq <= until`, oldest first."""
        ...


@dataclass(slots=True)
class Job:
    """A clip that is being made and sent; kept as a note between its steps.

    Attributes:
        command: as it came.
        event: payload of the event that accounts for it; empty until it is cut. Told again it is the same event.
        parts: files that are to be sent, in order.
        next: number of the first that is not yet in the outbox.
        detail: what is answered at the end.
    """

    command: str
    event: str = ""
    parts: list[str] = field(default_factory=list)
    next: int = 0
    detail: str = ""


class ClipDesk:
    """Answers the room's requests for clips, one after the other."""

    def __init__(
        self, archive: Archive, box: str, keep: Callable[[Entry], Awaitable[int]], store: Store, clock: Clock
    ) -> None:
        """Prepare.

        Args:
            archive: of the recordings.
            box: whose events these are.
            keep: makes clips durable; gives their numbers.
            store: where the end of the chain and an unfinished job are kept, and parts until they have their receipt.
            clock: stamps, and tells what is over.
        """
        self._archive = archive
        self._box = box
        self._keep = keep
        self._store = store
        self._clock = clock
        self._turn = asyncio.Lock()

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
            return "refused", "not_recorded", _NONE
        wanted = _wanted(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", _BAD
        until_s = wanted[0] + wanted[1]
        if until_s > self._clock.now_s() + 1:
            return "refused", "future", _FUTURE
        await asyncio.sleep(min(CLIP_LAG_S, max(0.0, until_s + CLIP_LAG_S - self._clock.now_s())))
        async with self._turn:
            await self._resume()
            if self._archive.share_pct(asset, wanted[0], until_s) < LEAST_SHARE_PCT:
                return "refused", "gone", self._gone(asset)
            job = Job(command.model_dump_json())
            await self._note(job)
            return await self._work(job)

    async def _resume(self) -> None:
        """Finish what was begun before, and answer it."""
        try:
            job = Job(**json.loads(await self._store.note(_JOB) or "{}"))
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
            await self._store.set_note(_JOB, "{}")
            return "failed", "failed", _FAILED

    async def _steps(self, job: Job) -> Answer:
        if not job.event:
            refused = await self._prepare(job)
            if refused is not None:
                await self._store.set_note(_JOB, "{}")
                return refused
        event = Event.model_validate_json(job.event)
        await self._keep(Entry("event", job.event.encode()))
        await self._store.set_note(_CHAIN, str(event.data.values[HASH]))
        lost = await self._deliver(job, str(event.id))
        await self._store.set_note(_JOB, "{}")
        if lost:
            return "failed", "gone", _LOST.format(left=lost)
        return "confirmed", "", job.detail

    async def _prepare(self, job: Job) -> Answer | None:
        """Cut, and write down who asked for what; give the answer where there is nothing to send."""
        command = Command.model_validate_json(job.command)
        asset, wanted = command.asset or "", _wanted(command.arguments)
        if wanted is None:
            return "refused", "bad_argument", _BAD
        since_s, seconds, _ = wanted
        share = self._archive.share_pct(asset, since_s, since_s + seconds)
        try:
            parts = await self._archive.cut_parts(asset, since_s, since_s + seconds, str(command.id))
        except TooLarge as error:
            return "failed", "too_large", _LARGE.format(seconds=error.seconds)
        except OSError as error:
            raise Unavailable(f"disk: {error.strerror or error}") from error
        if not parts:
            return "refused", "gone", self._gone(asset)
        digests, megabytes = await asyncio.to_thread(_digest, parts)
        event = await self._account(command, wanted, digests, share)
        job.event, job.parts = event.payload().decode(), [str(part) for part in parts]
        job.detail = _say_share(share)
        await self._note(job)
        await self._tell(command.id, "applied", "", _CUT.format(parts=len(parts), megabytes=megabytes))
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
            "sha256": " ".join(digests),
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

    async def _deliver(self, job: Job, event_id: str) -> int:
        """Put part after part into the outbox, each when the one before has its receipt; give how many were gone."""
        lost = 0
        while job.next < len(job.parts):
            path = Path(job.parts[job.next])
            try:
                content = await asyncio.to_thread(path.read_bytes)
            except OSError:
                lost += 1
                content = b""
            if content:
                seq = await self._keep(evidence_entry(event_id, "video/mp4", content))
            job.next += 1
            await self._note(job)
            if content:
                await asyncio.to_thread(path.unlink, missing_ok=True)
                await self._until_receipted(seq)
        return lost

    async def _until_receipted(self, seq: int) -> None:
        pause_s = LOOK_S[0]
        while await self._store.fetch(("media",), after=seq - 1, until=seq, rows=1):
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LOOK_S[1])

    async def _note(self, job: Job) -> None:
        await self._store.set_note(_JOB, json.dumps(asdict(job)))

    async def _tell(self, command: UUID, state: CommandState, reason: str, detail: str) -> None:
        result = Result(command=command, state=state, at=self._clock.now_at(), reason=reason, detail=detail[:500])
        await self._keep(Entry("result", result.model_dump_json().encode()))

    def _gone(self, asset: str) -> str:
        oldest_s = self._archive.oldest_s(asset)
        if oldest_s is None:
            return _GONE.format(since_id="", since_en="")
        since = f"{datetime.fromtimestamp(oldest_s, UTC).astimezone(_WIB):%d-%m-%Y %H:%M:%S} WIB"
        return _GONE.format(since_id=f"; yang tertua dari {since}", since_en=f"; the oldest is of {since}")


def _say_share(share: float) -> str:
    if share >= WHOLE_PCT:
        return "Lengkap. | Complete."
    return f"Hanya {share:.1f} % dari rentang itu terekam. | Only {share:.1f} % of the span is recorded."


def _digest(parts: list[Path]) -> tuple[list[str], float]:
    """Give the SHA-256 of files, and their megabytes together."""
    digests, total = [], 0
    for part in parts:
        content = part.read_bytes()
        digests.append(hashlib.sha256(content).hexdigest())
        total += len(content)
    return digests, total / 1e6


def _wanted(arguments: dict[str, Any]) -> tuple[float, float, str] | None:
    since, seconds, reason = (arguments.get(name) for name in ("since_s", "seconds", "reason"))
    numbers = [value for value in (since, seconds) if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != 2 or not isinstance(reason, str) or not reason.strip():  # noqa: PLR2004 - both
        return None
    if not all(map(math.isfinite, numbers)) or not 0 < numbers[1] <= MOST_CLIP_S or not 0 <= numbers[0] < _LAST_S:
        return None
    return float(numbers[0]), float(numbers[1]), reason.strip()[:200]
