"""Bodies made of flat faces, rods and balls, in a frame of their own: x forward, y left, z up.

Vehicles are scaled to their length, width and height from a body that is 1 long, 1 wide and 1 high; people are in
metres already. A body's parts are drawn from far to near, and what lies on a part (a window, a wheel) right after it.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Corner = tuple[float, float, float]


class Role(IntEnum):
    """What a surface is, which gives its colour."""

    PAINT = 0
    SECOND = 1
    GLASS = 2
    TYRE = 3
    TRIM = 4
    LAMP = 5
    TAIL = 6
    PLATE = 7
    SKIN = 8
    SHIRT = 9
    TROUSERS = 10
    HAT = 11
    RIM = 12


class Form(IntEnum):
    """How a piece is drawn."""

    FACE = 0
    ROD = 1
    BALL = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a body.

    Attributes:
        corners: numbers of its corners; a rod has two, a ball one.
        part: pieces of one part are drawn in their order; parts by their distance.
        radius_m: of a rod or ball.
        detail: left out where the body is small in the picture.
    """

    form: Form
    corners: tuple[int, ...]
    role: Role
    part: int
    radius_m: float = 0.0
    detail: bool = False


@dataclass(slots=True)
class Mesh:
    """A body as arrays, ready to be moved and drawn."""

    corners: Floats
    pieces: list[Piece]
    part_corners: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


class Sculptor:
    """Puts a body together."""

    def __init__(self) -> None:
        self._corners: list[Corner] = []
        self._pieces: list[Piece] = []
        self._part = -1

    def part(self) -> None:
        """Begin a new part."""
        self._part += 1

    def face(self, corners: list[Corner], role: Role, *, detail: bool = False) -> None:
        """Add a face; its corners run counterclockwise when seen from outside."""
        self._add(Form.FACE, corners, role, 0.0, detail=detail)

    def rod(self, start: Corner, end: Corner, radius_m: float, role: Role) -> None:
        """Add a rod with round ends."""
        self._add(Form.ROD, [start, end], role, radius_m, detail=False)

    def ball(self, centre: Corner, radius_m: float, role: Role) -> None:
        """Add a ball."""
        self._add(Form.BALL, [centre], role, radius_m, detail=False)

    def both_sides(self, corners: list[Corner], role: Role, *, detail: bool = False) -> None:
        """Add a face of the left side and its mirror image on the right."""
        self.face(corners, role, detail=detail)
        self.face([(x, -y, z) for x, y, z in reversed(corners)], role, detail=detail)

    def box(self, low: Corner, high: Corner, role: Role) -> None:
        """Add a box without its bottom."""
        (x1, y1, z1), (x2, y2, z2) = low, high
        self.face([(x2, y1, z1), (x2, y2, z1), (x2, y2, z2), (x2, y1, z2)], role)
        self.face([(x1, y2, z1), (x1, y1, z1), (x1, y1, z2), (x1, y2, z2)], role)
        self.face([(x2, y2, z1), (x1, y2, z1), (x1, y2, z2), (x2, y2, z2)], role)
        self.face([(x1, y1, z1), (x2, y1, z1), (x2, y1, z2), (x1, y1, z2)], role)
        self.face([(x1, y1, z2), (x2, y1, z2), (x2, y2, z2), (x1, y2, z2)], role)

    def wheel(self, x: float, y: float, radius: tuple[float, float], *, rim: bool = True) -> None:
        """Add a wheel as seen from the side on which it is.

        Args:
            x: of its hub.
            y: of its outer face.
            radius: along x and along z, since a body is scaled differently in each.
            rim: whether it has a bright one.
        """
        wide, high = radius
        for role, share in ((Role.TYRE, 1.0), (Role.RIM, 0.55))[: 2 if rim else 1]:
            turn = [(np.cos(a) * wide * share, np.sin(a) * high * share) for a in np.linspace(0, 2 * np.pi, 11)[:-1]]
            disc: list[Corner] = [(x + float(a), y, high + float(b)) for a, b in turn]
            self.face(disc if y < 0 else disc[::-1], role, detail=role is Role.RIM)

    def mesh(self) -> Mesh:
        """Give the finished body."""
        return Mesh(np.array(self._corners, np.float32), list(self._pieces))

    def _add(self, form: Form, corners: list[Corner], role: Role, radius_m: float, *, detail: bool) -> None:
        first = len(self._corners)
        self._corners += corners
        numbers = tuple(range(first, first + len(corners)))
        self._pieces.append(Piece(form, numbers, role, max(0, self._part), radius_m, detail))
