"""All recordings of a box: tended so that the disk is never filled, accounted for, and cut into clips."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from edge.clock import Clock
from edge.contract.cameras import MOST_CLIP_BYTES
from edge.contract.catalogue import CATALOGUE
from edge.daemon_thread import in_daemon_thread
from edge.pulse import Pulse
from edge.sensors.reading import Reading
from edge.site_vision import Recording as Bounds
from edge.vision.clip_shelf import ClipShelf
from edge.vision.joining import Group, Span, groups_of
from edge.vision.masked import masked_since_ms
from edge.vision.memory import Memory
from edge.vision.parts import PART_S, plan_parts, write_parts
from edge.vision.reasons import because
from edge.vision.recording import GAP_S, Recording, recover
from edge.vision.segments import PART, Ring, Segment, covered_ms, parts_of, segments_between, segments_of
from edge.vision.shapes import Point

TEND_EVERY_S = 10.0
HOUR_S = 3_600
ACCOUNT_LAG_S = 30.0  # after the hour, until its last pictures are on the disk
BRIDGE_MS = round(GAP_S * 1000)  # two pictures of a recording are never farther apart, nor two segments of a whole one
CLIP_LAG_S = 4.0  # until the key frame after the clip's end has come, which writes what was before it
MOST_HOURS_LATE = 72  # that are accounted for after a stop; a box that was away longer was mended by hand
_GIGABYTE = 1e9
_ACCOUNTED = "recording accounted"
_log = structlog.get_logger()


class Archive:
    """The recordings of a box.

    Attributes:
        evidence_dir: what was cut out of them.
        shelf: films of incidents among it.
        asked_dir: parts of the clip that the room asked for, one clip at a time, until they are sent.
    """

    def __init__(
        self,
        root: Path,
        bounds: Bounds,
        *,
        memory: Memory | None = None,
        sink: Callable[[list[Reading]], Awaitable[None]],
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        """Prepare.

        Args:
            root: where `recordings` and `evidence` are made.
            bounds: how much is kept.
            memory: where it is kept up to which hour was accounted for; None forgets it with the process.
            sink: takes the hourly accounts.
            clock: tells the hour.
            pulse: where the loop shows that it lives.
        """
        self._recordings_dir, self.evidence_dir = root / "recordings", root / "evidence"
        self.asked_dir = self.evidence_dir / "asked"
        for directory in (self._recordings_dir, self.asked_dir):
            with contextlib.suppress(OSError):  # a read-only disk is told by each recording
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.shelf = ClipShelf(self.evidence_dir, bounds.evidence_kept_days, bounds.evidence_gigabytes * _GIGABYTE)
        self._ring = Ring(
            self._recordings_dir, bounds.days, bounds.gigabytes * _GIGABYTE, bounds.min_free_gigabytes * _GIGABYTE
        )
        self._memory, self._sink, self._clock, self._pulse = memory, sink, clock, pulse
        self._recordings: dict[str, Recording] = {}
        self._since_ms: dict[str, int] = {}  # what is older has not the camera's masks
        self._left_out: set[str] = set()  # codes of cameras
        self._grown: deque[int] = deque()  # appended to by the recordings' threads
        self._accounted_h: int | None = None  # the hour after the last that was accounted for
        self._noted = ""

    @property
    def assets(self) -> list[str]:
        """The cameras that are recorded."""
        return list(self._recordings)

    def directory(self, asset: str) -> Path:
        """Give where a camera's segments are."""
        return self._recordings_dir / asset

    def admit(
        self,
        asset: str,
        make: Callable[[Path, Callable[[int], None]], Recording],
        masks: Sequence[Sequence[Point]] = (),
    ) -> Recording:
        """Make a camera's recording a part of this.

        Args:
            asset: the camera's code.
            make: makes it, given its directory and what is told of finished segments' bytes.
            masks: the camera's; nothing is given away that was recorded before they were set.
        """
        self.mask(asset, masks)
        self._recordings[asset] = recording = make(self.directory(asset), self._grown.append)
        return recording

    def mask(self, asset: str, masks: Sequence[Sequence[Point]]) -> None:
        """Give nothing away of a camera that was recorded before its masks were set, be it recorded now or not."""
        self._since_ms[asset] = masked_since_ms(self.directory(asset), masks)
        if self._since_ms[asset]:
            self.shelf.withhold(asset, self._since_ms[asset] / 1000)

    def masked_since_ms(self, asset: str) -> int:
        """Give from when on all of a camera's masks are in its recording, milliseconds since 1970; 0 without any."""
        return self._since_ms.get(asset, 0)

    def leave_out(self, asset: str) -> None:
        """Give nothing away of a camera that is left out of the site file, until it is in it again."""
        self._left_out.add(asset)
        self.shelf.hold(asset)

    def is_left_out(self, asset: str) -> bool:
        """Tell whether nothing of a camera is to be given away for now."""
        return asset in self._left_out

    async def run(self) -> None:
        """Tend until cancelled."""
        with contextlib.suppress(OSError):
            await in_daemon_thread("archive", self._begin)
        for recording in self._recordings.values():
            recording.start()
        while True:
            self._pulse.tick("archive", TEND_EVERY_S + 60)
            try:
                await in_daemon_thread("archive", self._tend)
                await self._account()
            except Exception:  # noqa: BLE001 - outermost loop of a task: a surprise of the disk must not stop the cameras
                _log.exception("archive_failed")
            await asyncio.sleep(TEND_EVERY_S)

    def close(self) -> None:
        """Ask the recordings' threads to end."""
        for recording in self._recordings.values():
            recording.stop()

    def join(self, timeout_s: float) -> None:
        """Wait until the last segments are closed, for so long altogether."""
        until_s = self._clock.monotonic_s() + timeout_s
        for recording in self._recordings.values():
            recording.join(max(0.0, until_s - self._clock.monotonic_s()))

    async def share_pct(self, asset: str, from_s: float, to_s: float) -> float:
        """Give how much of a span is recorded, in percent."""
        found: list[Segment] = []
        span_ms = round(from_s * 1000), round(to_s * 1000)
        await in_daemon_thread("archive", lambda: found.extend(self._segments(asset, *span_ms)))
        return _share_pct(found, *span_ms)

    async def cut_parts(
        self,
        asset: str,
        from_s: float,
        to_s: float,
        stem: Path,
        *,
        part_s: float = PART_S,
        most_bytes: int = MOST_CLIP_BYTES,
    ) -> tuple[list[Path], float]:
        """Cut a span into files that each fit into one message; give them, and how much of it they hold, in percent.

        What was found and could not be read in the end is a gap: the recorder may have finished a segment since, or the
        ring may have taken it. No files where nothing is recorded.

        Args:
            asset: the camera's code.
            from_s: beginning, seconds since 1970; the first file begins at the key frame before it.
            to_s: end.
            stem: of the files, their directory and how their names begin.
            part_s: a file is no longer, unless its key frames are farther apart.
            most_bytes: of all together.

        Raises:
            TooLarge: there are more; nothing is left behind.
            OSError: the disk refuses; nothing is left behind.
        """
        made: list[Path] = []
        spans: list[Span] = []

        def work() -> None:
            plan = plan_parts(self._groups(asset, from_s, to_s), from_s, part_s, most_bytes)
            parts, held = write_parts(plan, to_s, lambda number: stem.with_name(f"{stem.name}-{number:03d}.mp4"))
            made.extend(parts)
            spans.extend(held)

        await in_daemon_thread("clip", work)
        held = [Segment(round(began_s * 1000), round(ended_s * 1000), Path()) for began_s, ended_s in spans]
        return made, _share_pct(held, round(from_s * 1000), round(to_s * 1000))

    def reason(self, asset: str) -> str:
        """Say why a camera is not recorded now; empty when it is."""
        return self._recordings[asset].reason if asset in self._recordings else because("not_recorded")

    async def oldest_s(self, asset: str) -> float | None:
        """Give when the oldest recording of a camera began, seconds since 1970; None without any."""
        found: list[Segment] = []
        await in_daemon_thread("archive", lambda: found.extend(self._oldest(asset)))
        return found[0].began_ms / 1000 if found else None

    def describe(self) -> dict[str, Any]:
        """Say how it is, for a person at the box."""
        return {
            "bytes": self._ring.total_bytes,
            "segments_deleted": self._ring.deleted,
            "evidence_bytes": self.shelf.total_bytes,
            "cameras": {asset: one.reason or "recording" for asset, one in self._recordings.items()},
        }

    def _oldest(self, asset: str) -> list[Segment]:
        """Give the oldest recordings of a camera, in order; none without any."""
        with contextlib.suppress(OSError):
            for day in sorted(self.directory(asset).iterdir()):
                if found := [one for one in segments_of(day) if self._is_masked(asset, one)]:
                    return found
        return [one for one in self._open_now(asset) if self._is_masked(asset, one)]

    def _segments(self, asset: str, from_ms: int, to_ms: int) -> list[Segment]:
        """Find what is recorded of a span, in order; it reads the disk."""
        # In this order: one that is finished between the two is found twice, and not missed.
        open_now = [one for one in self._open_now(asset) if one.began_ms < to_ms]
        found = segments_between(self.directory(asset), from_ms, to_ms)
        known = {one.began_ms for one in found}
        found += [one for one in open_now if one.began_ms not in known]
        return [one for one in found if self._is_masked(asset, one)]

    def _is_masked(self, asset: str, segment: Segment) -> bool:
        return segment.began_ms >= self.masked_since_ms(asset)

    def _groups(self, asset: str, from_s: float, to_s: float) -> Iterator[Group]:
        """Find what is recorded of a span, in order."""
        for segment in self._segments(asset, round(from_s * 1000), round(to_s * 1000)):
            for group in groups_of(segment.path, segment.began_ms / 1000):
                if group.to_s > from_s and group.from_s < to_s:
                    yield group

    def _open_now(self, asset: str) -> list[Segment]:
        """Give what is being written, as far as it has been."""
        found = []
        for part in parts_of(self.directory(asset)):
            with contextlib.suppress(OSError):  # it has just been finished
                began_ms, written_ms = int(part.name.removesuffix(PART)), round(part.stat().st_mtime * 1000)
                found.append(Segment(began_ms, written_ms, part))
        return found

    def _begin(self) -> None:
        """Finish what cameras left that are no longer in the site file, and add up what is there."""
        for directory in self._recordings_dir.iterdir():
            if directory.is_dir() and directory.name not in self._recordings:
                recover(directory)
        self._ring.measure()

    def _tend(self) -> None:
        while self._grown:
            self._ring.total_bytes += self._grown.popleft()
        try:
            has_room = self._ring.tend(self._clock.now_s())
        except OSError as error:
            _log.warning("recordings_not_tended", reason=error.strerror)
            has_room = self._ring.has_room()
        for recording in self._recordings.values():
            recording.has_room = has_room

    async def _account(self) -> None:
        """Report for each full hour how much of it is recorded; those that passed while nothing ran, too."""
        hour = int((self._clock.now_s() - ACCOUNT_LAG_S) // HOUR_S)
        if self._accounted_h is None:
            kept = await self._memory.note(_ACCOUNTED) if self._memory is not None else None
            self._accounted_h = int(kept) if kept and kept.isdecimal() and int(kept) <= hour else hour
        due = range(max(self._accounted_h, hour - MOST_HOURS_LATE), hour)
        for begun in due:
            await self._account_hour(float(begun * HOUR_S))
        if self._memory is not None and str(hour) != self._noted:
            await self._memory.set_note(_ACCOUNTED, str(hour))
            self._noted = str(hour)
        self._accounted_h = hour

    async def _account_hour(self, from_s: float) -> None:
        to_s, unit = from_s + HOUR_S, CATALOGUE["recorded"].unit
        shares = [(asset, await self.share_pct(asset, from_s, to_s)) for asset in self._recordings]
        await self._sink([Reading(asset, "recorded", unit, to_s, round(share, 3)) for asset, share in shares])


def _share_pct(found: Sequence[Segment], from_ms: int, to_ms: int) -> float:
    return 100 * covered_ms(list(found), from_ms, to_ms, BRIDGE_MS) / max(1, to_ms - from_ms)
