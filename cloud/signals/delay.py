"""How long vehicles wait at a signal, by formula. Pure.

Source: Highway Capacity Manual 2000, chapter 16: equations 16-6 and 16-7 (capacity, degree of saturation), 16-9 to
16-12 (control delay: uniform, incremental, initial queue), appendix F (initial queue). Pretimed control of an
isolated junction: k = 0.5, I = 1, no progression. Unlike Webster's own delay formula (Road Research Technical Paper
39, 1958) it holds at and above saturation, which is where the room looks.
"""

import math
from dataclasses import dataclass

INCREMENTAL_K = 0.5
UPSTREAM_I = 1.0
MOST_SATURATION = 5.0  # beyond it the formula says nothing but "far too much"


@dataclass(frozen=True, slots=True)
class Load:
    """What comes to one phase.

    Attributes:
        volume_per_h: vehicles that arrive.
        saturation_per_h: vehicles that would pass in an hour of green.
        queue_veh: vehicles that wait already, more than one red's worth.
    """

    volume_per_h: float
    saturation_per_h: float
    queue_veh: float


def capacity_per_h(load: Load, green_s: float, cycle_s: float) -> float:
    """Give how many vehicles can pass in an hour; never quite none, so that it can be divided by."""
    return max(1.0, load.saturation_per_h * green_s / cycle_s)


def saturation(load: Load, green_s: float, cycle_s: float) -> float:
    """Give the degree of saturation: volume by capacity."""
    return load.volume_per_h / capacity_per_h(load, green_s, cycle_s)


def mean_delay_s(load: Load, green_s: float, cycle_s: float, period_s: float) -> float:
    """Give the mean control delay of the vehicles that arrive in a period, those before them included.

    Args:
        load: what comes.
        green_s: effective green.
        cycle_s: cycle.
        period_s: over which this lasts.
    """
    capacity = capacity_per_h(load, green_s, cycle_s)
    degree = min(MOST_SATURATION, load.volume_per_h / capacity)
    period_h = period_s / 3_600
    queued_h = _queued_h(load.queue_veh, capacity, degree, period_h)
    share = queued_h / period_h
    uniform_s = share * _uniform_s(1.0, green_s, cycle_s) + (1 - share) * _uniform_s(degree, green_s, cycle_s)
    return (
        uniform_s
        + _incremental_s(degree, capacity, period_h)
        + _initial_s(load.queue_veh, capacity, degree, period_h, queued_h)
    )


def clears_in_s(load: Load, green_s: float, cycle_s: float) -> float | None:
    """Give the seconds until the queue is gone; None: it never is."""
    spare_per_h = capacity_per_h(load, green_s, cycle_s) - load.volume_per_h
    return load.queue_veh / spare_per_h * 3_600 if spare_per_h > 0 else None


def _uniform_s(degree: float, green_s: float, cycle_s: float) -> float:
    """Equation 16-11: all arrive evenly."""
    share = min(1.0, green_s / cycle_s)
    return 0.5 * cycle_s * (1 - share) ** 2 / max(1e-6, 1 - min(1.0, degree) * share)


def _incremental_s(degree: float, capacity: float, period_h: float) -> float:
    """Equation 16-12: they do not, and there may be too many."""
    over = degree - 1
    root = math.sqrt(over**2 + 8 * INCREMENTAL_K * UPSTREAM_I * degree / (capacity * period_h))
    return 900 * period_h * (over + root)


def _queued_h(queue_veh: float, capacity: float, degree: float, period_h: float) -> float:
    """Appendix F: for how much of the period there is a queue from before."""
    if queue_veh <= 0:
        return 0.0
    return period_h if degree >= 1 else min(period_h, queue_veh / (capacity * (1 - degree)))


def _initial_s(queue_veh: float, capacity: float, degree: float, period_h: float, queued_h: float) -> float:
    """Equation F16-1: waiting behind those who were there before."""
    if queue_veh <= 0:
        return 0.0
    left = 1 - capacity * period_h * (1 - min(1.0, degree)) / queue_veh if queued_h >= period_h else 0.0
    return 1_800 * queue_veh * (1 + max(0.0, left)) * queued_h / (capacity * period_h)
