"""The objects of NTCIP 1202 that a box reads, by their names in the standard, as numbers.

Source: NTCIP 1202 v02.19, sections 2.2 (phase), 2.3 (detector), 2.4 (unit), 2.5 (coordination), 2.6 (time base);
global time from NTCIP 1201 section 2.4.1. Tables are functions of their row; scalars end in the instance 0. Bit 0 of a
status group is the group's first phase.
"""

Oid = tuple[int, ...]
Value = int | bytes

_NEMA: Oid = (1, 3, 6, 1, 4, 1, 1206, 4, 2)
_ASC: Oid = (*_NEMA, 1)
GROUP_SIZE = 8  # phases or detectors in one status group
OCTET_MAX = 255

# phases, 2.2
MAX_PHASES: Oid = (*_ASC, 1, 1, 0)
PHASE_WALK, PHASE_PED_CLEAR, PHASE_MINIMUM_GREEN, PHASE_PASSAGE = 2, 3, 4, 5
PHASE_MAXIMUM_1, PHASE_MAXIMUM_2, PHASE_YELLOW, PHASE_RED_CLEAR = 6, 7, 8, 9
PHASE_OPTIONS, PHASE_RING, PHASE_CONCURRENCY = 21, 22, 23
REDS, YELLOWS, GREENS, DONT_WALKS, PED_CLEARS, WALKS, VEH_CALLS, PED_CALLS = 2, 3, 4, 5, 6, 7, 8, 9
PHASE_ONS = 10

# detectors, 2.3
MAX_DETECTORS: Oid = (*_ASC, 2, 1, 0)
DETECTOR_CALL_PHASE = 4
DETECTORS_ACTIVE, DETECTOR_ALARMS = 2, 3
REPORT_SEQUENCE: Oid = (*_ASC, 2, 5, 1, 0)
REPORT_PERIOD: Oid = (*_ASC, 2, 5, 2, 0)
REPORT_VOLUME, REPORT_OCCUPANCY = 1, 2

# unit, 2.4
UNIT_BACKUP_TIME: Oid = (*_ASC, 3, 3, 0)
UNIT_CONTROL_STATUS: Oid = (*_ASC, 3, 5, 0)
UNIT_FLASH_STATUS: Oid = (*_ASC, 3, 6, 0)
SHORT_ALARM_STATUS: Oid = (*_ASC, 3, 9, 0)

# coordination, 2.5
COORD_OPERATIONAL_MODE: Oid = (*_ASC, 4, 1, 0)
COORD_MAXIMUM_MODE: Oid = (*_ASC, 4, 3, 0)
MAX_PATTERNS: Oid = (*_ASC, 4, 5, 0)
PATTERN_CYCLE, PATTERN_OFFSET, PATTERN_SPLIT, PATTERN_SEQUENCE = 2, 3, 4, 5
MAX_SPLITS: Oid = (*_ASC, 4, 8, 0)
SPLIT_TIME, SPLIT_MODE, SPLIT_COORD_PHASE = 3, 4, 5
COORD_PATTERN_STATUS: Oid = (*_ASC, 4, 10, 0)
LOCAL_FREE_STATUS: Oid = (*_ASC, 4, 11, 0)
COORD_CYCLE_STATUS: Oid = (*_ASC, 4, 12, 0)
COORD_SYNC_STATUS: Oid = (*_ASC, 4, 13, 0)
SYSTEM_PATTERN_CONTROL: Oid = (*_ASC, 4, 14, 0)

# time base, 2.6
MAX_TIMEBASE_ACTIONS: Oid = (*_ASC, 5, 2, 0)

# global time, NTCIP 1201
GLOBAL_TIME: Oid = (*_NEMA, 6, 3, 1, 0)

# values of unitControlStatus, unitFlashStatus, coordPatternStatus, splitMode, coordMaximumMode, localFreeStatus
CONTROL_SYSTEM, CONTROL_MANUAL = 2, 5
FLASH_NONE, FLASH_LOCAL_MANUAL = 2, 4
PATTERN_STANDBY, PATTERN_FREE, PATTERN_FLASH = 0, 254, 255
SPLIT_OMITTED = 7
MAXIMUM_1, MAXIMUM_2, MAXIMUM_INHIBITED = 2, 3, 4
FREE_NOT, FREE_BAD_PLAN = 2, 7  # 7 and above: the coordinator cannot run the plan it was given


def phase(column: int, number: int) -> Oid:
    """Name an object of a phase, `phaseTable`; numbers count from 1."""
    return (*_ASC, 1, 2, 1, column, number)


def phase_group(column: int, group: int) -> Oid:
    """Name a byte of `phaseStatusGroupTable`; groups count from 1."""
    return (*_ASC, 1, 4, 1, column, group)


def detector(column: int, number: int) -> Oid:
    """Name an object of `vehicleDetectorTable`."""
    return (*_ASC, 2, 2, 1, column, number)


def detector_group(column: int, group: int) -> Oid:
    """Name a byte of `vehicleDetectorStatusGroupTable`."""
    return (*_ASC, 2, 4, 1, column, group)


def report(column: int, number: int) -> Oid:
    """Name an object of `volumeOccupancyTable`: vehicles of the period, or occupancy in half per cent."""
    return (*_ASC, 2, 5, 4, 1, column, number)


def pattern(column: int, number: int) -> Oid:
    """Name an object of `patternTable`."""
    return (*_ASC, 4, 7, 1, column, number)


def split(column: int, number: int, of_phase: int) -> Oid:
    """Name an object of `splitTable`."""
    return (*_ASC, 4, 9, 1, column, number, of_phase)


def timebase_pattern(action: int) -> Oid:
    """Name the pattern of an action of the plans by time of day, `timebaseAscActionTable`."""
    return (*_ASC, 5, 3, 1, 2, action)


def bits(value: int, group: int) -> set[int]:
    """Give the phases or detectors whose bits are set in a byte of a group (from 1)."""
    first = (group - 1) * GROUP_SIZE + 1
    return {first + bit for bit in range(GROUP_SIZE) if value >> bit & 1}


def groups(highest: int) -> range:
    """Give the groups that hold numbers up to the highest."""
    return range(1, (highest + GROUP_SIZE - 1) // GROUP_SIZE + 1)
