"""From when on a camera's recording has all the masks of the site file: what is older is given to nobody.

A recording is stored as the camera codes it, so a mask that is set today is not in what was recorded yesterday. The
answer lies beside the recordings, as `masks.json`.
"""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from edge.vision.shapes import Point

FILE = "masks.json"


def masked_since_ms(directory: Path, masks: Sequence[Sequence[Point]], now_s: float) -> int:
    """Give from when on all of a camera's masks are in its recording, milliseconds since 1970; note it.

    Args:
        directory: the camera's.
        masks: of the site file as it is now.
        now_s: seconds since 1970.
    """
    file, wanted = directory / FILE, [[list(corner) for corner in mask] for mask in masks]
    since_ms = _kept_ms(file, wanted, round(now_s * 1000)) if wanted else 0
    with contextlib.suppress(OSError):  # on a disk that refuses it is now, and now again at the next start
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps({"masks": wanted, "since_ms": since_ms}), "utf-8")
        part.replace(file)
    return since_ms


def _kept_ms(file: Path, wanted: list[list[list[float]]], now_ms: int) -> int:
    """Give what was noted, unless a mask is new or the note is none; a clock that was ahead is not believed."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        if all(mask in kept["masks"] for mask in wanted):
            return min(int(kept["since_ms"]), now_ms)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return now_ms
    return now_ms
