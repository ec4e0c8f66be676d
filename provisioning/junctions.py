"""What the room must know of a signal before it may be retimed: who may, how far, and its phases.

It goes into the registry as it stands here (`cloud/db/junction_file.py` reads it). The box has limits of its own
(`lease` of the controller); what the room may offer beyond them would only be refused at the pole.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.contract.names import AssetCode

Title = Annotated[str, Field(min_length=1, max_length=200)]
PhaseNumber = Annotated[int, Field(ge=1, le=16)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Corridor(_Strict):
    """A road whose junctions may be leased together."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
    title: Title


class CorridorPlace(_Strict):
    """Where a junction stands in its corridor.

    Attributes:
        position: counted along the road.
        phase: the one that a green wave lengthens here.
    """

    name: str
    position: Annotated[int, Field(ge=0, le=1_000)]
    phase: PhaseNumber


class Limit(_Strict):
    """The most that a role may ask for."""

    extra_green_s: Annotated[int, Field(gt=0, le=120)]
    duration_s: Annotated[int, Field(gt=0, le=14_400)]


class Phase(_Strict):
    """A phase as advice must know it; its timing is read from the controller.

    Attributes:
        ring: of the ring-barrier diagram (NTCIP 1202 section 2.2.2.22).
        barrier: the group of phases that are served between two barriers, counted from 1.
        saturation_per_h: vehicles that would pass in an hour of uninterrupted green.
        lost_s: of each service in which nothing passes; absent: as the room assumes.
        least_green_s: below which advice takes nothing from it; absent: as the room assumes.
        detectors: numbers, in the controller's table, of those that count this approach.
    """

    phase: PhaseNumber
    name: Title
    ring: Annotated[int, Field(ge=1, le=4)]
    barrier: Annotated[int, Field(ge=1, le=8)]
    saturation_per_h: Annotated[float, Field(gt=0, le=30_000)]
    lost_s: Annotated[float, Field(ge=0, le=20)] | None = None
    least_green_s: Annotated[float, Field(gt=0, le=120)] | None = None
    detectors: list[Annotated[int, Field(ge=1, le=255)]] = []


class Junction(_Strict):
    """A signal at a site.

    Attributes:
        controller: of this site.
        authority: who may retime it.
        limits: by role; a role without limits may not retime it.
    """

    controller: AssetCode
    authority: Literal["regency", "province"] = "regency"
    corridor: CorridorPlace | None = None
    limits: dict[Literal["operator", "admin"], Limit]
    phases: Annotated[list[Phase], Field(min_length=1)]

    @model_validator(mode="after")
    def _phases_once(self) -> Self:
        numbers = [phase.phase for phase in self.phases]
        if len(set(numbers)) != len(numbers):
            raise ValueError("phases: a phase is listed twice: keep one")
        if self.corridor and self.corridor.phase not in numbers:
            raise ValueError(f"corridor: phase {self.corridor.phase} is not among the phases: name one that is")
        return self


def beyond_the_box(junction: Junction, lease: Mapping[str, object] | None) -> Iterator[tuple[str, str]]:
    """Give roles that the room would offer more than their box grants, with what is wrong.

    Args:
        junction: of a site.
        lease: of its controller, as the site file has it; None: the box grants nothing to anybody.
    """
    roles = (lease or {}).get("roles")
    for role, limit in junction.limits.items():
        granted = roles.get(role) if isinstance(roles, Mapping) else None
        if not isinstance(granted, Mapping):
            yield role, f"the box grants {role} nothing: add it to the controller's lease.roles, or drop it here"
            continue
        for name in ("extra_green_s", "duration_s"):
            most = granted.get(name)
            if isinstance(most, int) and getattr(limit, name) > most:
                yield role, f"{name} {getattr(limit, name)} is more than the {most} that the box grants: lower it"
