"""From when on a camera's recording has all the masks of the site file: what is older is given to nobody.

A recording is stored as the camera codes it, so a mask that is set today is not in what was recorded yesterday. The
answer lies beside the recordings, as `masks.json`. It follows from what is recorded when the masks are set, and not
from the clock, which may be wrong at a start.
"""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from edge.vision.segments import PART, newest_ms, parts_of
from edge.vision.shapes import Point

FILE = "masks.json"


def masked_since_ms(directory: Path, masks: Sequence[Sequence[Point]]) -> int:
    """Give from when on all of a camera's masks are in its recording, milliseconds since 1970; note it.

    Args:
        directory: the camera's; nothing is written to it yet.
        masks: of the site file as it is now.
    """
    file, wanted = directory / FILE, [[list(corner) for corner in mask] for mask in masks]
    since_ms = _since_ms(file, wanted) if wanted else 0
    with contextlib.suppress(OSError):  # on a disk that refuses it is now, and now again at the next start
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps({"masks": wanted, "since_ms": since_ms}), "utf-8")
        part.replace(file)
    return since_ms


def _since_ms(file: Path, wanted: list[list[list[float]]]) -> int:
    """Give what was noted; where a mask is new, or the note is none, what follows all that is recorded."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, OverflowError):
        kept = json.loads(file.read_text("utf-8"))
        if all(mask in kept["masks"] for mask in wanted):
            return int(kept["since_ms"])
    return max([newest_ms(file.parent), *_written_ms(file.parent)]) + 1


def _written_ms(directory: Path) -> list[int]:
    """Give when what was being written at the end of the last process was written last."""
    found = []
    for part in parts_of(directory):
        found.append(int(part.name.removesuffix(PART)))
        with contextlib.suppress(OSError):
            found.append(round(part.stat().st_mtime * 1000))
    return found
