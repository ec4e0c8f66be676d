"""The film of an incident: ten seconds before and after it, in parts that each fit into a message.

They are kept on the box's shelf (`clip_shelf`), where those that the room has not confirmed outlive process and line.
One at a time goes through the outbox: an alarm on a slow line waits behind at most one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from edge.clock import Clock
from edge.daemon_thread import in_daemon_thread
from edge.entries import Entry
from edge.errors import EdgeError
from edge.notices import Notice, NoticeBoard
from edge.vision.archive import Archive
from edge.vision.clip_shelf import SIDE_S, ClipShelf, Lost
from edge.vision.film_sender import FilmSender
from edge.vision.memory import Store
from edge.vision.parts import TooLarge
from edge.vision.reasons import because, in_indonesian, system_reason

SIDES_S = (SIDE_S, 5.0, 2.0)  # before and after; less where it has too many bits
MOST_BYTES = 32_000_000  # of one incident: twenty seconds at 12 Mbit/s, of the 1 GB that a box may have stored in a day
PART_S = 60.0  # all of it is one file, unless a message cannot carry it
LEAST_SHARE_PCT = 90.0  # of the seconds; less is told
TEND_EVERY_S = 60.0
Lacks = tuple[str, str]  # in Indonesian and English; empty: nothing
WHOLE = ("", "")
TOO_MANY_BITS = (
    "aliran utama terlalu besar, atau jarak bingkai kuncinya lebih dari 2 detik",
    "its main stream has too many bits, or its key frames are farther apart than 2 s",
)
UNMASKED = (
    "tidak dikirim, karena direkam sebelum masks kamera ini dipasang; tidak perlu apa-apa",
    "it is not sent, since it was recorded before this camera's masks were set; nothing is to be done",
)
_log = structlog.get_logger()


class IncidentClips:
    """Cuts and sends the films of a box's incidents."""

    def __init__(
        self, archive: Archive, keep: Callable[[Entry], Awaitable[int]], store: Store, board: NoticeBoard, clock: Clock
    ) -> None:
        """Prepare.

        Args:
            archive: of the recordings.
            keep: makes evidence durable; gives its number.
            store: where it is until it has its receipt.
            board: told of what was deleted before the room had it.
            clock: tells how old a film is.
        """
        self._archive, self._board, self._clock = archive, board, clock
        self.sender = FilmSender(archive.shelf, keep, store)

    async def cut(self, asset: str, at_s: float, event_id: str) -> Lacks:
        """Cut the film of an incident, which is sent from then on; say what it lacks, nothing where it is whole.

        Args:
            asset: the camera's code.
            at_s: when it was, seconds since 1970.
            event_id: the incident's.
        """
        for side_s in SIDES_S:
            span, stem = (at_s - side_s, at_s + side_s), self._archive.shelf.stem(event_id, asset)
            try:
                parts, share = await self._archive.cut_parts(asset, *span, stem, part_s=PART_S, most_bytes=MOST_BYTES)
                await in_daemon_thread("clip", partial(self._archive.shelf.offer, parts))
                await self.tend()
            except TooLarge:
                continue
            except OSError as error:
                why = because("disk", what=system_reason(error))
                return (why.id, why)
            return self._lacks(asset, 2 * side_s, len(parts), share)
        return TOO_MANY_BITS

    async def run(self) -> None:
        """Send what waits, and keep no more than may be; until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sender.run(), name="films sent")
            group.create_task(self._tend_all(), name="films kept")

    async def tend(self) -> None:
        """Delete what is too old or too much; what the room will never have is told."""
        lost: list[Lost] = []
        shelf = self._archive.shelf
        try:
            async with self.sender.holding() as at_hand:
                await in_daemon_thread("clip", lambda: lost.extend(shelf.tend(self._clock.now_s(), at_hand)))
        except (EdgeError, OSError) as error:
            why = system_reason(error) if isinstance(error, OSError) else error
            _log.warning("films_not_tended", reason=str(why))
        for one in lost:
            _log.warning("clip_lost", film=one.event_id, asset=one.asset, why=one.why)
            if one.asset:
                await self._board.raise_event(say_lacking(one.asset, one.event_id, _lost_by(one.why, shelf)))

    async def _tend_all(self) -> None:
        while True:
            await self.tend()
            await asyncio.sleep(TEND_EVERY_S)

    def _lacks(self, asset: str, seconds: float, parts: int, share: float) -> Lacks:
        if not parts:
            why = self._archive.reason(asset)
            return (f"tidak terekam. {in_indonesian(why)}".strip(), f"nothing of it is recorded. {why}".strip())
        if seconds < 2 * SIDES_S[0]:
            return (f"hanya {seconds:.0f} detik: {TOO_MANY_BITS[0]}", f"only {seconds:.0f} s: {TOO_MANY_BITS[1]}")
        if share < LEAST_SHARE_PCT:
            return (
                f"hanya {share:.0f} % dari {seconds:.0f} detik terekam",
                f"only {share:.0f} % of its {seconds:.0f} s are recorded",
            )
        return WHOLE


def _lost_by(why: str, shelf: ClipShelf) -> Lacks:
    if why == "unmasked":
        return UNMASKED
    return _too_old(shelf.days) if why == "old" else _too_much(shelf.most_bytes)


def _too_old(days: float) -> Lacks:
    return (
        f"dihapus sebelum terkirim, setelah {days:g} hari; lihat vision.recording.evidence_days",
        f"it was deleted before it was sent, after {days:g} days; see vision.recording.evidence_days",
    )


def _too_much(most_bytes: float) -> Lacks:
    size, where = f"{most_bytes / 1e9:g} GB", "vision.recording.evidence_gigabytes"
    return (
        f"dihapus sebelum terkirim: klip lebih dari {size}; lihat {where}",
        f"it was deleted before it was sent: clips are more than {size}; see {where}",
    )


def say_lacking(asset: str, event_id: str, lacks: Lacks) -> Notice:
    """Say that the film of an incident is not whole."""
    return Notice(
        "clip.incomplete",
        asset,
        "info",
        f"Klip kejadian tidak lengkap: {lacks[0]}"[:500],
        f"The clip of an incident is not whole: {lacks[1]}"[:500],
        {"event": event_id, "what": lacks[1][:300]},
    )
