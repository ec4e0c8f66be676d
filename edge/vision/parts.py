"""A span of a recording as parts that each play on their own and each fit into one message.

A part is made of whole groups of pictures, each from a key frame to the next, so parts neither overlap nor leave
anything out, but for the pictures between two open groups, which only both together can show. A new one begins where
the coding changes: a file of ours has one codec, size and set of parameters.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from edge.contract.cameras import MOST_CLIP_BYTES
from edge.contract.limits import MAX_MEDIA_BYTES
from edge.errors import Refused
from edge.vision.joining import Group, Span, join

PART_S = 15.0  # an event on a slow line waits behind at most one part
MOST_PART_BYTES = MAX_MEDIA_BYTES * 9 // 10  # of pictures; the rest is for the file's own words
_OVERLAP_S = 0.5  # by which a segment may seem to begin before the one before it ends


class TooLarge(Refused):
    """More than may be; holds how many seconds would have been little enough."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"only the first {seconds:.0f} s are little enough")
        self.seconds = seconds


def plan_parts(
    groups: Iterable[Group], from_s: float, part_s: float = PART_S, most_bytes: int = MOST_CLIP_BYTES
) -> list[list[Group]]:
    """Say which groups make a part each.

    Args:
        groups: in order.
        from_s: where the span begins, seconds since 1970.
        part_s: a part is no longer, unless one group is.
        most_bytes: of all together.

    Raises:
        TooLarge: they are more, or one group is more than a message may have.
    """
    parts: list[list[Group]] = []
    size = total = 0
    for group in groups:
        total += group.size
        if total > most_bytes or group.size > MOST_PART_BYTES:
            raise TooLarge(max(0.0, group.from_s - from_s))
        if parts and size + group.size <= MOST_PART_BYTES and _continues(parts[-1], group, part_s):
            parts[-1].append(group)
            size += group.size
        else:
            parts.append([group])
            size = group.size
    return parts


def write_parts(
    parts: list[list[Group]], until_s: float, name_of: Callable[[int], Path]
) -> tuple[list[Path], list[Span]]:
    """Write parts as files; give them, and what is in them: what cannot be read any more is left out.

    Args:
        parts: as planned.
        until_s: pictures from then on are left out, seconds since 1970.
        name_of: of the part of a number, from 0.

    Raises:
        OSError: the disk refuses; nothing is left behind.
    """
    made: list[Path] = []
    spans: list[Span] = []
    try:
        for groups in parts:
            target = name_of(len(made))
            if found := join(groups, until_s, target):
                made.append(target)
                spans += found
            else:
                target.unlink(missing_ok=True)
    except OSError:
        for part in [*made, name_of(len(made))]:
            part.unlink(missing_ok=True)
        raise
    return made, spans


def _continues(part: list[Group], group: Group, part_s: float) -> bool:
    return (
        group.coding == part[-1].coding
        and group.to_s - part[0].from_s <= part_s
        and group.from_s >= part[-1].to_s - _OVERLAP_S
    )
