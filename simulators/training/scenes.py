"""Scenes by chance: a place, a camera, light, weather, traffic, and in most of them something that happens.

A scene follows from its number alone. Scenes for training, for watching the training and for the final evaluation have
numbers that never meet, and with them other places, cameras, colours, houses and traffic.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulators.cameras.director import Director, Order
from simulators.cameras.places import View, junction, street
from simulators.cameras.scene import Moment, Sky, State
from simulators.cameras.source import OwnTraffic
from simulators.cameras.traffic import Traffic

TRAINING_FROM, WATCHING_FROM, EVALUATION_FROM = 1_000, 500_000, 900_000
_STATES = ((State.CLEAR, 0.36), (State.OBSTACLE, 0.22), (State.FLOOD_SHALLOW, 0.13), (State.FLOOD_DEEP, 0.13))
CONDITIONS = ("day", "dusk", "night", "rain")


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


def scene(number: int) -> Scene:
    """Make the scene of a number."""
    random = np.random.default_rng(number)
    view = (street if random.random() < 0.5 else junction)(number)  # noqa: PLR2004 - half of each
    condition = str(random.choice(CONDITIONS, p=[0.46, 0.12, 0.22, 0.20]))
    sky = _sky(condition, random)
    busy = float(random.choice([60, 250, 450, 700]))
    traffic = Traffic(view.place, number, busy, float(random.choice([20, 90, 240])))
    traffic.warm_up(50.0)
    director = Director(view.place, view.pose, OwnTraffic(traffic), lambda _: sky)
    state, orders = _orders(random)
    director.order(orders)
    return Scene(number, view, condition, state, sky, director)


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
    extra = (Order("lens_dirty", float(random.uniform(0.15, 0.5))),) if random.random() < 0.15 else ()  # noqa: PLR2004
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
            return state, extra
