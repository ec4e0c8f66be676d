"""What one poll of a controller says: what it shows, what it detects, what it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip_objects import Oid, Value, bits

_PHASE_COLUMNS = {
    "reds": objects.REDS,
    "yellows": objects.YELLOWS,
    "greens": objects.GREENS,
    "dont_walks": objects.DONT_WALKS,
    "ped_clears": objects.PED_CLEARS,
    "walks": objects.WALKS,
    "veh_calls": objects.VEH_CALLS,
    "ped_calls": objects.PED_CALLS,
    "ons": objects.PHASE_ONS,
}
_DETECTOR_COLUMNS = {"detectors": objects.DETECTORS_ACTIVE, "detector_alarms": objects.DETECTOR_ALARMS}
_SCALARS = {
    "pattern": objects.COORD_PATTERN_STATUS,
    "command": objects.SYSTEM_PATTERN_CONTROL,
    "cycle_left_s": objects.COORD_CYCLE_STATUS,
    "free": objects.LOCAL_FREE_STATUS,
    "control": objects.UNIT_CONTROL_STATUS,
    "flash": objects.UNIT_FLASH_STATUS,
    "mode": objects.COORD_OPERATIONAL_MODE,
    "short_alarm": objects.SHORT_ALARM_STATUS,
    "backup_s": objects.UNIT_BACKUP_TIME,
}
ALARM_COORDINATION = 0x10  # shortAlarmStatus, NTCIP 1202 v02.19 section 2.4.9
_Phases = frozenset[int]


@dataclass(frozen=True, slots=True)
class Status:
    """One poll.

    Attributes:
        at_s: monotonic, when the answer was there.
        time_s: the same by the wall clock.
        reds, yellows, greens, dont_walks, ped_clears, walks: phases that show it.
        veh_calls, ped_calls: phases that are asked for.
        ons: phases that are active.
        detectors: that are occupied.
        detector_alarms: that the controller holds for faulty.
        pattern: `coordPatternStatus`: what runs.
        command: `systemPatternControl`: what it is told to run.
        cycle_left_s: `coordCycleStatus`: until local zero, counting down.
        free: `localFreeStatus`.
        control: `unitControlStatus`.
        flash: `unitFlashStatus`.
        mode: `coordOperationalMode`: 0 unless somebody has set the pattern at the panel.
        short_alarm: `shortAlarmStatus`.
        backup_s: `unitBackupTime`: it obeys nobody when nobody has commanded for so long; 0: it obeys for ever.
    """

    at_s: float
    time_s: float
    reds: _Phases
    yellows: _Phases
    greens: _Phases
    dont_walks: _Phases
    ped_clears: _Phases
    walks: _Phases
    veh_calls: _Phases
    ped_calls: _Phases
    ons: _Phases
    detectors: frozenset[int]
    detector_alarms: frozenset[int]
    pattern: int
    command: int
    cycle_left_s: int
    free: int
    control: int
    flash: int
    mode: int
    short_alarm: int
    backup_s: int

    @property
    def is_flashing(self) -> bool:
        """Whether the street sees flashing lights, for whatever reason."""
        return self.flash != objects.FLASH_NONE or self.pattern == objects.PATTERN_FLASH

    @property
    def is_coordinated(self) -> bool:
        """Whether a pattern runs: neither free nor flash."""
        return 1 <= self.pattern < objects.PATTERN_FREE and self.free == objects.FREE_NOT

    @property
    def has_coordination_fault(self) -> bool:
        """Whether the controller cannot run the pattern that it should; a free hour of its own plan is no fault."""
        return bool(self.short_alarm & ALARM_COORDINATION) or self.free >= objects.FREE_BAD_PLAN

    @property
    def is_local(self) -> bool:
        """Whether somebody at the cabinet has taken over: key switch, police panel, or a pattern set by hand."""
        by_hand = self.control == objects.CONTROL_MANUAL or self.flash == objects.FLASH_LOCAL_MANUAL
        return by_hand or self.mode != 0

    def letter(self, phase: int) -> str:
        """Give one phase as G, Y, R or F, as the room shows it."""
        if self.is_flashing:
            return "F"
        return "G" if phase in self.greens else "Y" if phase in self.yellows else "R"


def oids(highest_phase: int, highest_detector: int) -> list[Oid]:
    """Name what a poll asks for."""
    of_phases = [_phase_groups(column, highest_phase) for column in _PHASE_COLUMNS.values()]
    of_detectors = [_detector_groups(column, highest_detector) for column in _DETECTOR_COLUMNS.values()]
    return [*chain.from_iterable(of_phases + of_detectors), *_SCALARS.values()]


def read(values: Mapping[Oid, Value], highest_phase: int, highest_detector: int, at_s: float, time_s: float) -> Status:
    """Make a status of an answer.

    Raises:
        TypeError: a value is not the number that the standard wants.
    """
    found: dict[str, Any] = {name: number(values, oid) for name, oid in _SCALARS.items()}
    found |= {name: _set(values, _phase_groups(column, highest_phase)) for name, column in _PHASE_COLUMNS.items()}
    for name, column in _DETECTOR_COLUMNS.items():
        found[name] = _set(values, _detector_groups(column, highest_detector))
    return Status(at_s=at_s, time_s=time_s, **found)


def number(values: Mapping[Oid, Value], oid: Oid) -> int:
    """Give a number of an answer.

    Raises:
        TypeError: it is not one.
    """
    value = values[oid]
    if not isinstance(value, int):
        raise TypeError(f"{'.'.join(map(str, oid))} is no number")
    return value


def _phase_groups(column: int, highest: int) -> list[Oid]:
    return [objects.phase_group(column, group) for group in objects.groups(highest)]


def _detector_groups(column: int, highest: int) -> list[Oid]:
    return [objects.detector_group(column, group) for group in objects.groups(highest)]


def _set(values: Mapping[Oid, Value], of_groups: Sequence[Oid]) -> frozenset[int]:
    found: set[int] = set()
    for group, oid in enumerate(of_groups, 1):
        found |= bits(number(values, oid), group)
    return frozenset(found)
