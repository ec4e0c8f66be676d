"""What happens before a camera: its traffic, the light, the weather, and whatever was ordered.

Orders come as faults of the world (see `simulators/faults.py`); here each becomes something in the scene, on the lens
or in the stream.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulators.cameras.lying import LYING, lying, watched
from simulators.cameras.rtsp_auth import Login
from simulators.cameras.scene import Kind, Lens, Moment, Obstacle, Ordered, Place, Pose, Sky, Thing
from simulators.cameras.stream import StreamFaults
from simulators.cameras.traffic import SIZES

CROWD, INTRUDER = 9_000_000, 9_900_000  # numbers of people who were ordered
STOOD, GHOST = 9_910_000, 9_920_000  # of the car that broke down, and of who rides the wrong way
_RISE_M_S = 0.02  # so quickly ordered water comes and goes
_RIDE_M, _RIDE_M_S = 45.0, 8.0  # who rides the wrong way comes from so far behind that spot, so quickly


@dataclass(frozen=True, slots=True)
class Order:
    """Something that is to happen, with its number where it has one."""

    what: str
    amount: float


class Source(Protocol):
    """Whoever knows where things are."""

    def things(self, at_s: float, obstacles: tuple[Obstacle, ...]) -> tuple[Thing, ...]:
        """Give everything near the camera at an instant."""
        ...


class Director:
    """Puts together what a camera sees at an instant.

    Args:
        source: where things are.
        sky: light and weather at an instant.
    """

    def __init__(self, place: Place, pose: Pose, source: Source, sky: Callable[[float], Sky]) -> None:
        self.place, self.pose, self._source, self._sky = place, pose, source, sky
        self._orders: tuple[Order, ...] = ()
        self._flood_m = 0.0
        self._last_s: float | None = None
        self._ride_s: float | None = None  # when somebody set out the wrong way

    def order(self, orders: tuple[Order, ...]) -> None:
        """Take what is to be in force from now on."""
        self._orders = orders

    def moment(self, at_s: float) -> Moment:
        """Give what there is to see."""
        obstacles = tuple(lying(one.what, self.place, self.pose) for one in self._orders if one.what in LYING)
        self._flood_m = self._water(at_s)
        crowd = self._amount("crowd")
        stood = self._stood() if self._has("breakdown") else ()
        blocks = tuple(Obstacle("boxes", one.x_m, one.y_m, one.heading_deg, 3.0) for one in stood)
        things = (*self._source.things(at_s, (*obstacles, *blocks)), *stood, *self._ride(at_s))
        if crowd:
            things = (*things, *self._crowd(round(crowd), at_s))
        intruder = None
        if self._amount("intruder") and self.place.yard:
            intruder = INTRUDER
            things = (*things, self._intruder(at_s))
        ordered = Ordered(obstacles, self._flood_m, self._lamps_out(), bool(crowd), intruder)
        return Moment(at_s, at_s + self.clock_off_s(), things, self._sky(at_s), self._lens(), ordered)

    def clock_off_s(self) -> float:
        """Give by how much the camera's clock is ahead."""
        return self._amount("clock_off")

    def stream_faults(self) -> StreamFaults:
        """Give what is wrong with its streams."""
        return StreamFaults(
            refuses=bool(self._has("stream_refused")),
            silent=bool(self._has("stream_silent")),
            stutter_s=self._amount("stream_stutters"),
            bad_packets=self._amount("bad_packets"),
            login=Login("somebody", "else") if self._has("password_changed") else None,
            clock_off_s=self.clock_off_s(),
        )

    def resized(self) -> bool:
        """Tell whether the streams have another size than they should."""
        return self._has("resolution")

    def rate_share(self) -> float:
        """Give the share of pictures that are taken at all."""
        return self._amount("few_frames") or 1.0

    def _has(self, what: str) -> bool:
        return any(one.what == what for one in self._orders)

    def _amount(self, what: str) -> float:
        return next((one.amount for one in self._orders if one.what == what), 0.0)

    def _lens(self) -> Lens:
        return Lens(
            dirt=self._amount("lens_dirty"),
            covered=self._amount("lens_covered"),
            defocus=self._amount("lens_defocused"),
            frozen=self._has("picture_frozen"),
            turned_deg=self._amount("camera_turned"),
        )

    def _lamps_out(self) -> frozenset[str]:
        number = round(self._amount("lamp_out"))
        near = sorted(self.place.lamps, key=lambda lamp: _ahead(self.pose, *lamp.head))
        seen = [lamp.name for lamp in near if _ahead(self.pose, *lamp.head) < math.inf]
        return frozenset(seen[number - 1 : number]) if number else frozenset()

    def _water(self, at_s: float) -> float:
        wanted = self._amount("flood")
        passed_s = at_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = at_s
        step = max(0.0, passed_s) * _RISE_M_S
        return min(wanted, self._flood_m + step) if wanted > self._flood_m else max(wanted, self._flood_m - step)

    def _stood(self) -> tuple[Thing, ...]:
        """Let a car stand in the left lane of the watched part of the road."""
        return (_vehicle(STOOD, Kind.CAR, *self._in_left_lane(0.0), 0.0),)

    def _ride(self, at_s: float) -> tuple[Thing, ...]:
        """Let somebody ride against the traffic of the left lane, once for each order."""
        if not self._has("wrong_way"):
            self._ride_s = None
            return ()
        self._ride_s = at_s if self._ride_s is None else self._ride_s
        ahead_m = _RIDE_M - _RIDE_M_S * (at_s - self._ride_s)
        if ahead_m < -_RIDE_M:
            return ()
        x, y, heading = self._in_left_lane(ahead_m)
        return (_vehicle(GHOST, Kind.MOTORCYCLE, x, y, (heading + 180) % 360, _RIDE_M_S),)

    def _in_left_lane(self, ahead_m: float) -> tuple[float, float, float]:
        """Give the middle of the lane at the left edge, so far beyond the watched spot, and where it leads."""
        x, y, road = watched(self.place, self.pose)
        along = math.atan2(road.end[0] - road.start[0], road.end[1] - road.start[1])
        left = road.width_m / 2 - road.width_m / road.lanes / 2
        x += math.sin(along) * ahead_m - math.cos(along) * left
        y += math.cos(along) * ahead_m + math.sin(along) * left
        return x, y, math.degrees(along) % 360

    def _crowd(self, count: int, at_s: float) -> tuple[Thing, ...]:
        """Let people stand about in the watched part of the road, each swaying a little round a spot."""
        x, y, road = watched(self.place, self.pose)
        random = np.random.default_rng(self.place.seed + 77)
        spots = random.normal(0, 1, (count, 2)) * (road.width_m * 0.28, 5.0)
        turns, highs = random.uniform(0, 360, count), random.normal(1.62, 0.08, count)
        along = math.atan2(road.end[0] - road.start[0], road.end[1] - road.start[1])
        people = []
        for number, ((side, ahead), turn, high) in enumerate(zip(spots, turns, highs, strict=True)):
            sway = 0.4 * math.sin(at_s * 0.3 + number)
            px = x + math.sin(along) * (ahead + sway) - math.cos(along) * side
            py = y + math.cos(along) * (ahead + sway) + math.sin(along) * side
            walking = 0.4 if number % 3 == 0 else 0.0
            heading, stride = float(turn) + 20 * math.sin(at_s * 0.2 + number), (at_s * 0.7 + number * 0.37) % 1
            people.append(_person(CROWD + number, (px, py), heading, float(high), walking, stride))
        return tuple(people)

    def _intruder(self, at_s: float) -> Thing:
        """Let somebody walk to and fro in the yard."""
        corners = np.array(self.place.yard)
        middle = corners.mean(axis=0)
        one, two = (middle + (corners[number] - middle) * 0.6 for number in (0, 2))
        share = at_s * 0.09 % 2
        back = share > 1
        spot = one + (two - one) * (2 - share if back else share)
        heading = math.degrees(math.atan2(*(two - one))) + (180 if back else 0)
        return _person(INTRUDER, (float(spot[0]), float(spot[1])), heading, 1.68, 1.2, at_s * 0.9 % 1)


def _person(number: int, spot: tuple[float, float], heading: float, high: float, speed: float, stride: float) -> Thing:
    length, width, _ = SIZES[Kind.PERSON]
    return Thing(number, Kind.PERSON, *spot, heading, length, width, high, speed, number * 7, stride)


def _vehicle(number: int, kind: Kind, x: float, y: float, heading: float, speed: float) -> Thing:
    return Thing(number, kind, x, y, heading, *SIZES[kind], speed, number * 7)


def _ahead(pose: Pose, x: float, y: float) -> float:
    """Give how far a place is before the camera; infinite where it does not see it."""
    turn = math.radians(pose.bearing_deg)
    forward = (x - pose.x_m) * math.sin(turn) + (y - pose.y_m) * math.cos(turn)
    across = (x - pose.x_m) * math.cos(turn) - (y - pose.y_m) * math.sin(turn)
    seen = forward > 4 and abs(across) < forward * math.tan(math.radians(pose.view_deg / 2))  # noqa: PLR2004 - metres
    return forward if seen else math.inf
