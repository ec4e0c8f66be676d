"""A signal controller as a site file states it: where it is, what detects for it, and what the room may ask of it.

What the controller itself can say (phases, rings, times, plans) is never written here: the box reads it.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from edge.contract.names import AssetCode
from edge.site_names import Strict, names_of, one_of

PhaseNumber = Annotated[int, Field(ge=1, le=40)]
DetectorNumber = Annotated[int, Field(ge=1, le=255)]


class DetectorPlace(Strict):
    """One detector of the controller.

    Attributes:
        number: in the controller's detector table.
        phase: of the approach that it looks at.
        kind: at the stop line, or upstream of it.
        distance_m: from the stop line to its middle; an upstream one that stays occupied in red says how long the
            queue is at least.
        speed_kmh: of vehicles that are not held up, from an upstream detector to the stop line; without it arrivals on
            green are not measured there.
        length_m: of its zone.
        lanes: that it covers.
    """

    number: DetectorNumber
    phase: PhaseNumber
    kind: Literal["stop_line", "advance"] = "stop_line"
    distance_m: float = Field(default=0.0, ge=0, le=2_000)
    speed_kmh: float | None = Field(default=None, ge=5, le=150)
    length_m: float = Field(default=2.0, gt=0, le=100)
    lanes: int = Field(default=1, ge=1, le=10)


class RolePlace(Strict):
    """The most that a role may ask for.

    Attributes:
        extra_green_s: more green.
        duration_s: for how long.
        rank: a higher one supersedes; an equal or higher one may withdraw. What the room says of ranks is not believed.
    """

    extra_green_s: int = Field(ge=1, le=120)
    duration_s: int = Field(ge=1, le=14_400)
    rank: int = Field(default=1, ge=0, le=100)


class LeasePlace(Strict):
    """What the room may ask; without this part it may ask for nothing.

    Attributes:
        roles: the most for each role; a role that is not named has no right.
        phases: which greens may be lengthened; all when absent.
        max_cycle_s: longest cycle.
        cycle_fixed: the cycle is common with the neighbours and must stay.
        borrow_pct: how much of what other phases have above their least a lease may take.
        least_split_s: by phase, where the place wants more than the controller's own least.
        max_backup_s: a lease whose box has died must be over within this: the controller's backup time must be at
            least a second shorter.
        link_loss_s: a lease ends when the room was not heard for so long; in any case at three quarters of the
            controller's backup time.
        rest_s: between two leases the junction's own plan has its turn for so long; a lease whose pattern never ran
            costs no rest, and superseding by a higher rank is no second lease.
        pattern: the reserved row of the pattern table; the last when absent.
        split: the reserved row of the split table; the last when absent.
    """

    roles: dict[str, RolePlace] = Field(min_length=1, max_length=10)
    phases: list[PhaseNumber] | None = None
    max_cycle_s: int = Field(default=180, ge=30, le=255)
    cycle_fixed: bool = False
    borrow_pct: float = Field(default=100.0, ge=0, le=100)
    least_split_s: dict[PhaseNumber, int] = Field(default_factory=dict)
    max_backup_s: int = Field(default=600, ge=11, le=3_600)
    link_loss_s: float = Field(default=120.0, ge=5, le=3_600)
    rest_s: float = Field(default=120.0, ge=0, le=3_600)
    pattern: int | None = Field(default=None, ge=1, le=253)
    split: int | None = Field(default=None, ge=1, le=255)


class ControllerPlace(Strict):
    """A signal controller.

    Attributes:
        code: `TD-01.signal-1`; its phases are `TD-01.phase-2` and its detectors `TD-01.det-3`.
        bus: of kind `ntcip`.
        box: which box polls it, where the site has several.
        poll_hz: polls of its status a second.
        detectors: what detects for it.
        lease: what the room may ask.
    """

    code: AssetCode
    bus: str
    box: str | None = None
    poll_hz: float = Field(default=5.0, ge=1, le=20)
    detectors: list[DetectorPlace] = Field(default_factory=list, max_length=128)
    lease: LeasePlace | None = None

    @field_validator("code")
    @classmethod
    def _is_here(cls, code: str, info: ValidationInfo) -> str:
        site = names_of(info).site
        if site and not code.startswith(f"{site}."):
            raise ValueError(f"{code!r} does not belong to site {site}: write {site}.{code.partition('.')[2]}")
        return code

    @field_validator("bus")
    @classmethod
    def _is_bus(cls, bus: str, info: ValidationInfo) -> str:
        return one_of(bus, names_of(info).buses_of("ntcip"), "a bus of kind ntcip of this file")

    @field_validator("box")
    @classmethod
    def _is_box(cls, box: str | None, info: ValidationInfo) -> str | None:
        return box if box is None else one_of(box, names_of(info).boxes, "a box of this file")

    @field_validator("detectors")
    @classmethod
    def _are_different(cls, detectors: list[DetectorPlace]) -> list[DetectorPlace]:
        numbers = [detector.number for detector in detectors]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ValueError(f"detector {twice[0]} stands here twice: keep one")
        return detectors

    @property
    def site(self) -> str:
        """The site's code."""
        return self.code.partition(".")[0]

    def phase_asset(self, phase: int) -> str:
        """Name a phase as an asset."""
        return f"{self.site}.phase-{phase}"

    def detector_asset(self, detector: int) -> str:
        """Name a detector as an asset."""
        return f"{self.site}.det-{detector}"
