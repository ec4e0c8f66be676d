"""From polls to high-resolution events: what changed between two looks at a controller, by Indiana's enumerations.

Source: Sturdevant et al., Indiana Traffic Signal Hi Resolution Data Logger Enumerations, Purdue 2012
(doi 10.4231/K4RN35SH). A logger inside the controller stamps to 0.1 s; a poll sees edges to its own interval, 0.2 s at
5 Hz, and an actuation shorter than that may be missed: volumes come from the controller's own counts. Status groups do
not say why a green ended (4 to 6 are inferred in `terminations`) nor when red clearance ends (11 is not given).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.signals.status import Status

BEGIN_GREEN, GAP_OUT, MAX_OUT, FORCE_OFF, GREEN_TERMINATION = 1, 4, 5, 6, 7
BEGIN_YELLOW, END_YELLOW, BEGIN_RED_CLEARANCE = 8, 9, 10
BEGIN_WALK, BEGIN_PED_CLEARANCE, BEGIN_DONT_WALK = 21, 22, 23
CALL_REGISTERED, CALL_DROPPED, PED_CALL_REGISTERED = 43, 44, 45
DETECTOR_OFF, DETECTOR_ON, DETECTOR_RESTORED, DETECTOR_FAULT = 81, 82, 83, 84
PATTERN_CHANGE, FLASH_CHANGE = 131, 173


@dataclass(frozen=True, slots=True)
class HiresEvent:
    """One event.

    Attributes:
        time_s: seconds since 1970 in UTC, of the poll that saw it.
        code: of the enumerations.
        parameter: phase, detector, pattern or status, as the code wants.
    """

    time_s: float
    code: int
    parameter: int


def changes(before: Status, now: Status) -> list[HiresEvent]:
    """Give what changed, in the order in which it happens at a signal."""
    found = [HiresEvent(now.time_s, code, parameter) for code, parameter in _vehicles(before, now)]
    found += [HiresEvent(now.time_s, code, parameter) for code, parameter in _walkers_and_calls(before, now)]
    found += [HiresEvent(now.time_s, code, parameter) for code, parameter in _detectors(before, now)]
    if now.pattern != before.pattern:
        found.append(HiresEvent(now.time_s, PATTERN_CHANGE, now.pattern))
    if now.flash != before.flash:
        found.append(HiresEvent(now.time_s, FLASH_CHANGE, now.flash))
    return found


def _vehicles(before: Status, now: Status) -> Iterator[tuple[int, int]]:
    for phase in sorted(before.greens - now.greens):
        yield GREEN_TERMINATION, phase
    for phase in sorted(now.yellows - before.yellows):
        yield BEGIN_YELLOW, phase
    for phase in sorted(before.yellows - now.yellows):
        yield END_YELLOW, phase
        if phase in now.reds:
            yield BEGIN_RED_CLEARANCE, phase
    for phase in sorted(now.greens - before.greens):
        yield BEGIN_GREEN, phase


def _walkers_and_calls(before: Status, now: Status) -> Iterator[tuple[int, int]]:
    for code, old, new in (
        (BEGIN_WALK, before.walks, now.walks),
        (BEGIN_PED_CLEARANCE, before.ped_clears, now.ped_clears),
        (BEGIN_DONT_WALK, before.dont_walks, now.dont_walks),
        (CALL_REGISTERED, before.veh_calls, now.veh_calls),
        (CALL_DROPPED, now.veh_calls, before.veh_calls),
        (PED_CALL_REGISTERED, before.ped_calls, now.ped_calls),
    ):
        yield from ((code, phase) for phase in sorted(new - old))


def _detectors(before: Status, now: Status) -> Iterator[tuple[int, int]]:
    for code, old, new in (
        (DETECTOR_OFF, now.detectors, before.detectors),
        (DETECTOR_ON, before.detectors, now.detectors),
        (DETECTOR_RESTORED, now.detector_alarms, before.detector_alarms),
        (DETECTOR_FAULT, before.detector_alarms, now.detector_alarms),
    ):
        yield from ((code, detector) for detector in sorted(new - old))
