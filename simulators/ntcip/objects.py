"""The objects of a controller: which there are, how each is read, and what may be written to it.

Source: NTCIP 1202 v02.19, sections 2.2 to 2.5; globalTime from NTCIP 1201, 2.4.1. This list is written here once
more, and not taken from the edge: what is tested must not test itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from simulators.controller.controller import Controller, Mode, Panel
from simulators.controller.coordination import FreeStatus
from simulators.controller.program import MAX_PHASES, Pattern, PhaseTiming, Split, bit, ticks
from simulators.ntcip import ber
from simulators.ntcip.ber import Oid

NEMA: Oid = (1, 3, 6, 1, 4, 1, 1206, 4, 2)
ASC: Oid = (*NEMA, 1)
GLOBAL_TIME: Oid = (*NEMA, 6, 3, 1, 0)
DETECTORS = 24
_GROUP = 8
_OCTET = 255
_MAX_SEQUENCE = 16
_ENABLED, _NON_LOCK, _MIN_RECALL, _MAX_RECALL, _PED_RECALL, _DUAL_ENTRY = 1, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 10
# vehicleDetectorOptions: volume, occupancy, passage, call
_VOLUME_AND_OCCUPANCY, _PASSAGE, _CALL = 0b11, 1 << 4, 1 << 7
_FAULT_OCCUPANCY = {1: 211, 2: 210, 4: 213}  # no activity, max presence, erratic: in place of an occupancy

Value = int | bytes


@dataclass(frozen=True, slots=True)
class Object:
    """One instance.

    Attributes:
        oid: its name.
        read: gives its value.
        write: takes a value within low and high; None where it cannot be written.
        tag: BER type.
    """

    oid: Oid
    read: Callable[[], Value]
    write: Callable[[int], None] | None = None
    low: int = 0
    high: int = _OCTET
    tag: int = ber.INTEGER


def objects_of(controller: Controller) -> list[Object]:
    """List all instances in the order of their names."""
    parts = (_phases, _status_groups, _detectors, _reports, _unit, _coordination, _patterns, _splits)
    found = chain.from_iterable(part(controller) for part in parts)
    clock = Object(
        GLOBAL_TIME,
        lambda: int(controller.clock_s),
        lambda value: controller.set_clock(float(value)),
        high=2**32 - 1,
        tag=ber.COUNTER,
    )
    return sorted([*found, clock], key=lambda one: one.oid)


def _phases(controller: Controller) -> Iterator[Object]:
    yield _fixed((1, 1, 0), MAX_PHASES)
    for number in range(1, MAX_PHASES + 1):
        phase = controller.program.phase(number)
        for column, value in _phase_columns(number, phase, controller).items():
            tag = ber.OCTETS if isinstance(value, bytes) else ber.INTEGER
            yield _fixed((1, 2, 1, column, number), value, tag)


def _phase_columns(number: int, phase: PhaseTiming | None, controller: Controller) -> dict[int, Value]:
    if phase is None:  # a ring of 0 is a disabled phase
        return {1: number} | dict.fromkeys((*range(2, 11), 21, 22), 0) | {23: b""}
    concurrent = [
        other.number for other in controller.program.phases if other.ring != phase.ring and other.side == phase.side
    ]
    return {
        1: number,
        2: phase.walk_s,
        3: phase.ped_clear_s,
        4: phase.minimum_green_s,
        5: ticks(phase.passage_s),
        6: phase.maximum1_s,
        7: phase.maximum2_s,
        8: ticks(phase.yellow_s),
        9: ticks(phase.red_clear_s),
        10: ticks(phase.red_revert_s),
        21: _phase_options(phase),
        22: phase.ring,
        23: bytes(concurrent),
    }


def _phase_options(phase: PhaseTiming) -> int:
    return (
        _ENABLED
        | (0 if phase.locking else _NON_LOCK)
        | (_MIN_RECALL if phase.recall == "minimum" else 0)
        | (_MAX_RECALL if phase.recall == "maximum" else 0)
        | (_PED_RECALL if phase.pedestrian_recall else 0)
        | (_DUAL_ENTRY if phase.dual_entry else 0)
    )


def _status_groups(controller: Controller) -> Iterator[Object]:
    reads: list[Callable[[], int]] = [
        lambda: 1,
        lambda: controller.displayed.reds,
        lambda: controller.displayed.yellows,
        lambda: controller.displayed.greens,
        lambda: controller.displayed.dont_walks,
        lambda: controller.displayed.ped_clears,
        lambda: controller.displayed.walks,
        lambda: controller.rings.calls.vehicle,
        lambda: controller.rings.calls.pedestrian,
        lambda: controller.displayed.greens | controller.displayed.yellows,
        lambda: sum(bit(ring.next) for ring in controller.rings.rings if ring.next),
    ]
    for column, read in enumerate(reads, start=1):
        yield Object((*ASC, 1, 4, 1, column, 1), read)


def _detectors(controller: Controller) -> Iterator[Object]:
    yield _fixed((2, 1, 0), DETECTORS)
    setups = {setup.number: setup for setup in controller.program.detectors}
    for number in range(1, DETECTORS + 1):
        setup = setups.get(number)
        options = (_CALL * setup.calls | _PASSAGE * setup.extends | _VOLUME_AND_OCCUPANCY) if setup else 0
        columns = {1: number, 2: options, 4: setup.call_phase if setup else 0, 5: setup.switch_phase if setup else 0}
        columns |= {
            9: setup.no_activity_min if setup else 0,
            10: setup.max_presence_min if setup else 0,
            11: setup.erratic_counts_min if setup else 0,
        }
        for column, value in columns.items():
            yield _fixed((2, 2, 1, column, number), value)
        yield Object((*ASC, 2, 2, 1, 13, number), partial(_alarms, controller, number))
    for group in range(1, DETECTORS // _GROUP + 1):
        yield _fixed((2, 4, 1, 1, group), group)
        yield Object((*ASC, 2, 4, 1, 2, group), partial(_active, controller, group))
        yield Object((*ASC, 2, 4, 1, 3, group), partial(_alarmed, controller, group))


def _active(controller: Controller, group: int) -> int:
    return _octet(controller.inputs.active, group)


def _alarmed(controller: Controller, group: int) -> int:
    return _octet(controller.inputs.alarmed, group)


def _volume(controller: Controller, number: int) -> int:
    return controller.inputs.report.volumes.get(number, 0)


def _alarms(controller: Controller, number: int) -> int:
    channel = controller.inputs.channels.get(number)
    return channel.alarms if channel else 0


def _octet(numbers: frozenset[int], group: int) -> int:
    first = (group - 1) * _GROUP + 1
    return sum(1 << number - first for number in numbers if first <= number < first + _GROUP)


def _reports(controller: Controller) -> Iterator[Object]:
    inputs = controller.inputs

    def set_period(value: int) -> None:
        inputs.period_s = value

    yield Object((*ASC, 2, 5, 1, 0), lambda: inputs.report.sequence)
    yield Object((*ASC, 2, 5, 2, 0), lambda: inputs.period_s, set_period, low=1)
    yield _fixed((2, 5, 3, 0), len(inputs.channels))
    for number in range(1, DETECTORS + 1):
        yield Object((*ASC, 2, 5, 4, 1, 1, number), partial(_volume, controller, number))
        yield Object((*ASC, 2, 5, 4, 1, 2, number), partial(_occupancy, controller, number))


def _occupancy(controller: Controller, number: int) -> int:
    alarms = _alarms(controller, number)
    for alarm, value in _FAULT_OCCUPANCY.items():
        if alarms & alarm:
            return value
    return controller.inputs.report.occupancies.get(number, 0)


def _unit(controller: Controller) -> Iterator[Object]:
    def set_backup_time(value: int) -> None:
        controller.backup_time_s = value

    yield Object((*ASC, 3, 3, 0), lambda: controller.backup_time_s, set_backup_time, high=65_535)
    yield Object((*ASC, 3, 5, 0), lambda: controller.requested_pattern()[1].value)
    yield Object((*ASC, 3, 6, 0), lambda: controller.flash_status.value)
    yield Object((*ASC, 3, 7, 0), lambda: _alarm_status_2(controller))
    yield Object((*ASC, 3, 8, 0), lambda: _alarm_status_1(controller))
    yield Object((*ASC, 3, 9, 0), lambda: _short_alarm_status(controller))
    yield _stored(controller, (3, 10, 0), "unit_control")


def _alarm_status_1(controller: Controller) -> int:
    """unitAlarmStatus1: coordination active bit 7, local free 6, local flash 5, MMU flash 4, cycle fail, … coord fail 1."""  # noqa: E501 - a table of bits
    coordinated, flashing = controller.rings.coordinator is not None, controller.mode is Mode.FLASHING
    return (
        (coordinated << 7)
        | ((not coordinated and not flashing) << 6)
        | ((controller.panel is Panel.FLASH) << 5)
        | (controller.monitor.tripped << 4)
        | ((controller.free_status >= FreeStatus.BAD_PLAN) << 1)
    )


def _alarm_status_2(controller: Controller) -> int:
    """Give unitAlarmStatus2: bit 5 while the offset is being made good; its other causes do not occur here."""
    return controller.is_correcting << 5


def _short_alarm_status(controller: Controller) -> int:
    """Give shortAlarmStatus: 7 stop time, 6 an alarm input, 5 detector, 4 coordination, 3 no coordination, 1 flash."""
    by_flash = controller.panel is Panel.FLASH or controller.monitor.tripped
    return (
        (bool(controller.inputs.alarmed) << 5)
        | ((controller.free_status >= FreeStatus.BAD_PLAN) << 4)
        | ((controller.rings.coordinator is None) << 3)
        | (by_flash << 1)
    )


def _coordination(controller: Controller) -> Iterator[Object]:
    yield _stored(controller, (4, 1, 0), "operational_mode")
    yield _stored(controller, (4, 3, 0), "maximum_mode", 2, 4)
    yield _fixed((4, 4, 0), 3)  # fixed force-offs
    yield _fixed((4, 5, 0), len(controller.patterns))
    yield _fixed((4, 6, 0), 2)  # patterns by number
    yield _fixed((4, 8, 0), len(controller.splits))
    yield Object((*ASC, 4, 10, 0), lambda: controller.pattern)
    yield Object((*ASC, 4, 11, 0), lambda: controller.free_status.value)
    yield Object((*ASC, 4, 12, 0), lambda: round(controller.cycle_left_s), high=510)
    yield Object((*ASC, 4, 13, 0), lambda: round(controller.sync_second), high=510)
    yield Object((*ASC, 4, 14, 0), lambda: controller.system_pattern, controller.command_pattern)
    yield Object((*ASC, 4, 15, 0), lambda: 0, lambda _: controller.refresh_backup())


def _patterns(controller: Controller) -> Iterator[Object]:
    for number in controller.patterns:
        yield _fixed((4, 7, 1, 1, number), number)
        columns = ((2, "cycle_s", 0, _OCTET), (3, "offset_s", 0, 254), (4, "split", 1, len(controller.splits)))
        for column, field, low, high in (*columns, (5, "sequence", 1, _MAX_SEQUENCE)):
            yield _pattern_cell(controller, number, column, field, low, high)


def _pattern_cell(controller: Controller, number: int, column: int, field: str, low: int, high: int) -> Object:
    def read() -> int:
        value: int = getattr(controller.patterns[number], field)
        return value

    def write(value: int) -> None:
        pattern: Pattern = replace(controller.patterns[number], **{field: value})
        controller.set_pattern(number, pattern)

    return Object((*ASC, 4, 7, 1, column, number), read, write, low, high)


def _splits(controller: Controller) -> Iterator[Object]:
    for number in controller.splits:
        for phase in range(1, MAX_PHASES + 1):
            yield _fixed((4, 9, 1, 1, number, phase), number)
            yield _fixed((4, 9, 1, 2, number, phase), phase)
            for column, field, low, high in ((3, "time_s", 0, _OCTET), (4, "mode", 1, 7), (5, "coordinated", 0, 1)):
                yield _split_cell(controller, (number, phase), column, field, low, high)


def _split_cell(controller: Controller, cell: tuple[int, int], column: int, field: str, low: int, high: int) -> Object:
    number, phase = cell
    if phase not in controller.splits[number]:
        return _fixed((4, 9, 1, column, number, phase), int(getattr(Split(), field)))

    def read() -> int:
        return int(getattr(controller.splits[number][phase], field))

    def write(value: int) -> None:
        kept = controller.splits[number][phase]
        controller.set_split(number, phase, replace(kept, **{field: type(getattr(kept, field))(value)}))

    return Object((*ASC, 4, 9, 1, column, number, phase), read, write, low, high)


def _stored(controller: Controller, oid: Oid, attribute: str, low: int = 0, high: int = _OCTET) -> Object:
    return Object(
        (*ASC, *oid),
        lambda: int(getattr(controller, attribute)),
        lambda value: setattr(controller, attribute, value),
        low,
        high,
    )


def _fixed(oid: Oid, value: Value, tag: int = ber.INTEGER) -> Object:
    return Object((*ASC, *oid), lambda: value, tag=tag)
