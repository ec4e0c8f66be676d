"""What a network's description says: signalised junctions, their arms, which phase lets whom go.

A description serves twice: `build.py` makes SUMO's plain XML from it, and the running city reads from it which phase of
a junction's controller stands for which way through. Another SUMO network needs such a description too, with its own
edges.
"""

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.contract.names import SiteCode
from simulators.controller import standard
from simulators.controller.program import Program
from simulators.errors import Misconfigured

GATE_M = 600.0  # an approach reaches so far; behind it the road goes on to the next junction
_DIRECT_M = 2 * GATE_M + 200.0  # junctions nearer than this share one road
_EARTH_M = 6_371_000.0
PROGRAMS = {
    "four_arms": standard.four_arms,
    "three_arms": standard.three_arms,
    "four_stages": standard.four_stages,
    "crossing": standard.crossing,
}


class Way(StrEnum):
    """Where a vehicle goes at a junction, driving on the left."""

    LEFT = "left"
    STRAIGHT = "straight"
    RIGHT = "right"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(_Part):
    """One arm of a junction.

    Attributes:
        name: of the road.
        to: the junction at its other end; else `bearing` in degrees from north says where the road leaves the map.
        phase: lets its vehicles go straight on and to the left, and to the right where `turn` is absent.
        turn: lets its vehicles go to the right, across the oncoming traffic.
        right: whether it may turn to the right at all.
        lanes: towards the junction; with a `turn`, the last of them (the right one) is for it alone.
        demand_per_h: vehicles that arrive here by themselves at the peak of the day.
        edge_in: SUMO's edge towards the junction, where the network was not made by us.
        edge_out: SUMO's edge away from it.
    """

    name: str
    to: SiteCode | None = None
    bearing: float | None = Field(default=None, ge=0, lt=360)
    phase: int = Field(ge=1, le=8)
    turn: int | None = Field(default=None, ge=1, le=8)
    right: bool = True
    lanes: int = Field(ge=1, le=4)
    demand_per_h: float = Field(ge=0, le=6_000)
    edge_in: str | None = None
    edge_out: str | None = None


class Junction(_Part):
    """A signalised junction; its arms are named by where they lie: n, e, s, w.

    Attributes:
        program: what kind of junction it is, see `simulators/controller/standard.py`.
        light: SUMO's traffic light, where its id is not the code.
        fixed_time: its patterns give every phase its whole split, called or not, as most signals of the region do.
        offset_s: of all its patterns.
    """

    code: SiteCode
    name: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    program: Literal["four_arms", "three_arms", "four_stages", "crossing"]
    light: str = ""
    fixed_time: bool = False
    offset_s: int = Field(default=0, ge=0, le=254)
    arms: Annotated[dict[str, Arm], Field(min_length=2, max_length=4)]

    @model_validator(mode="after")
    def _phases_exist(self) -> Self:
        known = {phase.number for phase in PROGRAMS[self.program]().phases}
        for arm in self.arms.values():
            if {arm.phase, arm.turn or arm.phase} - known:
                raise ValueError(f"{self.code}: {self.program} has phases {sorted(known)} only")
        return self

    @property
    def light_id(self) -> str:
        """Name its traffic light in SUMO."""
        return self.light or self.code

    def controller_program(self) -> Program:
        """Give what its controller is set to."""
        program = PROGRAMS[self.program]()
        if self.fixed_time:
            program = standard.with_fixed_time(program)
        return standard.with_offset(program, self.offset_s) if self.offset_s else program


