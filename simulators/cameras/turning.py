"""Traffic that turns: vehicles come to a junction without signals, give way, and leave it by another arm.

Who is at the line first goes first, once nobody whose way crosses his is in the junction. Lanes lead where one expects:
the one at the kerb to the left, the one at the axis to the right, all of them straight on. Everything follows from the
seed and from how far time has gone on.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulators.cameras.arms import Arm, arms
from simulators.cameras.scene import Kind, Obstacle, Place, Road, Thing
from simulators.cameras.traffic import SHARES, SIZES, Traffic

_ACCELERATE, _BRAKE, _SLOW_DOWN = 1.8, 4.5, 2.0
_SIDEWAYS = 2.4  # m/s², that drivers put up with in a bend
_GAP_M = 1.6
_LINE_M, _CLEAR_M = 1.5, 1.0  # from the junction's edge: where one waits; where one has left it
_ASK_M = 22.0  # so far before the line it is settled who goes first
_APART_M = 2.7  # ways that come nearer to each other than this are not driven at once
_TURNS = {"left": 0.35, "straight": 0.3, "right": 0.35}
_MOST = 70
_FIRST = 100_000  # number of a vehicle; people have the lower ones
Floats = NDArray[np.float64]
Key = tuple[int, int]  # an arm's and a lane's number


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A way through the junction, from one arm's end to another's.

    Attributes:
        entry: lane by which it comes.
        exit: lane by which it goes.
        points: metres, (n, 2).
        along_m: how far along it each point is.
        line_m: where one waits.
        clear_m: where one has left the junction.
        most_m_s: in the bend.
    """

    entry: Key
    exit: Key
    turn: str
    points: Floats
    along_m: Floats
    line_m: float
    clear_m: float
    most_m_s: float

    @property
    def length_m(self) -> float:
        """Give its length."""
        return float(self.along_m[-1])

    def spot(self, along_m: float) -> Floats:
        """Give the place so far along it."""
        return np.array([np.interp(along_m, self.along_m, self.points[:, axis]) for axis in (0, 1)])

    def inner(self) -> Floats:
        """Give its points between the line and where it leaves the junction."""
        return self.points[(self.along_m >= self.line_m) & (self.along_m <= self.clear_m)]


@dataclass(slots=True)
class _Driver:
    """Somebody on a way.

    Attributes:
        s: of the front, metres along it.
        side_m: to the right of it.
        came_s: when the junction was near; None before.
        goes: may pass the line.
    """

    thing: Thing
    way: _Way
    s: float
    side_m: float
    wish_m_s: float
    speed_m_s: float
    came_s: float | None = None
    goes: bool = False

    @property
    def rear(self) -> float:
        """Give where its rear is."""
        return self.s - self.thing.length_m


