"""A long span of a recording as parts that each play on their own and each fit into one message.

A part that turns out too large is cut again as two halves. Each begins at a key frame, so one may show up to one key
frame's interval of what the part before it ends with.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from edge.contract.cameras import MOST_CLIP_BYTES
from edge.contract.limits import MAX_MEDIA_BYTES
from edge.errors import Refused

PART_S = 15.0  # an event on a slow line waits behind at most one part
MOST_PART_BYTES = MAX_MEDIA_BYTES * 9 // 10
LEAST_PART_S = 1.0

Cut = Callable[[float, float, Path], bool]


class TooLarge(Refused):
    """More than one request may have; holds how many seconds would have been little enough."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"only the first {seconds:.0f} s are little enough")
        self.seconds = seconds


def cut_parts(cut: Cut, from_s: float, to_s: float, name_of: Callable[[int], Path]) -> list[Path]:
    """Cut a span into files; none where nothing is recorded.

    Args:
        cut: writes one part; tells whether there was anything.
        from_s: beginning, seconds since 1970.
        to_s: end.
        name_of: of the part of a number, from 0.

    Raises:
        TooLarge: more than one request may have; nothing is left behind.
        OSError: the disk refuses; nothing is left behind.
    """
    parts: list[Path] = []
    try:
        _cut_all(cut, from_s, to_s, name_of, parts)
    except (TooLarge, OSError):
        for part in [*parts, name_of(len(parts))]:
            part.unlink(missing_ok=True)
        raise
    return parts


def _cut_all(cut: Cut, from_s: float, to_s: float, name_of: Callable[[int], Path], parts: list[Path]) -> None:
    spans, total = _split(from_s, to_s), 0
    while spans:
        begin_s, end_s = spans.popleft()
        target = name_of(len(parts))
        size = target.stat().st_size if cut(begin_s, end_s, target) else 0
        if size > MOST_PART_BYTES and end_s - begin_s >= 2 * LEAST_PART_S:
            middle_s = (begin_s + end_s) / 2
            spans.extendleft([(middle_s, end_s), (begin_s, middle_s)])
        elif size > MAX_MEDIA_BYTES or total + size > MOST_CLIP_BYTES:
            raise TooLarge(begin_s - from_s)
        elif size:
            parts.append(target)
            total += size
        else:
            target.unlink(missing_ok=True)


def _split(from_s: float, to_s: float) -> deque[tuple[float, float]]:
    spans: deque[tuple[float, float]] = deque()
    while from_s < to_s:
        end_s = min(from_s + PART_S, to_s)
        spans.append((from_s, end_s))
        from_s = end_s
    return spans
