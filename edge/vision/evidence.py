"""Evidence: the picture of a happening with boxes in it, as JPEG.

Privacy masks are painted over all that is drawn, too: a box around somebody behind a mask would show that he is there.
Nothing is stored or sent that did not go through `Masks.burn`.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import structlog

from edge.vision.found import Floats, Picture
from edge.vision.shapes import Point, paint
from edge.vision.tracker import Track

_log = structlog.get_logger()
QUALITY = 82
MOST_BYTES = 1_000_000
_LEAST_PX = 16  # of a side; less shows nothing to anybody
_COLOURS = {  # BGR
    "person": (80, 200, 255),
    "motorcycle": (255, 190, 60),
    "car": (90, 230, 90),
    "bus": (230, 120, 230),
    "truck": (80, 120, 255),
}


class Masks:
    """The privacy masks of a camera."""

    def __init__(self, polygons: Sequence[Sequence[Point]]) -> None:
        """Keep them; they are painted once for each size of picture."""
        self._polygons = polygons
        self._painted: Picture = np.zeros((0, 0), np.uint8)

    def burn(self, picture: Picture) -> Picture:
        """Blacken what is private in a picture, uint8 (h, w, 3), in place; give it back."""
        if self._polygons:
            if self._painted.shape != picture.shape[:2]:
                painted = paint(self._polygons, picture.shape[1], picture.shape[0])
                # two pixels more: the coder's and the eye's rounding must not show an edge of what is behind
                self._painted = cv2.dilate(painted, np.ones((5, 5), np.uint8))
            picture[self._painted > 0] = 0
        return picture


def jpeg_of(frame: Any, masks: Masks, tracks: Sequence[Track], zone: Sequence[Point] = ()) -> bytes | None:
    """Make the evidence of a decoded frame; too large a one is made smaller, None when that is of no use.

    Args:
        frame: PyAV's.
        masks: burnt in.
        tracks: whose boxes are drawn.
        zone: that it is about, drawn as a line.
    """
    picture = frame.to_ndarray(format="bgr24")
    size = np.array([picture.shape[1], picture.shape[0]])
    if len(zone):
        corners = np.round(np.array(zone) * size).astype(np.int32)
        cv2.polylines(picture, [corners], isClosed=True, color=(0, 220, 255), thickness=1)
    for track in tracks:
        _draw(picture, track.box, track.kind)
    return _coded(masks.burn(picture), MOST_BYTES)


def shrunk(content: bytes, most_px: int, most_bytes: int) -> bytes | None:
    """Give a JPEG with its longer side no longer than that, and no more bytes; one that is none is given back.

    None when it cannot be made small enough.
    """
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or (max(picture.shape[:2]) <= most_px and len(content) <= most_bytes):
        return content
    return _coded(_scaled(picture, min(1.0, most_px / max(picture.shape[:2]))), most_bytes)


def _coded(picture: Picture, most_bytes: int) -> bytes | None:
    """Code a picture, as well as it may be: coarser first, then at half the size again and again."""
    before_px = picture.shape[1::-1]
    while True:
        for quality in (QUALITY, 50, 25):
            is_done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if is_done and len(coded) <= most_bytes:
                if picture.shape[1::-1] != before_px:
                    _log.warning("picture_halved", size_px=picture.shape[1::-1], before_px=before_px, most=most_bytes)
                return bytes(coded)
        if min(picture.shape[:2]) < 2 * _LEAST_PX:
            return None
        picture = _scaled(picture, 0.5)


def _scaled(picture: Picture, share: float) -> Picture:
    width, height = (max(1, round(side * share)) for side in picture.shape[1::-1])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _draw(picture: Picture, box: Floats, kind: str) -> None:
    height, width = picture.shape[:2]
    left, top, right, bottom = (
        (np.clip(box, 0, 1) * np.array([width, height, width, height])).round().astype(int).tolist()
    )
    cv2.rectangle(picture, (left, top), (right, bottom), _COLOURS[kind], 1)
    cv2.putText(picture, kind, (left, max(10, top - 3)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, _COLOURS[kind], 1, cv2.LINE_AA)