class TurningTraffic:
    """Traffic of a place with a junction.

    Args:
        per_lane_h: vehicles an hour that come by each lane.
        walkers_h: people an hour on each pavement; nobody crosses.
        shares: of the kinds of vehicles.
    """

    def __init__(
        self,
        place: Place,
        seed: int,
        per_lane_h: float = 160.0,
        walkers_h: float = 60.0,
        shares: tuple[tuple[Kind, float], ...] = SHARES,
    ) -> None:
        self._random, self._shares, self._gap_s = np.random.default_rng(seed), shares, 3_600 / per_lane_h
        self._ways = _ways(arms(place))
        self._crossing = {(one.entry, one.exit, two.entry, two.exit): _cross(one, two)
                          for one in self._ways for two in self._ways}  # fmt: skip
        self._next_s = {way.entry: float(self._random.exponential(self._gap_s)) for way in self._ways}
        self._drivers: list[_Driver] = []
        self._walkers = Traffic(replace(place, roads=_pavements(place)), seed, 0.0, walkers_h)
        self._now_s, self._number = 0.0, _FIRST

    def warm_up(self, seconds: float = 60.0) -> None:
        """Let time go by until the roads are filled."""
        for _ in range(round(seconds / 0.2)):
            self.step(0.2)

    def step(self, seconds: float, obstacles: tuple[Obstacle, ...] = ()) -> None:
        """Let time go on; nothing is ordered to lie here."""
        self._now_s += seconds
        self._walkers.step(seconds, obstacles)
        for entry, next_s in self._next_s.items():
            if self._now_s >= next_s and len(self._drivers) < _MOST and self._has_room(entry):
                self._next_s[entry] = self._now_s + float(self._random.exponential(self._gap_s))
                self._drivers.append(self._newcomer(entry))
        self._settle()
        for driver in self._drivers:
            _move(driver, self._free_m(driver), seconds)
        self._drivers = [one for one in self._drivers if one.s < one.way.length_m]

    def things(self) -> tuple[Thing, ...]:
        """Give everybody as they are now."""
        return (*map(_placed, self._drivers), *self._walkers.things())

    def _has_room(self, entry: Key) -> bool:
        return all(one.rear > 2 * _GAP_M for one in self._drivers if one.way.entry == entry)

    def _newcomer(self, entry: Key) -> _Driver:
        random = self._random
        self._number += 1
        ways = [way for way in self._ways if way.entry == entry]
        shares = np.array([_TURNS[way.turn] for way in ways])
        way = ways[random.choice(len(ways), p=shares / shares.sum())]
        kinds = [kind for kind, _ in self._shares]
        kind = kinds[random.choice(len(kinds), p=[share for _, share in self._shares])]
        long, wide, high = (one * float(random.uniform(0.94, 1.08)) for one in SIZES[kind])
        wish = float(random.uniform(7.5, 13.0))
        side = float(random.uniform(-0.9, 0.9) if kind is Kind.MOTORCYCLE else random.normal(0, 0.12))
        thing = Thing(self._number, kind, 0, 0, 0, long, wide, high, wish, int(random.integers(1_000_000)))
        return _Driver(thing, way, 0.0, side, wish, wish)

    def _settle(self) -> None:
        """Let those go whose way nobody crosses who is in the junction or was at the line before them."""
        before = [one for one in self._drivers if one.goes and one.rear < one.way.clear_m]
        for one in self._drivers:
            if one.came_s is None and one.s > one.way.line_m - _ASK_M:
                one.came_s = self._now_s
        asking = [one for one in self._drivers if one.came_s is not None and not one.goes]
        for one in sorted(asking, key=lambda driver: driver.came_s or 0.0):
            one.goes = not any(self._crossing[(*_ends(one), *_ends(other))] for other in before)
            before.append(one)

    def _free_m(self, driver: _Driver) -> float:
        """Give how far a driver may go: to who is before him in his lane or in the one he goes to, or to the line."""
        free_m = math.inf if driver.goes or driver.s > driver.way.line_m else driver.way.line_m - driver.s
        left_m = driver.way.length_m - driver.s
        for other in self._drivers:
            if abs(other.side_m - driver.side_m) >= (other.thing.width_m + driver.thing.width_m) / 2 + 0.1:
                continue
            if other.way.entry == driver.way.entry and other.s > driver.s and other.rear < other.way.line_m + 7.0:
                free_m = min(free_m, other.rear - driver.s - _GAP_M)
            other_left_m = other.way.length_m - other.s
            if other.way.exit == driver.way.exit and driver.goes and other.goes and other_left_m < left_m:
                free_m = min(free_m, left_m - other_left_m - other.thing.length_m - _GAP_M)
        return free_m


def _ends(driver: _Driver) -> tuple[Key, Key]:
    return driver.way.entry, driver.way.exit


def _move(driver: _Driver, free_m: float, seconds: float) -> None:
    before, way = driver.speed_m_s, driver.way
    safe = math.sqrt(max(0.0, 2 * _BRAKE * max(0.0, free_m)) + 0.01) - 0.1
    bend_m = max(0.0, way.line_m - driver.s) if driver.rear < way.clear_m else math.inf
    calm = math.sqrt(way.most_m_s**2 + 2 * _SLOW_DOWN * bend_m)
    driver.speed_m_s = max(0.0, min(before + _ACCELERATE * seconds, driver.wish_m_s, safe, calm, free_m / seconds))
    driver.s += driver.speed_m_s * seconds
    braking = driver.speed_m_s < before - 0.02 or driver.speed_m_s < 0.1  # noqa: PLR2004 - standing
    driver.thing = replace(driver.thing, speed_m_s=driver.speed_m_s, braking=braking)


