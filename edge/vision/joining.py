"""Segments into a film: the groups of pictures that they hold, and some of these put into one file.

Nobody holds a segment fast meanwhile. One that is being written is finished, and so named anew; one that is old is
deleted by the ring; one may be damaged. What could not be read in the end is missing from what `join` says is there.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import av

from edge.vision.remux import DAMAGE, SegmentWriter
from edge.vision.segments import finished

Span = tuple[float, float]  # seconds since 1970
_JUST_S = 0.001  # after a picture


@dataclass(slots=True)
class Group:
    """Pictures from a key frame to the next: the least that plays on its own.

    Attributes:
        path: the segment that they are in.
        began_s: its first picture, seconds since 1970.
        from_s: the key frame.
        to_s: the next one, or just after the segment's last picture.
        size: bytes of all these pictures.
        coding: codec, size and parameter sets: what a file of ours has one of.
    """

    path: Path
    began_s: float
    from_s: float
    to_s: float
    size: int
    coding: tuple[str, int, int, bytes]


def groups_of(path: Path, began_s: float) -> list[Group]:
    """Find the groups of a segment, in order; one that is damaged ends where it is damaged.

    Args:
        path: of the segment.
        began_s: its first picture, seconds since 1970.
    """
    found: list[Group] = []
    with contextlib.suppress(*DAMAGE), _open(path) as source:
        video = source.streams.video[0]
        context = video.codec_context
        if context is None:
            return found
        coding = (context.name, context.width, context.height, bytes(context.extradata or b""))
        for packet in source.demux(video):
            if not packet.size or packet.pts is None:
                continue
            at_s = began_s + float(packet.pts * packet.time_base)
            if packet.is_keyframe or not found:
                found.append(Group(path, began_s, at_s, at_s, 0, coding))
                if len(found) > 1:
                    found[-2].to_s = at_s
            found[-1].to_s = max(found[-1].to_s, at_s + _JUST_S)
            found[-1].size += packet.size
    return found


def join(groups: list[Group], until_s: float, target: Path) -> list[Span]:
    """Put groups of one coding into one file; give what is in it, from each segment one span.

    Args:
        groups: in order.
        until_s: pictures from then on are left out, seconds since 1970.
        target: of it.

    A segment that is damaged, or gone since, is a gap from where it is.

    Raises:
        OSError: the disk refuses.
    """
    writer: SegmentWriter | None = None
    spans: list[Span] = []
    try:
        for (path, began_s), run in groupby(groups, key=lambda one: (one.path, one.began_s)):
            of_it = list(run)
            reached_s = of_it[0].from_s
            with contextlib.suppress(*DAMAGE), _open(path) as source:
                video = source.streams.video[0]
                writer = writer or SegmentWriter(target, video, None)
                for at_s, packet in _between(source, began_s, of_it[0].from_s, min(of_it[-1].to_s, until_s)):
                    _place(packet, began_s, groups[0].from_s)
                    writer.write(packet)
                    reached_s = max(reached_s, at_s + _JUST_S)
            if reached_s > of_it[0].from_s:
                spans.append((of_it[0].from_s, reached_s))
    finally:
        if writer is not None:
            writer.close()
    if writer is not None and writer.file.failure is not None:
        raise writer.file.failure  # of the last fragment, which is written by closing
    return spans


def _open(path: Path) -> Any:
    """Open a segment; its recorder may have finished it, and so named it anew, since it was found."""
    try:
        return av.open(str(path))
    except FileNotFoundError:
        return av.open(str(finished(path)))


def _between(source: Any, began_s: float, from_s: float, to_s: float) -> Iterator[tuple[float, Any]]:
    """Give the pictures of a segment from a key frame on, up to an instant, each with its own."""
    for packet in source.demux(video=0):
        if packet.size and packet.pts is not None:
            at_s = began_s + float(packet.pts * packet.time_base)
            if at_s >= to_s:
                return
            if at_s >= from_s:
                yield at_s, packet


def _place(packet: Any, began_s: float, from_s: float) -> None:
    """Move a picture's time from its segment's to the clip's, so that gaps stay as long as they were."""
    shift = round((began_s - from_s + 3_600) / float(packet.time_base))  # an hour, so that no time is below 0
    packet.pts += shift
    packet.dts = packet.pts if packet.dts is None else packet.dts + shift
