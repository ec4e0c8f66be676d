"""Recorded segments on the box's disk: their names are the index, so no index can disagree with what is there.

`recordings/TD-01.cam-1/2026-11-22/1763780700123-1763780760091.mp4`: camera, day in UTC, first and last instant in
milliseconds since 1970 by the box's clock. One that is being written, or was when the power went, ends in `.part.mp4`.
"""

import contextlib
import errno
import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

PART = ".part.mp4"
SUFFIX = ".mp4"
MOST_AT_ONCE = 4  # segments of each camera in one tending, every 10 s: 24 times what is recorded meanwhile
_OURS = re.compile(r"\d+(-\d+|\.part)\.mp4")
_DAY_MS = 86_400_000
MOST_STUCK = 100  # files that cannot be deleted and are left; where more cannot be, the disk is at fault
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A finished segment.

    Attributes:
        began_ms: first picture, milliseconds since 1970.
        ended_ms: last picture.
        path: of the file.
    """

    began_ms: int
    ended_ms: int
    path: Path


def part_path(directory: Path, began_ms: int) -> Path:
    """Name a segment that is begun; its directory is made."""
    day = directory / datetime.fromtimestamp(began_ms / 1000, UTC).strftime("%Y-%m-%d")
    day.mkdir(mode=0o700, parents=True, exist_ok=True)
    return day / f"{began_ms}{PART}"


def finish(part: Path, ended_ms: int) -> Segment:
    """Give a segment its last instant and so its place in the index."""
    began_ms = int(part.name.removesuffix(PART))
    path = part.with_name(f"{began_ms}-{ended_ms}{SUFFIX}")
    part.replace(path)
    return Segment(began_ms, ended_ms, path)


def finished(part: Path) -> Path:
    """Give where a segment is that was being written; itself where it has not been finished."""
    return next(part.parent.glob(f"{part.name.removesuffix(PART)}-*{SUFFIX}"), part)


def segments_between(directory: Path, from_ms: int, to_ms: int) -> list[Segment]:
    """Find the finished segments of a camera that have something of a span, in order."""
    found: list[Segment] = []
    for day_ms in range(from_ms - from_ms % _DAY_MS - _DAY_MS, to_ms + 1, _DAY_MS):
        day = directory / datetime.fromtimestamp(day_ms / 1000, UTC).strftime("%Y-%m-%d")
        found += [one for one in segments_of(day) if one.began_ms < to_ms and one.ended_ms > from_ms]
    return sorted(found)


def segments_of(day: Path) -> list[Segment]:
    """Read a day's index, in order; strange names are nobody's."""
    found = []
    with contextlib.suppress(OSError):
        for name in (entry.name for entry in day.iterdir()):
            began, _, ended = name.removesuffix(SUFFIX).partition("-")
            if name.endswith(SUFFIX) and began.isdigit() and ended.isdigit():
                found.append(Segment(int(began), int(ended), day / name))
    return sorted(found)


def newest_ms(directory: Path) -> int:
    """Give when the newest segment of a camera ended; 0 without any."""
    with contextlib.suppress(OSError):
        for day in sorted(directory.iterdir(), reverse=True):
            if found := segments_of(day):
                return max(one.ended_ms for one in found)
    return 0


def parts_of(directory: Path) -> Iterator[Path]:
    """Find what was being written when the power went; strange names are nobody's."""
    yield from (part for part in sorted(directory.glob(f"*/*{PART}")) if _OURS.fullmatch(part.name))


def covered_ms(segments: list[Segment], from_ms: int, to_ms: int, bridge_ms: int) -> int:
    """Give how much of a span is recorded; what overlaps counts once.

    Args:
        segments: in order.
        from_ms: beginning of the span.
        to_ms: its end.
        bridge_ms: a step this long from one segment to the next is the time between two pictures, and no gap.
    """
    total, reached = 0, from_ms
    for one in segments:
        start = one.began_ms if one.began_ms - reached > bridge_ms else min(one.began_ms, reached)
        start = max(start, reached)
        end = min(one.ended_ms, to_ms)
        if end > start:
            total += end - start
            reached = end
    if total and 0 < to_ms - reached <= bridge_ms:
        total += to_ms - reached
    return total


