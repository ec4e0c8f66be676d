"""Light traffic of our own, for tests, training and cameras away from the city's junctions.

Vehicles keep to lanes and to those before them (Krauss's safe speed, simplified: nobody brakes harder than `_BRAKE`),
people walk along the pavement. Everything follows from the seed and from how far time has gone on.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from simulators.cameras.scene import Kind, Obstacle, Place, Road, Thing

SIZES = {  # length, width, height in metres
    Kind.PERSON: (0.5, 0.5, 1.65),
    Kind.MOTORCYCLE: (1.9, 0.75, 1.65),
    Kind.CAR: (4.3, 1.72, 1.68),
    Kind.BUS: (10.8, 2.5, 3.3),
    Kind.TRUCK: (7.2, 2.35, 2.9),
}
SHARES = ((Kind.MOTORCYCLE, 0.62), (Kind.CAR, 0.27), (Kind.TRUCK, 0.08), (Kind.BUS, 0.03))
_ACCELERATE, _BRAKE = 1.8, 4.5
_GAP_M = 1.6
_MOST = 80


@dataclass(slots=True)
class _Mover:
    """Somebody on a lane or a pavement.

    Attributes:
        s: of its front along the road, metres in its own direction.
        side_m: from the lane's middle.
    """

    thing: Thing
    lane: int
    s: float
    side_m: float
    wish_m_s: float
    speed_m_s: float


@dataclass(slots=True)
class _Lane:
    """A lane or a pavement of a road: where it starts, where it goes, how many come an hour."""

    road: int
    x_m: float
    y_m: float
    heading_deg: float
    length_m: float
    per_h: float
    walk: bool
    next_s: float = 0.0
    movers: list[_Mover] = field(default_factory=list)


class Traffic:
    """Traffic on a place's roads.

    Args:
        per_lane_h: vehicles an hour on each lane.
        walkers_h: people an hour on each pavement.
        shares: of the kinds of vehicles.
    """

    def __init__(
        self,
        place: Place,
        seed: int,
        per_lane_h: float = 500.0,
        walkers_h: float = 90.0,
        shares: tuple[tuple[Kind, float], ...] = SHARES,
    ) -> None:
        self._random, self._shares = np.random.default_rng(seed), shares
        self._lanes = [
            lane for number, road in enumerate(place.roads) for lane in _lanes(number, road, per_lane_h, walkers_h)
        ]
        self._now_s = 0.0
        self._number = 0
        for lane in self._lanes:
            lane.next_s = self._gap_s(lane)

    def warm_up(self, seconds: float = 40.0) -> None:
        """Let time go by until the roads are filled."""
        for _ in range(round(seconds / 0.2)):
            self.step(0.2)

    def step(self, seconds: float, obstacles: tuple[Obstacle, ...] = ()) -> None:
        """Let time go on; before an obstacle vehicles stop."""
        self._now_s += seconds
        for number, lane in enumerate(self._lanes):
            self._arrive(number, lane)
            stops = sorted(_along(lane, one) for one in obstacles if _blocks(lane, one))
            self._move(lane, seconds, stops)

    def things(self) -> tuple[Thing, ...]:
        """Give everybody as they are now."""
        return tuple(_placed(lane, mover) for lane in self._lanes for mover in lane.movers)

    def _arrive(self, number: int, lane: _Lane) -> None:
        if lane.per_h <= 0 or self._now_s < lane.next_s or sum(len(one.movers) for one in self._lanes) >= _MOST:
            return
        if lane.movers and lane.movers[-1].s - lane.movers[-1].thing.length_m < 3.0:  # noqa: PLR2004 - no room yet
            return
        lane.next_s = self._now_s + self._gap_s(lane)
        self._number += 1
        lane.movers.append(self._newcomer(number, lane))

    def _newcomer(self, number: int, lane: _Lane) -> _Mover:
        random = self._random
        names = [kind for kind, _ in self._shares]
        kind = Kind.PERSON if lane.walk else names[random.choice(len(names), p=[share for _, share in self._shares])]
        length, width, height = (size * float(random.uniform(0.94, 1.08)) for size in SIZES[kind])
        wish = float(random.uniform(1.0, 1.6) if lane.walk else random.uniform(7.5, 13.5))
        side = float(random.uniform(-0.6, 0.6) if lane.walk else random.normal(0, 0.15))
        if kind is Kind.MOTORCYCLE:
            side = float(random.uniform(-1.1, 1.1))
        look = int(random.integers(0, 1_000_000))
        thing = Thing(self._number, kind, 0, 0, lane.heading_deg, length, width, height, wish, look)
        return _Mover(thing, number, 0.0, side, wish, wish)

    def _gap_s(self, lane: _Lane) -> float:
        return float(self._random.exponential(3_600 / lane.per_h)) if lane.per_h > 0 else math.inf

    def _move(self, lane: _Lane, seconds: float, stops: list[float]) -> None:
        for number, mover in enumerate(lane.movers):
            free_m = math.inf
            for ahead in lane.movers[:number][::-1]:
                if lane.walk or abs(ahead.side_m - mover.side_m) < (ahead.thing.width_m + mover.thing.width_m) / 2:
                    free_m = ahead.s - ahead.thing.length_m - mover.s - _GAP_M
                    break
            free_m = min([free_m, *(stop - 2.5 - mover.s for stop in stops if stop > mover.s)])
            if lane.walk:
                free_m = math.inf
            safe = math.sqrt(max(0.0, 2 * _BRAKE * max(0.0, free_m)) + 0.01) - 0.1
            before = mover.speed_m_s
            mover.speed_m_s = max(0.0, min(before + _ACCELERATE * seconds, mover.wish_m_s, safe, free_m / seconds))
            mover.s += mover.speed_m_s * seconds
            braking = mover.speed_m_s < before - 0.02 or mover.speed_m_s < 0.1  # noqa: PLR2004 - standing
            stride = (mover.s / 1.4) % 1.0
            mover.thing = replace(mover.thing, speed_m_s=mover.speed_m_s, braking=braking, stride=stride)
        lane.movers = [mover for mover in lane.movers if mover.s < lane.length_m]


def _lanes(number: int, road: Road, per_lane_h: float, walkers_h: float) -> list[_Lane]:
    """Lay out a road's lanes, driving on the left, and its two pavements."""
    (x1, y1), (x2, y2) = road.start, road.end
    length = math.hypot(x2 - x1, y2 - y1)
    east, north = (x2 - x1) / length, (y2 - y1) / length
    heading = math.degrees(math.atan2(east, north)) % 360
    found = []
    for lane in range(road.lanes):
        off = (lane + 0.5) * road.width_m / road.lanes - road.width_m / 2  # to the left of the axis
        found.append(_lane(number, road, (east, north), heading, off, length, per_lane_h, walk=False))
    if road.pavement_m:
        for side in (-1, 1):
            off = side * (road.width_m / 2 + road.pavement_m / 2 + 0.3)
            found.append(_lane(number, road, (east, north), heading, off, length, walkers_h, walk=True))
    return found


