"""What stands before a camera, in metres: the place, what moves on it, the light, the weather and the lens.

The ground frame is local to a scene: x east, y north, z up, origin anywhere near. Headings and bearings are degrees
clockwise from north, as on a map.
"""

from dataclasses import dataclass, field
from enum import StrEnum

Point = tuple[float, float]


class Kind(StrEnum):
    """Classes of what moves; the first five are what the shipped detector tells apart, in its labels' order."""

    PERSON = "person"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    BUS = "bus"
    TRUCK = "truck"


class State(StrEnum):
    """What the carriageway is like; one word for each picture, the worst that is true."""

    CLEAR = "clear"
    OBSTACLE = "obstacle"
    FLOOD_SHALLOW = "flood_shallow"
    FLOOD_DEEP = "flood_deep"
    CROWD = "crowd"


class LensState(StrEnum):
    """What the lens is like."""

    CLEAN = "clean"
    DIRTY = "dirty"
    COVERED = "covered"
    DEFOCUSED = "defocused"
    FROZEN = "frozen"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera hangs and looks.

    Attributes:
        bearing_deg: of the optical axis, clockwise from north.
        pitch_deg: above the horizon; a mounted camera has about -20.
        roll_deg: clockwise positive.
        view_deg: horizontal angle of view.
    """

    x_m: float
    y_m: float
    height_m: float
    bearing_deg: float
    pitch_deg: float
    roll_deg: float = 0.0
    view_deg: float = 62.0


@dataclass(frozen=True, slots=True)
class Road:
    """A straight road.

    Attributes:
        start: of its axis.
        end: of its axis.
        width_m: of the carriageway, kerb to kerb.
        lanes: in all; lines are painted between them, the middle one for overtaking is solid from four lanes on.
        pavement_m: width of the pavement on each side; 0 is a grass verge without a kerb.
        median_m: width of a kerbed island along the axis; 0 is none.
    """

    start: Point
    end: Point
    width_m: float
    lanes: int = 2
    pavement_m: float = 2.0
    median_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Lamp:
    """A street lamp: its column and its head, which hangs over the road."""

    name: str
    x_m: float
    y_m: float
    head: Point
    height_m: float = 9.0
    warm: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """What does not move.

    Attributes:
        seed: of everything that is drawn by chance: textures, houses, trees.
        junction: corners of the area in which roads cross; nothing is painted there.
        zebras: crossings as (centre, bearing across the road, length across it).
        yard: corners of a fenced yard that nobody may enter at night; empty is none.
        built: share of the roadside that has buildings, 0 to 1; the rest is trees and fields.
    """

    seed: int
    roads: tuple[Road, ...]
    junction: tuple[Point, ...] = ()
    zebras: tuple[tuple[Point, float, float], ...] = ()
    lamps: tuple[Lamp, ...] = ()
    yard: tuple[Point, ...] = ()
    built: float = 0.6


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that moves, or could.

    Attributes:
        number: the same as long as it is in the scene.
        heading_deg: where its front points.
        length_m: along its heading.
        look: chooses colours and variant.
        stride: walkers only: how far through a step, 0 to 1.
        braking: shows its brake lights.
    """

    number: int
    kind: Kind
    x_m: float
    y_m: float
    heading_deg: float
    length_m: float
    width_m: float
    height_m: float
    speed_m_s: float = 0.0
    look: int = 0
    stride: float = 0.0
    braking: bool = False


@dataclass(frozen=True, slots=True)
class Sky:
    """Light and weather.

    Attributes:
        sun_elevation_deg: below -6 it is night.
        sun_bearing_deg: where the sun stands.
        cloud: share of the sky that is covered, 0 to 1; from 0.7 on there are no shadows.
        rain_mm_h: falling now.
        wet: how wet the road is, 0 to 1.
        haze: how much the far end fades, 0 to 1.
    """

    sun_elevation_deg: float = 50.0
    sun_bearing_deg: float = 60.0
    cloud: float = 0.2
    rain_mm_h: float = 0.0
    wet: float = 0.0
    haze: float = 0.15


@dataclass(frozen=True, slots=True)
class Lens:
    """What is wrong with the lens; amounts are 0 (nothing) to 1 (blind).

    Attributes:
        turned_deg: by how much somebody has turned the camera.
        frozen: the picture no longer changes, though frames go on coming.
    """

    dirt: float = 0.0
    covered: float = 0.0
    defocus: float = 0.0
    frozen: bool = False
    turned_deg: float = 0.0

    def state(self) -> LensState:
        """Name the worst of it."""
        if self.frozen:
            return LensState.FROZEN
        if self.covered > 0:
            return LensState.COVERED
        if self.turned_deg:
            return LensState.TURNED
        if self.defocus > 0:
            return LensState.DEFOCUSED
        return LensState.DIRTY if self.dirt > 0 else LensState.CLEAN


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What lies on the carriageway: a tree, a heap of sand, boxes, a pole.

    Attributes:
        what: "tree", "pole", "boxes" or "sand".
        length_m: of a tree or pole; of a heap its diameter.
    """

    what: str
    x_m: float
    y_m: float
    heading_deg: float
    length_m: float = 9.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered to happen before the camera.

    Attributes:
        flood_m: depth of the water over the crown of the road; 0 is dry.
        lamps_out: names of lamps that do not burn though it is night.
        crowd: whether the people there are a crowd.
        intruder: number of the person who is in the yard; None is nobody.
    """

    obstacles: tuple[Obstacle, ...] = ()
    flood_m: float = 0.0
    lamps_out: frozenset[str] = frozenset()
    crowd: bool = False
    intruder: int | None = None

    def state(self) -> State:
        """Name the worst of it; 0.15 m is about a kerb, and stops motorcycles' engines soon after."""
        if self.flood_m > 0:
            return State.FLOOD_DEEP if self.flood_m >= FLOOD_DEEP_M else State.FLOOD_SHALLOW
        if self.obstacles:
            return State.OBSTACLE
        return State.CROWD if self.crowd else State.CLEAR


FLOOD_DEEP_M = 0.15


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that changes from frame to frame.

    Attributes:
        at_s: when, seconds since 1970.
        clock_s: what the camera's own clock says; it may be wrong.
    """

    at_s: float
    clock_s: float
    things: tuple[Thing, ...] = ()
    sky: Sky = field(default_factory=Sky)
    lens: Lens = field(default_factory=Lens)
    ordered: Ordered = field(default_factory=Ordered)
