"""Cars, buses and trucks as they are on roads of East Java: many people carriers, pickups, colourful coaches."""

from functools import lru_cache
from itertools import pairwise

from simulators.cameras.mesh import Corner, Mesh, Role, Sculptor

CAR_LOOKS = 4
BUS_LOOKS = 2
TRUCK_LOOKS = 4
_OUT = 1.004  # what lies on a surface stands so much outside of it

# outlines of the side, from the front bumper over the roof to the rear: (x, z), then which stretches are glass
_CARS: tuple[tuple[tuple[tuple[float, float], ...], tuple[int, int], tuple[int, int]], ...] = (
    (
        ((0.5, 0.36), (0.49, 0.52), (0.27, 0.60), (0.10, 0.97), (-0.44, 0.97), (-0.5, 0.60), (-0.5, 0.36)),
        (2, 3),
        (4, 5),
    ),
    (
        ((0.5, 0.34), (0.49, 0.50), (0.22, 0.58), (0.06, 0.96), (-0.28, 0.97), (-0.44, 0.62), (-0.5, 0.34)),
        (2, 3),
        (4, 5),
    ),
    (
        ((0.5, 0.34), (0.49, 0.50), (0.20, 0.58), (0.03, 0.97), (-0.22, 0.97), (-0.36, 0.60), (-0.5, 0.56)),
        (2, 3),
        (4, 5),
    ),
    (((0.5, 0.30), (0.5, 0.50), (0.42, 0.56), (0.30, 0.98), (-0.48, 0.98), (-0.5, 0.60), (-0.5, 0.30)), (2, 3), (4, 5)),
)
_LOW = 0.16


@lru_cache(maxsize=32)
def car(look: int) -> Mesh:
    """Make a car: people carrier, hatchback, saloon or minivan (angkot)."""
    outline, front_glass, rear_glass = _CARS[look % CAR_LOOKS]
    made = Sculptor()
    made.part()
    belt = 0.56
    _hull(made, outline, front_glass, rear_glass, belt)
    _side_windows(made, outline, belt)
    for x in (0.31, -0.31):
        for y in (-0.5, 0.5):
            made.wheel(x, y * _OUT, (0.072, 0.19))
    _front(made, 0.5, 0.42)
    _rear(made, -0.5, 0.46)
    return made.mesh()


def _half_width(z: float, belt: float) -> float:
    """Give half the width at a height: the cabin leans inward."""
    return 0.5 if z <= belt else 0.5 - 0.11 * (z - belt) / (1 - belt)


def _hull(
    made: Sculptor,
    outline: tuple[tuple[float, float], ...],
    front_glass: tuple[int, int],
    rear_glass: tuple[int, int],
    belt: float,
) -> None:
    lower: list[Corner] = [(x, 0.5, min(z, belt)) for x, z in outline]
    made.both_sides([(-0.5, 0.5, _LOW), *reversed(lower), (0.5, 0.5, _LOW)], Role.PAINT)
    upper = [(x, z) for x, z in outline if z >= belt]
    made.both_sides([(x, _half_width(z, belt), z) for x, z in reversed(upper)], Role.PAINT)
    path = [(0.5, _LOW), *outline, (-0.5, _LOW)]
    for number, ((x1, z1), (x2, z2)) in enumerate(pairwise(path), start=-1):
        y1, y2 = _half_width(z1, belt), _half_width(z2, belt)
        strip: list[Corner] = [(x1, -y1, z1), (x1, y1, z1), (x2, y2, z2), (x2, -y2, z2)]
        made.face(strip, Role.PAINT)
        if (number, number + 1) in (front_glass, rear_glass):
            made.face(_shrunk(strip, 0.9), Role.GLASS)


def _shrunk(corners: list[Corner], share: float) -> list[Corner]:
    middle = [sum(corner[axis] for corner in corners) / len(corners) for axis in range(3)]
    return [
        (middle[0] + (x - middle[0]) * share, middle[1] + (y - middle[1]) * share, middle[2] + (z - middle[2]) * share)
        for x, y, z in corners
    ]