class Ring:
    """All recordings of a box: bounded by age, by size, and by what the disk has left.

    Nothing empties it at a stroke: a clock that is years ahead for an hour costs a day of the oldest recordings, and a
    disk that others fill, or that gives nothing back for what is deleted (snapshots, open files), ends the recording
    and not what is recorded.

    One lock-free user: the task that tends it. It knows only the oldest day of each camera, however much there is. A
    file that cannot be deleted is left where it is, and the next one goes.

    Attributes:
        total_bytes: of everything recorded.
        deleted: segments so far.
    """

    def __init__(self, root: Path, days: float, most_bytes: float, min_free_bytes: float) -> None:
        """Prepare; nothing is read yet.

        Args:
            root: its directories are the cameras'.
            days: older is deleted.
            most_bytes: of all together.
            min_free_bytes: left to others on the disk.
        """
        self._root = root
        self._days = days
        self._most_bytes = most_bytes
        self._min_free_bytes = min_free_bytes
        self._oldest: dict[Path, deque[Segment]] = {}
        self._given_bytes = self._missing_bytes = (
            0.0  # deleted for others since there was room, and the most they lacked
        )
        self._stuck: set[Path] = set()
        self.total_bytes = 0
        self.deleted = 0

    def measure(self) -> None:
        """Add up what is there; once at the start."""
        self.total_bytes = sum(_size(file) for file in self._root.glob(f"*/*/*{SUFFIX}") if _OURS.fullmatch(file.name))

    def free_bytes(self) -> int:
        """Give what the disk has left for anybody."""
        found = os.statvfs(self._root)
        return found.f_bavail * found.f_frsize

    def tend(self, now_s: float) -> bool:
        """Delete what is too old or too much, some at a time; tell whether there is room to go on.

        Raises:
            OSError: the disk refuses.
        """
        from_ms = (now_s - self._days * 86_400) * 1000
        for _ in range(MOST_AT_ONCE * sum(1 for entry in self._root.iterdir() if entry.is_dir())):
            first = self._first()
            if first is None:
                break
            if first.ended_ms < from_ms or self.total_bytes > self._most_bytes:
                self._delete(first)
            elif self._gives_way():
                self._given_bytes += self._delete(first)
            else:
                break
        return self.has_room()

    def has_room(self) -> bool:
        """Tell whether the disk has more left than is for others."""
        with contextlib.suppress(OSError):
            return self.free_bytes() >= self._min_free_bytes
        return False

    def _gives_way(self) -> bool:
        """Tell whether others need room and deleting makes some: neither where all would not do, nor long in vain."""
        missing = self._min_free_bytes - self.free_bytes()
        if missing <= 0:
            self._given_bytes = self._missing_bytes = 0
            return False
        self._missing_bytes = max(self._missing_bytes, missing)
        return missing <= self.total_bytes and self._given_bytes <= 2 * self._missing_bytes

    def _first(self) -> Segment | None:
        """Find the oldest segment of all cameras."""
        firsts = []
        for camera in (entry for entry in self._root.iterdir() if entry.is_dir()):
            waiting = self._oldest.setdefault(camera, deque())
            if not waiting:
                with contextlib.suppress(OSError):  # a damaged directory hides no other camera's
                    waiting.extend(self._read_oldest(camera))
            if waiting:
                firsts.append(waiting[0])
        return min(firsts, default=None)

    def _read_oldest(self, camera: Path) -> list[Segment]:
        for day in sorted(entry for entry in camera.iterdir() if entry.is_dir()):
            found = [one for one in segments_of(day) if one.path not in self._stuck]
            if found:
                return found
            if not any(day.iterdir()) and day.name < datetime.now(UTC).strftime("%Y-%m-%d"):
                with contextlib.suppress(OSError):
                    day.rmdir()
        return []

    def _delete(self, segment: Segment) -> int:
        """Delete a segment, the first of its camera; give how many bytes it had.

        Raises:
            OSError: it stays, and so do the most that are left where they are.
        """
        size = _size(segment.path)
        try:
            segment.path.unlink(missing_ok=True)
            self.total_bytes -= size
            self.deleted += 1
        except OSError as error:
            if error.errno == errno.EROFS or len(self._stuck) >= MOST_STUCK:
                self._stuck.clear()  # they are tried again
                raise
            self._stuck.add(segment.path)
            _log.warning("segment_not_deleted", file=str(segment.path), reason=error.strerror)
            size = 0
        self._oldest[segment.path.parent.parent].popleft()
        return size


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.stat().st_size
    return 0
