"""Films on disk: coded as a camera codes its sub stream, with the truth of each picture beside it.

A reel is two files: `<name>.h264`, a byte stream of H.264 (annex B), and `<name>.npz`, the truth in columns. The second
is written last, so that what was broken off is made anew. A reel is made anew, too, when its first pictures, drawn once
more, are other pictures than they were: what renders has changed.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from simulators.cameras.encoder import CLOCK_HZ, Encoder
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Kind, Moment
from simulators.cameras.truth import Truth
from tests.bench.films import HZ, SIZE, Film

KINDS = list(Kind)
THING = np.dtype([
    ("picture", "i4"), ("number", "i4"), ("kind", "u1"), ("x_m", "f4"), ("y_m", "f4"), ("heading_deg", "f4"),
    ("length_m", "f4"), ("width_m", "f4"), ("height_m", "f4"), ("speed_m_s", "f4"),
])  # fmt: skip
BOX = np.dtype([
    ("picture", "i4"), ("number", "i4"), ("kind", "u1"), ("left", "f4"), ("top", "f4"), ("right", "f4"),
    ("bottom", "f4"), ("visible", "f4"),
])  # fmt: skip
_PICTURE = np.dtype([("at_s", "f8"), ("bytes", "i4")])
_BODY = b"\x00\x00\x00\x01"
_PROBED = 3  # pictures as they are, and as many with what is ordered: both backdrops, the traffic and what was ordered

Rows = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture and what is true of it.

    Attributes:
        frame: decoded, PyAV's.
        at_s: when it was taken, seconds since 1970.
        things: rows of `THING`: everything near the camera, seen or not.
        boxes: rows of `BOX`: what is in the picture, in pixels.
    """

    frame: Any
    at_s: float
    things: Rows
    boxes: Rows


def sights(film: Film, folder: Path) -> Iterator[Sight]:
    """Give a film's pictures from its reel, which is made if it is not there or no longer true."""
    reel = folder / film.name
    if not _is_true(film, reel):
        make(film, reel)
    with np.load(reel.with_name(reel.name + ".npz")) as columns:
        pictures, things, boxes = columns["pictures"], columns["things"], columns["boxes"]
    numbers = np.arange(len(pictures) + 1)
    of_things, of_boxes = (np.searchsorted(rows["picture"], numbers) for rows in (things, boxes))
    for number, frame in enumerate(_decoded(reel.with_name(reel.name + ".h264"), pictures["bytes"])):
        here, after = number, number + 1
        yield Sight(
            frame,
            float(pictures["at_s"][number]),
            things[of_things[here] : of_things[after]],
            boxes[of_boxes[here] : of_boxes[after]],
        )


def make(film: Film, reel: Path) -> None:
    """Render and code a film; its truth is kept in memory until it is whole, some megabytes."""
    reel.parent.mkdir(parents=True, exist_ok=True)
    things: list[Rows] = []
    boxes: list[Rows] = []
    pictures = np.zeros(film.pictures, _PICTURE)
    encoder = Encoder(*SIZE, HZ)
    with reel.with_name(reel.name + ".h264").open("wb") as stream:
        for number, (picture, truth, moment) in enumerate(_rendered(film)):
            coded = encoder.encode(picture, round(number / HZ * CLOCK_HZ), moment.at_s)
            assert coded is not None
            pictures[number] = (moment.at_s, stream.write(b"".join(_BODY + unit for unit in coded.units)))
            things.append(_things(number, moment))
            boxes.append(_boxes(number, truth))
    part = reel.with_name(reel.name + ".part.npz")
    columns = {"pictures": pictures, "things": np.concatenate(things), "boxes": np.concatenate(boxes)}
    np.savez_compressed(part, probe=probe(film), **columns)
    part.replace(reel.with_name(reel.name + ".npz"))


def probe(film: Film) -> int:
    """Draw a few pictures of a film, as they are and with what is ordered; give their checksum."""
    scene, found = film.scene(), 0
    renderer = Renderer("TD-01.cam-1", scene.view.place, scene.view.pose, *SIZE)
    for number in range(2 * _PROBED):
        scene.director.order(film.orders(film.pictures // 2) if number >= _PROBED else ())
        picture, _ = renderer.render(scene.director.moment(film.began_s + number / HZ))
        found = zlib.crc32(picture, found)
    return found


def _is_true(film: Film, reel: Path) -> bool:
    columns = reel.with_name(reel.name + ".npz")
    if not columns.exists():
        return False
    with np.load(columns) as kept:
        return int(kept["probe"]) == probe(film)


def _rendered(film: Film) -> Iterator[tuple[NDArray[np.uint8], Truth, Moment]]:
    scene = film.scene()
    renderer = Renderer("TD-01.cam-1", scene.view.place, scene.view.pose, *SIZE)
    for number in range(film.pictures):
        scene.director.order(film.orders(number))
        moment = scene.director.moment(film.began_s + number / HZ)
        yield (*renderer.render(moment), moment)


def _decoded(stream: Path, sizes: NDArray[np.int32]) -> Iterator[Any]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.flags |= Flags.low_delay
    decoder.thread_count = 1
    with stream.open("rb") as file:
        for size in sizes:
            yield from decoder.decode(av.Packet(file.read(int(size))))


def _things(number: int, moment: Moment) -> Rows:
    rows = [
        (number, one.number, KINDS.index(one.kind), one.x_m, one.y_m, one.heading_deg,
         one.length_m, one.width_m, one.height_m, one.speed_m_s)
        for one in moment.things
    ]  # fmt: skip
    return np.array(rows, THING)


def _boxes(number: int, truth: Truth) -> Rows:
    rows = [
        (number, one.number, KINDS.index(one.kind), one.left, one.top, one.right, one.bottom, one.visible)
        for one in truth.boxes
    ]
    return np.array(rows, BOX)
