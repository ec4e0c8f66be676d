"""People on foot and on motorcycles, made of rods and balls.

In metres, for a person of 1.65 m and a machine of 1.9 m.
"""

import math
from functools import lru_cache

from simulators.cameras.mesh import Corner, Mesh, Role, Sculptor

STRIDES = 8
RIDER_LOOKS = 4


@lru_cache(maxsize=64)
def walker(stride: int, look: int) -> Mesh:
    """Make somebody on foot.

    Args:
        stride: how far through a step, in `STRIDES` parts; -1 stands.
        look: 0 has long trousers, 1 a long dress and a headscarf.
    """
    made = Sculptor()
    made.part()
    swing = math.sin(2 * math.pi * stride / STRIDES) * 0.32 if stride >= 0 else 0.06
    for side, forward in ((-1, swing), (1, -swing)):
        hip: Corner = (0.0, side * 0.09, 0.86)
        knee: Corner = (forward * 0.6 + 0.05, side * 0.1, 0.46)
        foot: Corner = (forward * 1.1 - 0.06, side * 0.1, 0.06 + max(0.0, -forward) * 0.2)
        made.rod(hip, knee, 0.085, Role.TROUSERS)
        made.rod(knee, foot, 0.06, Role.TROUSERS)
    if look:
        made.rod((0, 0, 0.82), (0, 0, 0.3), 0.19, Role.SHIRT)
    made.rod((0, 0, 0.92), (0.02, 0, 1.28), 0.17, Role.SHIRT)
    for side, forward in ((-1, -swing), (1, swing)):
        shoulder: Corner = (0.02, side * 0.2, 1.32)
        elbow: Corner = (forward * 0.4, side * 0.25, 1.06)
        made.rod(shoulder, elbow, 0.05, Role.SHIRT)
        made.rod(elbow, (forward * 0.9 + 0.06, side * 0.22, 0.84), 0.04, Role.SKIN)
    made.ball((0.03, 0, 1.53), 0.115, Role.SKIN)
    made.ball((-0.005, 0, 1.56), 0.12 if not look else 0.135, Role.HAT)
    return made.mesh()


@lru_cache(maxsize=16)
def rider(look: int) -> Mesh:
    """Make a motorcycle with who rides it: alone, with a passenger, with a load, or parked with nobody."""
    look %= RIDER_LOOKS
    made = Sculptor()
    made.part()
    _machine(made)
    if look != 3:  # noqa: PLR2004 - looks are numbered
        _seated(made, 0.02)
    if look == 1:
        _seated(made, -0.36)
    elif look == 2:  # noqa: PLR2004 - looks are numbered
        made.box((-0.72, -0.3, 0.72), (-0.3, 0.3, 1.18), Role.SECOND)
    return made.mesh()


def _machine(made: Sculptor) -> None:
    for x in (0.64, -0.6):
        for y in (-0.055, 0.055):
            turn = [(math.cos(a) * 0.29, math.sin(a) * 0.29) for a in (k * math.pi / 5 for k in range(10))]
            disc: list[Corner] = [(x + a, y, 0.29 + b) for a, b in turn]
            made.face(disc if y < 0 else disc[::-1], Role.TYRE)
        made.rod((x, 0, 0.07), (x, 0, 0.5), 0.055, Role.TYRE)
    made.rod((-0.5, 0, 0.34), (0.2, 0, 0.3), 0.13, Role.TRIM)
    made.rod((0.26, 0, 0.36), (0.44, 0, 0.9), 0.14, Role.PAINT)
    made.rod((-0.78, 0, 0.74), (0.0, 0, 0.66), 0.13, Role.PAINT)
    made.rod((-0.62, 0, 0.8), (0.02, 0, 0.76), 0.1, Role.TYRE)
    made.rod((0.42, -0.34, 1.02), (0.42, 0.34, 1.02), 0.035, Role.TRIM)
    made.rod((0.46, -0.06, 0.9), (0.46, 0.06, 0.9), 0.08, Role.LAMP)
    made.rod((-0.86, -0.07, 0.74), (-0.86, 0.07, 0.74), 0.05, Role.TAIL)


def _seated(made: Sculptor, x: float) -> None:
    front = x > -0.2  # noqa: PLR2004 - who steers sits in front
    for side in (-1, 1):
        made.rod((x - 0.08, side * 0.11, 0.86), (x + 0.3, side * 0.19, 0.72), 0.085, Role.TROUSERS)
        made.rod((x + 0.3, side * 0.19, 0.72), (x + 0.18, side * 0.17, 0.32), 0.065, Role.TROUSERS)
    made.rod((x - 0.08, 0, 0.92), (x + 0.04, 0, 1.3), 0.175, Role.SHIRT)
    hands = 0.42 if front else x + 0.22
    for side in (-1, 1):
        made.rod((x + 0.05, side * 0.2, 1.33), (x + 0.18, side * 0.28, 1.1), 0.06, Role.SHIRT)
        made.rod((x + 0.18, side * 0.28, 1.1), (hands, side * 0.27, 1.06), 0.045, Role.SHIRT if front else Role.SKIN)
    made.ball((x + 0.09, 0, 1.55), 0.135, Role.HAT)
    made.ball((x + 0.15, 0, 1.52), 0.1, Role.SKIN if not front else Role.GLASS)
    made.ball((x + 0.07, 0, 1.58), 0.14, Role.HAT)
