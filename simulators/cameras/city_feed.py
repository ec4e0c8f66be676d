"""Vehicles where SUMO has them: the city is asked once a second, and between two answers everybody moves evenly.

Pictures are a little more than a second behind the city, so that there is always a next position to move to. SUMO's own
people do not walk here: those on the pavements are ours.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulators.cameras.scene import Kind, Obstacle, Place, Pose, Road, Thing
from simulators.cameras.traffic import SIZES, Traffic
from simulators.control import send_order
from simulators.errors import SimulatorError

ASK_EVERY_S = 1.0
LATE_S = 1.3
REACH_M = 260.0
_FORGET_S = 5.0
_INSIDE_M = 22.0
_KINDS = {"motorcycle": Kind.MOTORCYCLE, "truck": Kind.TRUCK, "bus": Kind.BUS}
Row = tuple[int, str, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where everybody was at an instant: by number, the row that the city gave."""

    at_s: float
    rows: dict[int, Row] = field(default_factory=dict)


def ask_city(directory: Path, pose: Pose) -> Callable[[], Snapshot | None]:
    """Make a question to the city that runs in a directory: who is near this camera? None while it is away."""
    order: dict[str, Any] = {"do": "around", "x_m": pose.x_m, "y_m": pose.y_m, "reach_m": REACH_M}

    def ask() -> Snapshot | None:
        try:
            answer = send_order(directory, order)
        except SimulatorError:
            return None
        return Snapshot(time.time(), {row[0]: tuple(row) for row in answer["vehicles"]})

    return ask


class CityFeed:
    """The city as a director's source of things; `close` ends its thread.

    Args:
        ask: gives who is near, see `ask_city`.
        place: on whose pavements people of our own walk.
    """

    def __init__(self, ask: Callable[[], Snapshot | None], place: Place, seed: int) -> None:
        self._ask = ask
        self._before, self._after = Snapshot(0.0), Snapshot(0.0)
        pavements = replace(place, roads=tuple(_beyond_junction(road) for road in place.roads))
        self._walkers = Traffic(pavements, seed, per_lane_h=0.0, walkers_h=70.0)
        self._walkers.warm_up(60.0)
        self._last_s: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="city-feed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop asking."""
        self._stop.set()
        self._thread.join()

    def things(self, at_s: float, obstacles: tuple[Obstacle, ...]) -> tuple[Thing, ...]:
        """Give everybody as they were `LATE_S` ago; obstacles are the city's own matter."""
        passed_s = min(1.0, at_s - self._last_s) if self._last_s is not None else 0.0
        self._last_s = at_s
        if passed_s > 0:
            self._walkers.step(passed_s, obstacles)
        return (*between(self._before, self._after, at_s - LATE_S), *self._walkers.things())

    def _run(self) -> None:
        while not self._stop.wait(ASK_EVERY_S):
            found = self._ask()
            if found is not None:
                self._before, self._after = self._after, found
            elif time.time() - self._after.at_s > _FORGET_S:
                self._before = self._after = Snapshot(0.0)


def _beyond_junction(road: Road) -> Road:
    """Give a road without its first metres, which lie inside the junction: nobody walks about there."""
    share = _INSIDE_M / math.dist(road.start, road.end)
    start = tuple(one + (two - one) * share for one, two in zip(road.start, road.end, strict=True))
    return replace(road, start=(start[0], start[1]))


def between(before: Snapshot, after: Snapshot, at_s: float) -> tuple[Thing, ...]:
    """Give everybody at an instant between two snapshots; who is in one of them only is where that one says."""
    span_s = after.at_s - before.at_s
    share = min(1.0, max(0.0, (at_s - before.at_s) / span_s)) if span_s > 0 else 1.0
    return tuple(_thing(before.rows.get(number, row), row, share) for number, row in after.rows.items())


def _thing(one: Row, two: Row, share: float) -> Thing:
    number, name, x, y, heading, speed = two
    kind = _KINDS.get(name, Kind.CAR)
    length, width, height = SIZES[kind]
    turned = (heading - one[4] + 180) % 360 - 180
    now = math.radians(one[4] + turned * share)
    front_x, front_y = one[2] + (x - one[2]) * share, one[3] + (y - one[3]) * share
    middle = (front_x - math.sin(now) * length / 2, front_y - math.cos(now) * length / 2)
    braking = speed < one[5] - 0.3 or speed < 0.1  # noqa: PLR2004 - standing with a foot on the brake
    look = number * 2_654_435_761 % 1_000_003
    return Thing(number, kind, *middle, math.degrees(now), length, width, height, speed, look, braking=braking)