def _placed(driver: _Driver) -> Thing:
    """Put a body on its way: its front and its rear are on it, as wheels are."""
    rear, front = driver.way.spot(max(0.0, driver.rear)), driver.way.spot(max(driver.s, driver.thing.length_m))
    ahead = (front - rear) / math.dist(front, rear)
    x, y = (front + rear) / 2 + np.array([ahead[1], -ahead[0]]) * driver.side_m
    heading = math.degrees(math.atan2(ahead[0], ahead[1])) % 360
    return replace(driver.thing, x_m=float(x), y_m=float(y), heading_deg=heading)


def _ways(found: list[Arm]) -> list[_Way]:
    """List all ways from each lane that comes in."""
    ways = []
    for origin, one in enumerate(found):
        for destination, other in enumerate(found):
            turned = (other.heading_deg - one.heading_deg - 180 + 180) % 360 - 180
            if origin == destination or abs(turned) > 150:  # noqa: PLR2004 - nobody turns back
                continue
            turn = "straight" if abs(turned) < 35 else "left" if turned < 0 else "right"  # noqa: PLR2004
            for lane, leads_to in _lanes(turn, one.lanes, other.lanes):
                ways.append(_way((origin, lane), one, (destination, leads_to), other, turn))
    return ways


def _lanes(turn: str, come: int, go: int) -> list[tuple[int, int]]:
    """Give lanes, counted from the kerb, with those that a turn leads to."""
    if turn == "left":
        return [(0, 0)]
    if turn == "right":
        return [(come - 1, go - 1)]
    return [(lane, min(lane, go - 1)) for lane in range(come)]


def _way(entry: Key, come: Arm, leave: Key, go: Arm, turn: str) -> _Way:
    start, end = (come.lane_m(entry[1], leaving=False), go.lane_m(leave[1], leaving=True))
    far, into = (np.array(come.spot(along, start)) for along in (come.ends_m, come.begins_m))
    out, away = (np.array(go.spot(along, end)) for along in (go.begins_m, go.ends_m))
    reach = 0.39 * math.dist(into, out)  # a quarter of a circle, where both arms stand upright on each other
    handles = [into, into + _unit(into - far) * reach, out - _unit(away - out) * reach, out]
    share = np.linspace(0, 1, 41)[:, None]
    weights = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
    bend = sum(weight * handle for weight, handle in zip(weights, handles, strict=True))
    points = np.concatenate([far[None], np.asarray(bend), away[None]])
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    most_m_s = 20.0 if turn == "straight" else math.sqrt(_SIDEWAYS * math.dist(into, out) / math.sqrt(2))
    line_m, clear_m = float(along_m[1]) - _LINE_M, float(along_m[-2]) + _CLEAR_M
    return _Way(entry, leave, turn, points, along_m, line_m, clear_m, most_m_s)


def _unit(one: Floats) -> Floats:
    return one / float(np.hypot(*one))


def _cross(one: _Way, two: _Way) -> bool:
    """Tell whether two ways come too near to each other in the junction to be driven at once."""
    if one.entry == two.entry:
        return False
    apart = one.inner()[:, None] - two.inner()[None]
    return bool(np.hypot(apart[..., 0], apart[..., 1]).min() < _APART_M)


def _pavements(place: Place) -> tuple[Road, ...]:
    """Give the roads outside of the junction, on whose pavements people walk."""
    return tuple(
        replace(arm.road, start=arm.spot(arm.begins_m + arm.road.pavement_m, 0), end=arm.spot(arm.ends_m, 0))
        for arm in arms(place)
    )
