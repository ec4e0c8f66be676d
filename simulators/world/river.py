"""A river gauge: rain on the catchment, later a rise, then a slow fall.

Source: the cascade of equal linear reservoirs of J. E. Nash, "The form of the instantaneous unit hydrograph"
(IAHS publication 45, 1957); stage from discharge by a power-law rating, as in ISO 1100-2. The constants of a
reach are chosen so that the reported hours come out; they are not a survey.
"""

import math
from dataclasses import dataclass, field

_MM_H_KM2_PER_M3_S = 3.6
RESERVOIRS = 3


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of a river above a gauge.

    Attributes:
        catchment_km2: area that drains to the gauge.
        runoff: share of the rain that reaches the river, 0 to 1.
        reservoir_h: time constant of each reservoir; the peak comes twice this after the rain.
        base_flow_m3_s: flow in dry weather.
        rating_m: stage at 1 m3/s.
        rating_power: stage grows with discharge to this power.
    """

    catchment_km2: float
    runoff: float
    reservoir_h: float
    base_flow_m3_s: float
    rating_m: float
    rating_power: float


@dataclass(frozen=True, slots=True)
class RiverState:
    """Water on its way: outflow of each reservoir in m3/s, the last one at the gauge."""

    flows_m3_s: tuple[float, ...] = field(default=(0.0,) * RESERVOIRS)


def step(reach: Reach, state: RiverState, rain_mm_h: float, step_s: float) -> RiverState:
    """Move the water on; exact for constant rain during the step, so any step length is stable."""
    inflow = reach.runoff * rain_mm_h * reach.catchment_km2 / _MM_H_KM2_PER_M3_S
    keep = math.exp(-step_s / (reach.reservoir_h * 3_600.0))
    flows = []
    for flow in state.flows_m3_s:
        moved = flow * keep + inflow * (1.0 - keep)
        inflow = (flow + moved) / 2
        flows.append(moved)
    return RiverState(tuple(flows))


def discharge_m3_s(reach: Reach, state: RiverState) -> float:
    """Give the flow at the gauge."""
    return reach.base_flow_m3_s + state.flows_m3_s[-1]


def stage_m(reach: Reach, state: RiverState) -> float:
    """Give the water level over the gauge's zero."""
    return reach.rating_m * math.pow(discharge_m3_s(reach, state), reach.rating_power)
