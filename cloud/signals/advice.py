"""Advice, not action: which lease would help a junction now, and what it is expected to do. Pure.

Webster's division is the baseline, max-pressure stands beside it, and the lease is the one longer green that is
expected to help most: of a phase that has less than Webster would give it, by at most what it lacks, within what the
role may ask, and never so much that a phase that gives is pushed above its practical capacity: a junction that is
rescued on one arm is not to be jammed on another. A person grants it.

A detector behind a queue counts what leaves, not what comes. So what is waiting counts as demand as well: it is to be
gone by the end of the lease. And an approach whose stop line is occupied in all of its red and much of its green is
full, whatever its count says: its demand is at least its capacity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.signals.delay import Load, clears_in_s, mean_delay_s, saturation
from cloud.signals.splits import Slot, critical_flow, divide, least_cycle_s, lengthen, webster_cycle_s

LANE_SATURATION_PER_H = 1_800.0
METRES_PER_VEHICLE = 7.5  # in one lane, standing; Highway Capacity Manual 2000 uses 25 ft
LEAST_EXTRA_S = 3
LEAST_GAIN_PCT = 3.0
NEAR_SHARE = 0.95  # of the greatest gain
OCCUPIED_IN_GREEN = 0.5  # of a green in which a queue passes: vehicles with their gaps
# What a phase that gives may be filled to: counts are of a few cycles, and above it the queue grows by chance alone.
# Webster and Cobbe, "Traffic Signals", Road Research Technical Paper 56 (1966): the practical capacity.
PRACTICAL_SATURATION = 0.9


@dataclass(frozen=True, slots=True)
class Approach:
    """One phase as it is now.

    Attributes:
        green_s: mean green of the last cycles.
        volume_per_h: vehicles counted, as a rate; those that leave while there is a queue.
        occupancy_pct: of its stop-line detectors over whole cycles; None: not known.
        queue_m: length of the queue; 0 where it is not known.
    """

    slot: Slot
    saturation_per_h: float
    green_s: float
    volume_per_h: float
    occupancy_pct: float | None
    queue_m: float

    @property
    def queue_veh(self) -> float:
        """Vehicles in the queue: as many side by side as there are lanes' worth of saturation flow."""
        return self.queue_m / METRES_PER_VEHICLE * max(1.0, self.saturation_per_h / LANE_SATURATION_PER_H)

    def demand_per_h(self, cycle_s: float) -> float:
        """Vehicles that want to pass: those counted, and at least the capacity where the stop line is never free."""
        share = self.green_s / cycle_s
        if self.occupancy_pct is None or self.occupancy_pct < 100 * (1 - share * (1 - OCCUPIED_IN_GREEN)):
            return self.volume_per_h
        return max(self.volume_per_h, self.saturation_per_h * share)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one phase."""

    phase: int
    green_s: float
    saturation: float
    delay_s: float
    clears_in_s: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of a junction under one division of its green.

    Attributes:
        cycle_s: cycle.
        delay_veh_h_per_h: hours that vehicles lose in each hour.
        phases: each phase.
    """

    cycle_s: float
    delay_veh_h_per_h: float
    phases: list[Expectation]


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised.

    Attributes:
        phase: whose green; None: nothing is advised.
        extra_green_s: how much longer.
        duration_s: for how long.
        gain_pct: by how much the junction's whole delay is expected to fall.
        present: as it is.
        leased: with the advised lease; as it is, if none is.
        webster: at Webster's own cycle.
        webster_greens_s: at the present cycle.
        max_pressure_greens_s: at the present cycle.
        pressures: vehicles times vehicles per hour, by phase.
        critical_flow: Webster's Y; from 1 on nothing serves everybody.
    """

    phase: int | None
    extra_green_s: int
    duration_s: int
    gain_pct: float
    present: Outlook
    leased: Outlook
    webster: Outlook
    webster_greens_s: dict[int, float]
    max_pressure_greens_s: dict[int, float]
    pressures: dict[int, float]
    critical_flow: float

    @property
    def along(self) -> list[int]:
        """Phases that get more green together with the one that is asked for: those beside it in the other ring."""
        before_s = {one.phase: one.green_s for one in self.present.phases}
        longer = [one.phase for one in self.leased.phases if one.green_s - before_s[one.phase] >= 1]
        return sorted(phase for phase in longer if phase != self.phase)


def advise(approaches: Sequence[Approach], cycle_s: float, most_extra_s: int, duration_s: int) -> Advice:
    """Work out the lease that helps most.

    Args:
        approaches: all phases of the junction, at least one.
        cycle_s: present cycle.
        most_extra_s: the most that whoever asks may add.
        duration_s: for which the lease would last.
    """
    approaches = [replace(one, volume_per_h=one.demand_per_h(cycle_s)) for one in approaches]
    slots = [approach.slot for approach in approaches]
    present_s = {approach.slot.phase: approach.green_s for approach in approaches}
    ratios = _flow_ratios(approaches, duration_s)
    flow, lost_s = critical_flow(slots, ratios)
    best_cycle_s = max(webster_cycle_s(flow, lost_s), least_cycle_s(slots))
    webster_s = divide(slots, ratios, cycle_s)
    pressures = {one.slot.phase: one.saturation_per_h * one.queue_veh for one in approaches}
    present = look_ahead(approaches, present_s, cycle_s, duration_s)
    phase, extra_s, leased = _choose(approaches, webster_s, cycle_s, most_extra_s, duration_s)
    gain_pct = 100 * (1 - leased.delay_veh_h_per_h / present.delay_veh_h_per_h) if present.delay_veh_h_per_h else 0.0
    helps = extra_s >= LEAST_EXTRA_S and gain_pct >= LEAST_GAIN_PCT
    return Advice(
        phase=phase if helps else None,
        extra_green_s=extra_s if helps else 0,
        duration_s=duration_s,
        gain_pct=gain_pct if helps else 0.0,
        present=present,
        leased=leased if helps else present,
        webster=look_ahead(approaches, divide(slots, ratios, best_cycle_s), best_cycle_s, duration_s),
        webster_greens_s=webster_s,
        max_pressure_greens_s=divide(slots, pressures, cycle_s),
        pressures=pressures,
        critical_flow=flow,
    )


def look_ahead(
    approaches: Sequence[Approach], greens_s: Mapping[int, float], cycle_s: float, period_s: float
) -> Outlook:
    """Work out what a division of green is expected to do over a period."""
    phases, lost_veh_s = [], 0.0
    for approach in approaches:
        green_s = greens_s[approach.slot.phase]
        load = _load(approach)
        delay_s = mean_delay_s(load, green_s, cycle_s, period_s)
        lost_veh_s += delay_s * approach.volume_per_h
        degree, clear_s = saturation(load, green_s, cycle_s), clears_in_s(load, green_s, cycle_s)
        phases.append(Expectation(approach.slot.phase, green_s, degree, delay_s, clear_s))
    return Outlook(cycle_s, lost_veh_s / 3_600, phases)


def _choose(
    approaches: Sequence[Approach],
    webster_s: Mapping[int, float],
    cycle_s: float,
    most_extra_s: int,
    duration_s: int,
) -> tuple[int, int, Outlook]:
    """Of all longer greens up to what a phase lacks against Webster, take the one with the least delay expected.

    Not simply the phase that lacks most: in a ring that has room, Webster's division gives green that nobody needs.
    Of those that help nearly as much, it is the fullest approach's: that is the queue which the operator sees.
    """
    greens_s = {approach.slot.phase: approach.green_s for approach in approaches}
    slots = [approach.slot for approach in approaches]
    looks = {
        (number, extra_s): look_ahead(
            approaches, *lengthen(slots, greens_s, cycle_s, number, extra_s), period_s=duration_s
        )
        for number, green_s in greens_s.items()
        for extra_s in range(min(most_extra_s, max(1, round(webster_s[number] - green_s))) + 1)
    }
    present = look_ahead(approaches, greens_s, cycle_s, duration_s)
    looks = {wish: look for wish, look in looks.items() if _is_bearable(look, present, wish[0])}
    least = min(look.delay_veh_h_per_h for look in looks.values())
    enough = present.delay_veh_h_per_h - NEAR_SHARE * (present.delay_veh_h_per_h - least)
    near = [wish for wish, look in looks.items() if look.delay_veh_h_per_h <= enough + 1e-9]
    full = {one.phase: one.saturation for one in present.phases}
    best = min(near, key=lambda wish: (-full[wish[0]], looks[wish].delay_veh_h_per_h))
    return *best, looks[best]


def _is_bearable(look: Outlook, present: Outlook, phase: int) -> bool:
    """Tell whether nobody but the phase itself becomes fuller than it practically may, or than it is already."""
    before = {one.phase: one.saturation for one in present.phases}
    return all(
        one.phase == phase or one.saturation <= max(PRACTICAL_SATURATION, before[one.phase]) + 1e-9
        for one in look.phases
    )


def _flow_ratios(approaches: Sequence[Approach], duration_s: float) -> dict[int, float]:
    """Volume by saturation flow; what waits is to be gone by the end."""
    return {
        one.slot.phase: (one.volume_per_h + one.queue_veh * 3_600 / duration_s) / one.saturation_per_h
        for one in approaches
    }


def _load(approach: Approach) -> Load:
    return Load(approach.volume_per_h, approach.saturation_per_h, approach.queue_veh)