class Layout(_Part):
    """A whole network's description."""

    name: str
    junctions: Annotated[list[Junction], Field(min_length=1)]

    @model_validator(mode="after")
    def _roads_meet(self) -> Self:
        for junction in self.junctions:
            for arm in junction.arms.values():
                if arm.to is not None and not any(
                    other.to == junction.code for other in self.junction(arm.to).arms.values()
                ):
                    raise ValueError(f"{arm.to} has no arm to {junction.code}")
                if arm.to is None and arm.bearing is None and arm.edge_in is None:
                    raise ValueError(f"{junction.code}: an arm needs `to`, `bearing` or edges")
            self._refuse_clashes(junction)
        return self

    def _refuse_clashes(self, junction: Junction) -> None:
        """Refuse a turn to the right that has green together with the traffic it crosses."""
        for origin in junction.arms:
            for target, way in self.targets(junction, origin).items():
                if way is Way.RIGHT:
                    self._refuse_clash(junction, origin, target, self.phase_of(junction, origin, target))

    def _refuse_clash(self, junction: Junction, origin: str, target: str, phase: int) -> None:
        for side in junction.arms:
            clashes = side not in (origin, target) and self.way(junction, side, origin) is Way.STRAIGHT
            if clashes and _together(junction, phase, junction.arms[side].phase):
                raise ValueError(
                    f"{junction.code}: {origin} turns right into the traffic from {side}; give it a `turn`"
                )

    def junction(self, code: str) -> Junction:
        """Give a junction.

        Raises:
            ValueError: there is none of this code.
        """
        for junction in self.junctions:
            if junction.code == code:
                return junction
        raise ValueError(f"there is no junction {code!r}")

    def far_end(self, junction: Junction, side: str) -> str:
        """Name the node at the far end of an arm: the next junction if it is near, a gate, or the edge of the map."""
        arm = junction.arms[side]
        if arm.to is not None and distance_m(junction, self.junction(arm.to)) < _DIRECT_M:
            return arm.to
        return f"{junction.code}~{side}"

    def edge_in(self, junction: Junction, side: str) -> str:
        """Name the edge that leads to a junction."""
        return junction.arms[side].edge_in or f"{self.far_end(junction, side)}--{junction.code}"

    def edge_out(self, junction: Junction, side: str) -> str:
        """Name the edge that leads away from a junction."""
        return junction.arms[side].edge_out or f"{junction.code}--{self.far_end(junction, side)}"

    def leads_to(self, junction: Junction, side: str) -> bool:
        """Tell whether an arm's edge away from a junction is the next one's edge towards it."""
        onward = junction.arms[side].to
        if onward is None:
            return False
        following = self.junction(onward)
        back = next(key for key, arm in following.arms.items() if arm.to == junction.code)
        return self.edge_out(junction, side) == self.edge_in(following, back)

    def bearing(self, junction: Junction, side: str) -> float:
        """Give where an arm lies, in degrees from north."""
        arm = junction.arms[side]
        if arm.to is not None:
            return bearing_between(junction, self.junction(arm.to))
        return arm.bearing if arm.bearing is not None else {"n": 0.0, "e": 90.0, "s": 180.0, "w": 270.0}[side]

    def way(self, junction: Junction, origin: str, target: str) -> Way:
        """Say which way it is from one arm to another."""
        sides = sorted(
            junction.arms, key=lambda side: (self.bearing(junction, side) - self.bearing(junction, origin)) % 360
        )
        turned = (self.bearing(junction, target) - self.bearing(junction, origin)) % 360
        if len(sides) == 4:  # noqa: PLR2004 - itself, left, straight, right
            return (Way.LEFT, Way.STRAIGHT, Way.RIGHT)[sides.index(target) - 1]
        if abs(turned - 180) <= 50:  # noqa: PLR2004 - degrees that still feel straight on
            return Way.STRAIGHT
        return Way.LEFT if turned < 180 else Way.RIGHT  # noqa: PLR2004 - half a turn

    def targets(self, junction: Junction, origin: str) -> dict[str, Way]:
        """Give the arms that one may go to from an arm, and which way each is."""
        ways = {side: self.way(junction, origin, side) for side in junction.arms if side != origin}
        return {side: way for side, way in ways.items() if way is not Way.RIGHT or junction.arms[origin].right}

    def phase_of(self, junction: Junction, origin: str, target: str) -> int:
        """Say which phase lets a vehicle go from one arm to another."""
        arm = junction.arms[origin]
        return arm.turn if arm.turn and self.way(junction, origin, target) is Way.RIGHT else arm.phase


def _together(junction: Junction, one: int, other: int) -> bool:
    phases = {phase.number: phase for phase in PROGRAMS[junction.program]().phases}
    return one == other or (phases[one].ring != phases[other].ring and phases[one].side == phases[other].side)


def distance_m(one: Junction, other: Junction) -> float:
    """Measure how far two junctions are apart (a plane is exact enough within a regency)."""
    east, north = _plane_m(one, other)
    return math.hypot(east, north)


def bearing_between(one: Junction, other: Junction) -> float:
    """Give the bearing from one junction to another, in degrees from north."""
    east, north = _plane_m(one, other)
    return math.degrees(math.atan2(east, north)) % 360


def moved(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """Give the latitude and longitude of a place so far away in a direction."""
    north, east = metres * math.cos(math.radians(bearing)), metres * math.sin(math.radians(bearing))
    scale = math.cos(math.radians(latitude))
    return latitude + math.degrees(north / _EARTH_M), longitude + math.degrees(east / _EARTH_M / scale)


def _plane_m(one: Junction, other: Junction) -> tuple[float, float]:
    scale = math.cos(math.radians(one.latitude))
    east = math.radians(other.longitude - one.longitude) * _EARTH_M * scale
    return east, math.radians(other.latitude - one.latitude) * _EARTH_M


def load_layout(path: Path) -> Layout:
    """Read a description.

    Raises:
        Misconfigured: it is none, with what is wrong.
    """
    try:
        return Layout.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{path}: {error}") from error