def _side_windows(made: Sculptor, outline: tuple[tuple[float, float], ...], belt: float) -> None:
    top = [(x, z) for x, z in outline if z > 0.9]  # noqa: PLR2004 - the roof
    foot = [(x, z) for x, z in outline if belt - 0.1 <= z <= 0.7]  # noqa: PLR2004 - of the screens
    front_x, rear_x = max(x for x, _ in top), min(x for x, _ in top)
    front_foot = max(x for x, z in foot if x < 0.45)  # noqa: PLR2004 - behind the bonnet's front edge
    rear_foot = min(x for x, _ in foot)
    low, high = belt + 0.03, 0.92
    y_low, y_high = _half_width(low, belt) * _OUT, _half_width(high, belt) * _OUT
    middle = (front_x + rear_x) / 2 + 0.03
    made.both_sides(
        [
            (middle + 0.01, y_low, low),
            (middle + 0.01, y_high, high),
            (front_x - 0.01, y_high, high),
            (front_foot - 0.05, y_low, low),
        ],
        Role.GLASS,
    )
    made.both_sides(
        [
            (rear_foot + 0.05, y_low, low),
            (rear_x + 0.03, y_high, high),
            (middle - 0.01, y_high, high),
            (middle - 0.01, y_low, low),
        ],
        Role.GLASS,
    )


def _front(made: Sculptor, x: float, z: float) -> None:
    out = x * _OUT
    for side in (-1, 1):
        y1, y2 = sorted((side * 0.46, side * 0.26))
        made.face([(out, y1, z), (out, y2, z), (out, y2, z + 0.09), (out, y1, z + 0.09)], Role.LAMP)
    made.face([(out, -0.24, z - 0.06), (out, 0.24, z - 0.06), (out, 0.24, z + 0.06), (out, -0.24, z + 0.06)], Role.TRIM)
    made.face([(out, -0.48, _LOW), (out, 0.48, _LOW), (out, 0.48, _LOW + 0.08), (out, -0.48, _LOW + 0.08)], Role.TRIM)
    made.face([(out, -0.13, 0.25), (out, 0.13, 0.25), (out, 0.13, 0.32), (out, -0.13, 0.32)], Role.PLATE, detail=True)


def _rear(made: Sculptor, x: float, z: float) -> None:
    out = x * _OUT
    for side in (-1, 1):
        y1, y2 = sorted((side * 0.48, side * 0.34))
        made.face([(out, y2, z), (out, y1, z), (out, y1, z + 0.11), (out, y2, z + 0.11)], Role.TAIL)
    made.face([(out, 0.48, _LOW), (out, -0.48, _LOW), (out, -0.48, _LOW + 0.09), (out, 0.48, _LOW + 0.09)], Role.TRIM)
    made.face([(out, 0.14, 0.32), (out, -0.14, 0.32), (out, -0.14, 0.4), (out, 0.14, 0.4)], Role.PLATE, detail=True)


@lru_cache(maxsize=32)
def bus(look: int) -> Mesh:
    """Make a bus: a coach or a city bus."""
    made = Sculptor()
    made.part()
    slope = 0.015 if look % BUS_LOOKS else 0.0
    low, high = 0.1, 1.0
    made.both_sides([(-0.5, 0.5, low), (-0.5, 0.5, high), (0.5 - slope, 0.5, high), (0.5, 0.5, low)], Role.PAINT)
    made.face([(0.5, -0.5, low), (0.5, 0.5, low), (0.5 - slope, 0.5, high), (0.5 - slope, -0.5, high)], Role.PAINT)
    made.face([(-0.5, 0.5, low), (-0.5, -0.5, low), (-0.5, -0.5, high), (-0.5, 0.5, high)], Role.PAINT)
    made.face([(-0.5, -0.5, high), (0.5 - slope, -0.5, high), (0.5 - slope, 0.5, high), (-0.5, 0.5, high)], Role.PAINT)
    made.box((-0.3, -0.3, 1.0), (-0.05, 0.3, 1.04), Role.SECOND)
    side = 0.5 * _OUT
    made.both_sides([(-0.5, side, 0.2), (-0.5, side, 0.4), (0.3, side, 0.4), (0.5, side, 0.2)], Role.SECOND)
    count = 6 + look % 3
    for number in range(count):
        x1 = -0.47 + number * 0.92 / count
        x2 = x1 + 0.92 / count - 0.012
        made.both_sides([(x1, side, 0.52), (x1, side, 0.84), (x2, side, 0.84), (x2, side, 0.52)], Role.GLASS)
    x = 0.5 * _OUT
    made.face([(x, -0.47, 0.42), (x, 0.47, 0.42), (x - slope, 0.46, 0.84), (x - slope, -0.46, 0.84)], Role.GLASS)
    made.face([(x, -0.42, 0.87), (x, 0.42, 0.87), (x - slope, 0.42, 0.96), (x - slope, -0.42, 0.96)], Role.TRIM)
    made.face([(-x, 0.43, 0.5), (-x, -0.43, 0.5), (-x, -0.43, 0.84), (-x, 0.43, 0.84)], Role.GLASS)
    for wheel_x in (0.33, -0.28):
        for y in (-side, side):
            made.wheel(wheel_x, y, (0.045, 0.16))
    _front(made, 0.5, 0.24)
    _rear(made, -0.5, 0.22)
    return made.mesh()


