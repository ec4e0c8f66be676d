"""Scenes by chance: a place, a camera, light, weather, traffic, and in most of them something that happens.

A scene follows from its number alone. Scenes for training, for watching the training and for the final evaluation have
numbers that never meet, and with them other places, cameras, colours, houses and traffic.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulators.cameras.director import Director, Order
from simulators.cameras.places import View, crossing, junction, street
from simulators.cameras.scene import Kind, Moment, Sky, State
from simulators.cameras.source import OwnTraffic
from simulators.cameras.traffic import SHARES, Traffic
from simulators.cameras.turning import TurningTraffic

TRAINING_FROM, WATCHING_FROM, EVALUATION_FROM, FILMED_FROM = 1_000, 500_000, 900_000, 950_000
_STATES = ((State.CLEAR, 0.36), (State.OBSTACLE, 0.22), (State.FLOOD_SHALLOW, 0.13), (State.FLOOD_DEEP, 0.13))
CONDITIONS = ("day", "dusk", "night", "rain")
_TAUGHT = ((Kind.MOTORCYCLE, 0.44), (Kind.CAR, 0.24), (Kind.TRUCK, 0.18), (Kind.BUS, 0.14))  # rare ones more often
_DIRTY_SHARE, _ALONE_SHARE = 0.15, 0.2  # of the scenes: a dirty lens, somebody alone in the yard
_WARM_S = 150.0  # until who walks has come from the road's ends to where the camera looks


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene by chance.

    Attributes:
        condition: one of `CONDITIONS`.
        state: what its carriageway is like.
    """

    number: int
    view: View
    condition: str
    state: State
    sky: Sky
    director: Director

    def moments(self, count: int, every_s: float = 2.0) -> Iterator[Moment]:
        """Give moments of it, so many seconds apart, once what was ordered has come about."""
        self.director.moment(0.0)
        for number in range(count):
            yield self.director.moment(60.0 + number * every_s)


def scene(number: int, variant: int = 0, condition: str | None = None, *, turns: bool = False) -> Scene:
    """Make the scene of a number.

    Args:
        number: gives the place and the camera, and whether the scene is to train on.
        variant: of light, weather, traffic and what happens there.
        condition: one of `CONDITIONS`; by chance when None.
        turns: whether it is a junction at which vehicles turn.
    """
    random = np.random.default_rng((number, variant))
    view = crossing(number) if turns else (street if number % 2 else junction)(number)
    condition = condition or str(random.choice(CONDITIONS, p=[0.46, 0.12, 0.22, 0.20]))
    sky = _sky(condition, random)
    state, orders = _orders(random)
    traffic = _turning(view, random) if turns else _traffic(number, view, random)
    director = Director(view.place, view.pose, OwnTraffic(traffic), lambda _: sky)
    director.order(orders)
    return Scene(number, view, condition, state, sky, director)


def _traffic(number: int, view: View, random: np.random.Generator) -> Traffic:
    busy, walkers = float(random.choice([60, 250, 450, 700])), float(random.choice([20, 90, 240]))
    shares = _TAUGHT if number < WATCHING_FROM else SHARES
    traffic = Traffic(view.place, int(random.integers(1 << 31)), busy, walkers, shares)
    traffic.warm_up(_WARM_S)
    return traffic


def _turning(view: View, random: np.random.Generator) -> TurningTraffic:
    busy, walkers = float(random.choice([80, 140, 200])), float(random.choice([20, 60, 120]))
    traffic = TurningTraffic(view.place, int(random.integers(1 << 31)), busy, walkers)
    traffic.warm_up(_WARM_S)
    return traffic


def _sky(condition: str, random: np.random.Generator) -> Sky:
    elevation = {"dusk": random.uniform(-5, 8), "night": random.uniform(-60, -9)}.get(condition, random.uniform(14, 80))
    raining = condition == "rain" or (condition == "night" and random.random() < 0.25)  # noqa: PLR2004 - so often
    rain = float(random.uniform(4, 55)) if raining else 0.0
    wet = 1.0 if rain else float(random.choice([0.0, 0.0, 0.0, 0.6]))
    cloud = 0.95 if rain else float(random.choice([0.0, 0.2, 0.4, 0.9]))
    return Sky(float(elevation), float(random.uniform(0, 360)), cloud, rain, wet, float(random.uniform(0.05, 0.35)))


def _orders(random: np.random.Generator) -> tuple[State, tuple[Order, ...]]:
    names = [*(state for state, _ in _STATES), State.CROWD]
    shares = [share for _, share in _STATES]
    state = names[random.choice(len(names), p=[*shares, 1 - sum(shares)])]
    extra = []
    if random.random() < _DIRTY_SHARE:
        extra.append(Order("lens_dirty", float(random.uniform(0.15, 0.5))))
    if random.random() < _ALONE_SHARE:
        extra.append(Order("intruder", 1.0))
    match state:
        case State.OBSTACLE:
            what = str(random.choice(["tree", "tree", "tree", "pole_fallen", "boxes_lost", "sand_heap"]))
            return state, (Order(what, 1.0), *extra)
        case State.FLOOD_SHALLOW:
            return state, (Order("flood", float(random.uniform(0.05, 0.13))), *extra)
        case State.FLOOD_DEEP:
            return state, (Order("flood", float(random.uniform(0.2, 0.6))), *extra)
        case State.CROWD:
            return state, (Order("crowd", float(random.integers(18, 55))), *extra)
        case _:
            return state, tuple(extra)
