"""What colours things have: each thing's own, chosen by its look, the same in every frame."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulators.cameras.mesh import Role
from simulators.cameras.scene import Kind

Floats = NDArray[np.float32]
# BGR, with how many of a hundred have it
_CARS = (
    ((222, 224, 226), 28),
    ((34, 34, 36), 20),
    ((150, 152, 154), 18),
    ((96, 98, 102), 10),
    ((40, 40, 150), 7),
    ((110, 60, 36), 6),
    ((60, 66, 84), 5),
    ((40, 140, 210), 3),
    ((70, 120, 60), 3),
)
_BUSES = (((230, 232, 234), 5), ((60, 170, 60), 2), ((180, 80, 30), 2), ((30, 60, 200), 2), ((40, 180, 230), 2))
_TRUCKS = (((50, 160, 220), 4), ((60, 60, 190), 2), ((200, 202, 204), 3), ((160, 110, 50), 2), ((70, 130, 60), 2))
_BIKES = (((30, 30, 32), 5), ((30, 30, 170), 4), ((200, 200, 204), 3), ((160, 70, 30), 2), ((80, 84, 90), 2))
_CLOTHES = (
    ((40, 40, 44), 5),
    ((60, 150, 40), 3),
    ((180, 180, 184), 3),
    ((120, 70, 40), 3),
    ((40, 40, 160), 2),
    ((90, 110, 130), 2),
    ((170, 130, 90), 2),
    ((80, 170, 210), 1),
    ((140, 60, 130), 1),
)
_TROUSERS = (((60, 44, 34), 5), ((40, 40, 42), 4), ((100, 116, 130), 2))
_LOADS = (((190, 120, 50), 3), ((90, 130, 160), 3), ((210, 212, 214), 3), ((60, 130, 60), 2), ((60, 80, 110), 2))


@lru_cache(maxsize=4096)
def palette(kind: Kind, look: int) -> Floats:
    """Give the colour of each role, BGR float32 (roles, 3), of one thing."""
    random = np.random.default_rng((look, len(kind)))
    paints = {Kind.CAR: _CARS, Kind.BUS: _BUSES, Kind.TRUCK: _TRUCKS}.get(kind, _BIKES)
    colours = np.zeros((len(Role), 3), np.float32)
    colours[Role.PAINT] = _pick(paints, random)
    colours[Role.SECOND] = _pick(_BUSES if kind is Kind.BUS else _LOADS, random)
    colours[Role.GLASS] = (46, 42, 36)
    colours[Role.TYRE] = (26, 26, 27)
    colours[Role.TRIM] = (44, 44, 46)
    colours[Role.LAMP] = (228, 232, 232)
    colours[Role.TAIL] = (40, 34, 150)
    colours[Role.PLATE] = (225, 228, 228) if random.random() < 0.5 else (28, 28, 30)  # noqa: PLR2004 - new and old
    colours[Role.SKIN] = np.array([86, 118, 162]) * random.uniform(0.7, 1.15)
    colours[Role.SHIRT] = _pick(_CLOTHES, random)
    colours[Role.TROUSERS] = _pick(_TROUSERS, random)
    helmet = colours[Role.SHIRT] if random.random() < 0.3 else _pick(_BIKES, random)  # noqa: PLR2004
    colours[Role.HAT] = helmet if kind is Kind.MOTORCYCLE else (24, 24, 28)
    if kind is Kind.PERSON and look % 2:
        colours[Role.HAT] = _pick(_CLOTHES, random)
    colours[Role.RIM] = (140, 142, 144)
    return colours


def _pick(choices: tuple[tuple[tuple[int, int, int], int], ...], random: np.random.Generator) -> Floats:
    shares = np.array([share for _, share in choices], np.float64)
    chosen = choices[random.choice(len(choices), p=shares / shares.sum())][0]
    return (np.array(chosen, np.float32) * random.uniform(0.85, 1.12)).astype(np.float32)
