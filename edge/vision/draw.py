"""`python -m edge.vision.draw SITE.yaml CAMERA OUT.jpg`: a camera's picture with zones, lines, ways and masks drawn in.

For whoever writes a site file: a grid of tenths shows where a point is. The masks are burnt in before it is stored.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from edge.errors import EdgeError, Misconfigured, Unavailable
from edge.settings import EdgeSettings
from edge.site import load_site
from edge.site_vision import CameraPlace, Zone
from edge.vision.assemble import address_of
from edge.vision.evidence import Masks
from edge.vision.found import Picture
from edge.vision.reasons import because
from edge.vision.stream import Packet, Stream

MOST_WAIT_S = 60.0  # for a whole picture: some cameras send a key frame each half minute
_GRID, _LANE, _LINE, _ARROW, _ZONE, _PAIR, _WAY = (
    (110, 110, 110), (90, 230, 90), (60, 60, 255), (255, 190, 60), (80, 200, 255), (230, 120, 230), (250, 250, 120)
)  # fmt: skip
_TENTHS = 10
_TIP_PX = 12


def main() -> None:
    """Draw; exit with 1 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="edge.vision.draw", description="Draw a camera's zones on its picture.")
    parser.add_argument("site", type=Path, help="site file")
    parser.add_argument("camera", help="code of the camera")
    parser.add_argument("out", type=Path, help="JPEG to write")
    arguments = parser.parse_args()
    try:
        site, _ = load_site(arguments.site, EdgeSettings().profiles_dir)
        place = next((one for one in site.cameras if one.code == arguments.camera), None)
        if place is None:
            raise Misconfigured(f"{arguments.camera}: is no camera of {arguments.site.name}")
        picture = draw(first_picture(place), place)
        _save(picture, arguments.out)
    except EdgeError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error


def _save(picture: Picture, path: Path) -> None:
    is_done, coded = cv2.imencode(".jpg", picture)
    try:
        path.write_bytes(bytes(coded) if is_done else b"")
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error


def first_picture(place: CameraPlace) -> Picture:
    """Fetch one picture of a camera's sub stream, uint8 (h, w, 3) BGR, masked.

    Raises:
        EdgeError: there is none, or none that is whole within `MOST_WAIT_S`.
    """
    address = address_of(place, place.sub)
    with Stream(address) as stream:
        since_s = time.monotonic()
        for count, packet in enumerate(stream.packets(), 1):
            frames = _whole(stream, packet)
            if frames:
                return Masks(place.masks).burn(frames[0].to_ndarray(format="bgr24"))
            if time.monotonic() - since_s > MOST_WAIT_S:
                raise Unavailable(because("no_whole", seconds=MOST_WAIT_S, packets=count).at(address.place))
    raise Misconfigured(f"{place.code}: sends no picture")


def _whole(stream: Stream, packet: Packet) -> list[Any]:
    """Decode; what is damaged is left out, the next key frame heals it."""
    try:
        frames: list[Any] = stream.video.codec_context.decode(packet.packet)
    except (av.error.FFmpegError, MemoryError):
        stream.check_size()
        return []
    return [frame for frame in frames if not frame.is_corrupt]


def draw(picture: Picture, place: CameraPlace) -> Picture:
    """Draw a camera's grid, lanes, zones, movements and calibration points into a picture."""
    size = np.array([picture.shape[1], picture.shape[0]])

    def at(point: Any) -> tuple[int, int]:
        x, y = np.round(np.array(point) * size).astype(int).tolist()
        return x, y

    for tenth in range(1, _TENTHS):
        cv2.line(picture, at((tenth / _TENTHS, 0)), at((tenth / _TENTHS, 1)), _GRID, 1)
        cv2.line(picture, at((0, tenth / _TENTHS)), at((1, tenth / _TENTHS)), _GRID, 1)
    for lane in place.lanes:
        _outline(picture, [at(point) for point in lane.polygon], lane.name, _LANE)
        cv2.line(picture, at(lane.line[0]), at(lane.line[1]), _LINE, 2)
        if lane.arrow is not None:
            cv2.arrowedLine(picture, at(lane.arrow[0]), at(lane.arrow[1]), _ARROW, 2)
    for zone in place.zones:
        _outline(picture, [at(point) for point in zone.polygon], _title(zone), _ZONE)
    gates = {zone.name: at(_middle(zone)) for zone in place.zones}
    for movement in place.movements:
        _arrow(picture, gates[movement.origin], gates[movement.destination], movement.name)
    for pair in place.calibration:
        cv2.drawMarker(picture, at(pair.at), _PAIR, cv2.MARKER_CROSS, 10, 1)
        _write(picture, at(pair.at), f"{pair.ground[0]:g}, {pair.ground[1]:g}", _PAIR)
    return picture


def _title(zone: Zone) -> str:
    hours = f" {zone.since}-{zone.until}" if zone.since is not None else ""
    return f"{zone.name} ({zone.kind}{hours})"


def _middle(zone: Zone) -> tuple[float, float]:
    """Give the centre of a zone's area."""
    of = cv2.moments(np.array(zone.polygon, np.float32))
    return of["m10"] / of["m00"], of["m01"] / of["m00"]


def _arrow(picture: Picture, start: tuple[int, int], end: tuple[int, int], name: str) -> None:
    tip = _TIP_PX / max(1.0, float(np.hypot(end[0] - start[0], end[1] - start[1])))
    cv2.arrowedLine(picture, start, end, _WAY, 2, tipLength=min(1.0, tip))
    _write(picture, ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2), name, _WAY)


def _outline(picture: Picture, corners: list[tuple[int, int]], name: str, colour: tuple[int, int, int]) -> None:
    cv2.polylines(picture, [np.array(corners, np.int32)], isClosed=True, color=colour, thickness=1)
    _write(picture, corners[0], name, colour)


def _write(picture: Picture, spot: tuple[int, int], words: str, colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, words, (spot[0] + 3, spot[1] + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)


if __name__ == "__main__":
    main()