def _lane(
    number: int,
    road: Road,
    along: tuple[float, float],
    heading: float,
    off_m: float,
    length: float,
    per_h: float,
    *,
    walk: bool,
) -> _Lane:
    forward = off_m > 0 if not walk else off_m < 0
    start, sign = (road.start, 1.0) if forward else (road.end, -1.0)
    x, y = start[0] - along[1] * off_m, start[1] + along[0] * off_m
    return _Lane(number, x, y, heading if sign > 0 else (heading + 180) % 360, length, per_h, walk)


def _placed(lane: _Lane, mover: _Mover) -> Thing:
    heading = math.radians(lane.heading_deg)
    middle = mover.s - mover.thing.length_m / 2
    x = lane.x_m + math.sin(heading) * middle - math.cos(heading) * mover.side_m
    y = lane.y_m + math.cos(heading) * middle + math.sin(heading) * mover.side_m
    return replace(mover.thing, x_m=x, y_m=y)


def _along(lane: _Lane, obstacle: Obstacle) -> float:
    heading = math.radians(lane.heading_deg)
    middle = obstacle.length_m / 2 if obstacle.what in ("tree", "pole") else 0.0
    turn = math.radians(obstacle.heading_deg)
    x, y = obstacle.x_m + math.sin(turn) * middle, obstacle.y_m + math.cos(turn) * middle
    return (x - lane.x_m) * math.sin(heading) + (y - lane.y_m) * math.cos(heading)


def _blocks(lane: _Lane, obstacle: Obstacle) -> bool:
    """Tell whether an obstacle lies in a lane."""
    if lane.walk:
        return False
    heading, turn = math.radians(lane.heading_deg), math.radians(obstacle.heading_deg)
    long = obstacle.length_m if obstacle.what in ("tree", "pole") else 0.0
    ends = [
        (obstacle.y_m + math.cos(turn) * reach - lane.y_m) * math.sin(heading)
        - (obstacle.x_m + math.sin(turn) * reach - lane.x_m) * math.cos(heading)
        for reach in (0.0, long)
    ]
    margin = 1.6 if long else obstacle.length_m / 3 + 1.2
    along = _along(lane, obstacle)
    return min(ends) - margin < 0 < max(ends) + margin and 0 < along < lane.length_m
