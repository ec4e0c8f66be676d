"""Films of simulated streets that no training saw: which there are, and what happens in each."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.shapes import contains
from simulators.cameras.director import Director, Order
from simulators.cameras.drawn import drawn, drawn_gates
from simulators.cameras.lying import watched
from simulators.cameras.places import View, crossing, junction, street
from simulators.cameras.projection import camera
from simulators.cameras.render import Renderer
from simulators.cameras.scene import Moment, Obstacle, Sky, Thing
from simulators.training.scenes import CONDITIONS, FILMED_FROM, Scene, scene
from tests.bench.judging import Span

HZ = 5.0
SIZE = (640, 360)
DEVELOPMENT_FROM = FILMED_FROM + 5_000  # films to look for causes on; nothing is tuned on those of the measure
TURNING_FROM, TURNING_DEVELOPMENT_FROM = FILMED_FROM + 40_000, FILMED_FROM + 45_000  # the same, of junctions
_HOURS_WIB = {"day": 10, "rain": 14, "dusk": 18, "night": 23}
_LAMP_X, _LAMP_Y = 0.02, 0.03  # of the picture: half the zone round a lamp's head
_EDGE, _YARD_FROM_M, _YARD_AREA = 0.01, 1.0, 0.03  # of a yard's zone: from the picture's edge, depth, area
_STOPPED_S = 180.0  # the site file's default
_LEAST_GATES = 3  # at fewer nobody counts turnings
_NIGHT, _BURNING = Sky(sun_elevation_deg=-40.0), 220.0
_HAPPENINGS = (  # what is ordered for the middle third, the event that should tell it, by which light, how long it is
    (Order("breakdown", 1.0), "", None, 180.0),  # when it has stood too long follows from the truth
    (Order("wrong_way", 1.0), "vehicle.wrong_way", None, 60.0),
    (Order("intruder", 1.0), "intrusion.detected", "night", 90.0),
    (Order("intruder", 1.0), "", "day", 90.0),  # nobody minds by day
    (Order("lamp_out", 1.0), "lamp.failed", "night", 300.0),
    (Order("lens_covered", 1.0), "camera.covered", None, 150.0),
    (Order("lens_defocused", 0.8), "camera.defocused", None, 150.0),
    (Order("picture_frozen", 1.0), "camera.frozen", None, 150.0),
    (Order("camera_turned", 20.0), "camera.turned", None, 150.0),
)
_ORDERS = (  # in turn: what is ordered for the middle third of a film, and the event that should tell it
    (Order("tree", 1.0), "obstacle.detected"),
    (None, ""),
    (Order("flood", 0.35), "road.flooded"),
    (Order("tree", 1.0), "obstacle.detected"),
    (Order("crowd", 34.0), "crowd.formed"),
)


@dataclass(frozen=True)
class Film:
    """A film to be made.

    Attributes:
        number: of its place, camera and traffic, see `simulators/training/scenes.py`.
        condition: of light and weather.
        order: for its middle third; None leaves it as it is.
        noun: of the event that should come of it.
        turns: whether vehicles turn at its junction.
    """

    number: int
    condition: str
    order: Order | None
    noun: str
    seconds: float
    turns: bool = False

    @property
    def name(self) -> str:
        """Give a name for its files."""
        ordered = f"{self.order.what}-{self.order.amount:g}" if self.order else "nothing"
        return f"{self.number}-{self.condition}-{ordered}-{self.seconds:g}s"

    @property
    def began_s(self) -> float:
        """When its first picture is taken, seconds since 1970."""
        return calendar.timegm((2026, 11, 20, _HOURS_WIB[self.condition], 0, 0)) - 7 * 3_600

    @property
    def spans(self) -> list[Span]:
        """What is ordered to happen in it, and should be told."""
        third = self.seconds / 3
        return [Span(self.noun, self.began_s + third, self.began_s + 2 * third)] if self.noun else []

    @property
    def pictures(self) -> int:
        """How many pictures it has."""
        return round(self.seconds * HZ)

    @cached_property
    def view(self) -> View:
        """Its place and its camera."""
        return crossing(self.number) if self.turns else _view(self.number)

    @cached_property
    def drawing(self) -> dict[str, Any]:
        """What a person would draw on its picture; where turnings are counted, gates and nothing else."""
        if self.turns:
            return drawn_gates(self.view)
        found = drawn(self.view)
        open_zones = [zone for zone in found["zones"] if zone["kind"] != "closed"]
        lamps = _lamp_zones(self.view) if self.order is not None and self.order.what == "lamp_out" else []
        found["zones"] = [*open_zones, *_yards(self.view), *lamps]
        for zone in found["zones"]:
            if zone["kind"] == "carriageway" and self.seconds / 3 < _STOPPED_S:
                zone["stopped_s"] = max(5.0, self.seconds / 9)  # a short film's
        return found

    def scene(self) -> Scene:
        """Make its scene, with its traffic as it is before the first picture."""
        made = scene(self.number, condition=self.condition, turns=self.turns)
        made.director.order(())
        return made

    def orders(self, picture: int) -> tuple[Order, ...]:
        """Give what is in force when a picture is taken."""
        third = int(3 * picture / self.pictures)
        return (self.order,) if self.order is not None and third == 1 else ()


def films(count: int, seconds: float, began: int = FILMED_FROM) -> Iterator[Film]:
    """Give films of places of their own, in all conditions and orders in turn.

    Args:
        count: of films.
        seconds: of each.
        began: the first place's number.
    """
    number = began
    for made in range(count):
        order, noun = _ORDERS[made % len(_ORDERS)]
        while not drawn(_view(number))["lanes"]:  # its camera looks past every lane
            number += 1
        yield Film(number, CONDITIONS[made % len(CONDITIONS)], order, noun, seconds)
        number += 1


def happenings(count: int, began: int = FILMED_FROM + 10_000) -> Iterator[Film]:
    """Give short films of what the others do not show: who stands or drives wrongly, comes in, lamps, and the lens.

    Args:
        count: of films.
        began: the first place's number.
    """
    number = began
    for made in range(count):
        order, noun, condition, seconds = _HAPPENINGS[made % len(_HAPPENINGS)]
        condition = condition or CONDITIONS[made // len(_HAPPENINGS) % len(CONDITIONS)]
        while not _shows(order, _view(number)):
            number += 1
        yield Film(number, condition, order, noun, seconds)
        number += 1


def turnings(count: int, seconds: float, began: int = TURNING_FROM) -> Iterator[Film]:
    """Give films of junctions at which vehicles turn, in all conditions in turn.

    Args:
        count: of films.
        seconds: of each.
        began: the first place's number.
    """
    number = began
    for made in range(count):
        while len(drawn_gates(crossing(number))["zones"]) < _LEAST_GATES:
            number += 1
        yield Film(number, CONDITIONS[made % len(CONDITIONS)], None, "", seconds, turns=True)
        number += 1


def _shows(order: Order, view: View) -> bool:
    """Tell whether what is ordered would happen where it is looked for."""
    found = drawn(view)
    match order.what:
        case "intruder":
            return bool(found["lanes"] and _yards(view))
        case "lamp_out":
            return any(_burns(view, zone) for zone in _lamp_zones(view))
        case "breakdown" | "wrong_way":
            return bool(found["lanes"]) and _is_watched(view, found)
        case _:
            return bool(found["lanes"])


def _is_watched(view: View, found: dict[str, Any]) -> bool:
    """Tell whether the spot where vehicles are ordered to is well within what is drawn as carriageway."""
    x, y, _ = watched(view.place, view.pose)
    spot = _fractions(view, np.array([[x, y, 0.0]], np.float32))
    polygons = [zone["polygon"] for zone in found["zones"] if zone["kind"] == "carriageway"]
    return any(contains([tuple(corner) for corner in polygon], spot)[0] for polygon in polygons)


def _yards(view: View) -> list[dict[str, Any]]:
    """Draw what is in the picture of the yard that is closed by night, if its middle is and all of it is ahead."""
    corners = np.array([(x, y, 0.0) for x, y in view.place.yard], np.float32).reshape(-1, 3)
    pixels, depth = camera(view.pose, *SIZE).project(corners)
    if len(corners) < 3 or not (depth > _YARD_FROM_M).all():
        return []
    frame = np.array([(_EDGE, _EDGE), (1 - _EDGE, _EDGE), (1 - _EDGE, 1 - _EDGE), (_EDGE, 1 - _EDGE)], np.float32)
    outline = cv2.convexHull((pixels / np.array(SIZE, np.float32)).astype(np.float32))
    area, seen = cv2.intersectConvexConvex(outline, frame)
    middle = _fractions(view, corners.mean(axis=0, keepdims=True))[0]
    if area < _YARD_AREA or not ((middle > _EDGE) & (middle < 1 - _EDGE)).all():
        return []
    polygon = [[round(float(x), 4), round(float(y), 4)] for x, y in seen.reshape(-1, 2)]
    return [{"name": "halaman", "kind": "closed", "polygon": polygon, "since": "22:00", "until": "05:00"}]


def _lamp_zones(view: View) -> list[dict[str, Any]]:
    """Draw a zone round the head of the lamp that goes out when the first is ordered to, if it is in the picture."""
    order = (Order("lamp_out", 1.0),)
    director = Director(view.place, view.pose, NoTraffic(), lambda _: Sky())
    director.order(order)
    out = director.moment(0.0).ordered.lamps_out
    heads = np.array([[*lamp.head, lamp.height_m] for lamp in view.place.lamps if lamp.name in out], np.float32)
    found = []
    for x, y in _fractions(view, heads.reshape(-1, 3)).tolist():
        if _LAMP_X < x < 1 - _LAMP_X and _LAMP_Y < y < 1 - _LAMP_Y:
            corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            polygon = [[round(x + a * _LAMP_X, 4), round(y + b * _LAMP_Y, 4)] for a, b in corners]
            found.append({"name": "lampu", "kind": "lamp", "polygon": polygon})
    return found[:1]


def _burns(view: View, zone: dict[str, Any]) -> bool:
    """Tell whether a lamp is bright in a picture taken by night: no tree is before it, and it is near enough."""
    picture, _ = Renderer("TD-01.cam-1", view.place, view.pose, *SIZE).render(Moment(0.0, 0.0, sky=_NIGHT))
    left, top, right, bottom = (zone["polygon"][corner][axis] for corner in (0, 2) for axis in (0, 1))
    width, height = SIZE
    head = picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    return float(np.percentile(head, 90)) > _BURNING


def _fractions(view: View, spots: NDArray[np.float32]) -> NDArray[np.float32]:
    pixels, _ = camera(view.pose, *SIZE).project(spots)
    return (pixels / np.array(SIZE, np.float32)).astype(np.float32)


class NoTraffic:
    """A road on which nobody is."""

    def things(self, _at_s: float, _obstacles: tuple[Obstacle, ...]) -> tuple[Thing, ...]:
        """Give nobody."""
        return ()


def _view(number: int) -> View:
    return (street if number % 2 else junction)(number)
