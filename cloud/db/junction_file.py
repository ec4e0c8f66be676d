"""Junctions and corridors of a registry file: who may retime them, how far, and what advice must know of a phase.

```yaml
    junction:
      controller: TD-01.signal-1
      authority: regency                # or province: then only accounts it has delegated to
      corridor: {name: surabaya-malang, position: 3, phase: 2}
      limits:
        operator: {extra_green_s: 20, duration_s: 1800}
        admin: {extra_green_s: 40, duration_s: 3600}
      phases:
        - {phase: 2, name: Dari Surabaya, ring: 1, barrier: 1, saturation_per_h: 3600, detectors: [TD-01.det-2]}
```
"""

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
    """The most that a role may ask for; the box has limits of its own."""

    extra_green_s: Annotated[int, Field(gt=0, le=120)]
    duration_s: Annotated[int, Field(gt=0, le=14_400)]


class Phase(_Strict):
    """A phase as advice must know it; its timing is read from the controller.

    Attributes:
        ring: of the ring-barrier diagram (NTCIP 1202 section 2.2.2.22).
        barrier: the group of phases, over all rings, that are served between two barriers, counted from 1.
        saturation_per_h: vehicles that would pass in an hour of uninterrupted green.
        lost_s: seconds of each service in which nothing passes: start-up and the end of clearance.
        least_green_s: below which advice takes nothing from it; the box holds the controller's own least.
        detectors: assets that count this approach.
    """

    phase: PhaseNumber
    name: Title
    ring: Annotated[int, Field(ge=1, le=4)]
    barrier: Annotated[int, Field(ge=1, le=8)]
    saturation_per_h: Annotated[float, Field(gt=0, le=30_000)]
    lost_s: Annotated[float, Field(ge=0, le=20)] = 4.0
    least_green_s: Annotated[float, Field(gt=0, le=120)] = 7.0
    detectors: list[AssetCode] = []


class Junction(_Strict):
    """A signal at a site.

    Attributes:
        authority: who may retime it.
        limits: by role; a role without limits may not retime it, but a head of shift who may what operators may.
    """

    controller: AssetCode
    authority: Literal["regency", "province"] = "regency"
    corridor: CorridorPlace | None = None
    limits: dict[Literal["operator", "head_of_shift", "admin"], Limit]
    phases: Annotated[list[Phase], Field(min_length=1)]

    @model_validator(mode="after")
    def _phases_once(self) -> Self:
        numbers = [phase.phase for phase in self.phases]
        if len(set(numbers)) != len(numbers):
            raise ValueError("phases: a phase is listed twice")
        if self.corridor and self.corridor.phase not in numbers:
            raise ValueError(f"corridor: phase {self.corridor.phase} is not among the phases")
        return self