@lru_cache(maxsize=32)
def truck(look: int) -> Mesh:
    """Make a truck: closed box, open wooden bed with a tarpaulin, tank, or a pickup's big brother."""
    look %= TRUCK_LOOKS
    made = Sculptor()
    made.part()
    made.box((-0.5, -0.42, 0.2), (0.26, 0.42, 0.32), Role.TRIM)
    for x in (-0.3, -0.4)[: 2 if look % 2 else 1]:
        for y in (-0.5, 0.5):
            made.wheel(x, y * 0.98, (0.062, 0.15))
    made.part()
    if look == 0:
        made.box((-0.5, -0.5, 0.3), (0.23, 0.5, 1.0), Role.SECOND)
    elif look == 1:
        made.box((-0.5, -0.5, 0.3), (0.23, 0.5, 0.68), Role.PAINT)
        _stakes(made)
        made.box((-0.48, -0.47, 0.66), (0.21, 0.47, 0.92), Role.SECOND)
    elif look == 2:  # noqa: PLR2004 - looks are numbered
        made.box((-0.5, -0.5, 0.3), (0.23, 0.5, 0.62), Role.PAINT)
        made.box((-0.46, -0.45, 0.6), (0.19, 0.45, 0.7), Role.SECOND)
    else:
        made.box((-0.5, -0.44, 0.34), (0.22, 0.44, 0.78), Role.SECOND)
        made.box((-0.48, -0.26, 0.78), (0.2, 0.26, 0.88), Role.SECOND)
    for side in (-1, 1):
        y1, y2 = sorted((side * 0.46, side * 0.3))
        x = -0.5 * _OUT
        made.face([(x, y2, 0.34), (x, y1, 0.34), (x, y1, 0.42), (x, y2, 0.42)], Role.TAIL)
    _cab(made)
    return made.mesh()


def _stakes(made: Sculptor) -> None:
    for number in range(6):
        x = -0.48 + number * 0.13
        made.both_sides(
            [(x, 0.503, 0.3), (x, 0.503, 0.68), (x + 0.02, 0.503, 0.68), (x + 0.02, 0.503, 0.3)], Role.TRIM, detail=True
        )


def _cab(made: Sculptor) -> None:
    made.part()
    top = 0.82
    made.both_sides(
        [(0.26, 0.47, 0.2), (0.26, 0.47, top), (0.46, 0.47, top), (0.5, 0.47, 0.5), (0.5, 0.47, 0.2)], Role.PAINT
    )
    made.face([(0.5, -0.47, 0.2), (0.5, 0.47, 0.2), (0.5, 0.47, 0.5), (0.5, -0.47, 0.5)], Role.PAINT)
    made.face([(0.5, -0.47, 0.5), (0.5, 0.47, 0.5), (0.46, 0.47, top), (0.46, -0.47, top)], Role.PAINT)
    made.face(
        [(0.502, -0.43, 0.52), (0.502, 0.43, 0.52), (0.466, 0.43, top - 0.03), (0.466, -0.43, top - 0.03)], Role.GLASS
    )
    made.face([(0.26, -0.47, top), (0.46, -0.47, top), (0.46, 0.47, top), (0.26, 0.47, top)], Role.PAINT)
    made.face([(0.26, 0.47, 0.2), (0.26, -0.47, 0.2), (0.26, -0.47, top), (0.26, 0.47, top)], Role.PAINT)
    made.both_sides(
        [(0.31, 0.474, 0.52), (0.31, 0.474, top - 0.04), (0.45, 0.474, top - 0.04), (0.48, 0.474, 0.52)], Role.GLASS
    )
    for y in (-0.475, 0.475):
        made.wheel(0.38, y, (0.062, 0.15))
    _front(made, 0.5, 0.28)
