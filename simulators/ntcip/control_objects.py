"""The objects of the unit and of coordination: NTCIP 1202 v02.19, sections 2.4 and 2.5."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from simulators.controller.controller import Controller
from simulators.controller.coordination import FreeStatus
from simulators.controller.modes import Mode, Panel
from simulators.controller.program import MAX_PHASES, Pattern, Split
from simulators.controller.timetable import action_pattern
from simulators.ntcip.object import ASC, Object, fixed, stored

_OCTET = 255
_MAX_SEQUENCE = 16
_MAX_ACTIONS = 16


def unit(controller: Controller) -> Iterator[Object]:
    """Give the objects of the unit."""

    def set_backup_time(value: int) -> None:
        controller.backup_time_s = value

    yield Object((*ASC, 3, 3, 0), lambda: controller.backup_time_s, set_backup_time, high=65_535)
    yield Object((*ASC, 3, 5, 0), lambda: controller.requested_pattern()[1].value)
    yield Object((*ASC, 3, 6, 0), lambda: controller.flash_status.value)
    yield Object((*ASC, 3, 7, 0), lambda: _alarm_status_2(controller))
    yield Object((*ASC, 3, 8, 0), lambda: _alarm_status_1(controller))
    yield Object((*ASC, 3, 9, 0), lambda: _short_alarm_status(controller))
    yield stored(controller, (3, 10, 0), "unit_control")


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


def coordination(controller: Controller) -> Iterator[Object]:
    """Give the scalars of coordination."""
    yield stored(controller, (4, 1, 0), "operational_mode")
    yield stored(controller, (4, 3, 0), "maximum_mode", 2, 4)
    yield fixed((4, 4, 0), 3)  # fixed force-offs
    yield fixed((4, 5, 0), len(controller.patterns))
    yield fixed((4, 6, 0), 2)  # patterns by number
    yield fixed((4, 8, 0), len(controller.splits))
    yield Object((*ASC, 4, 10, 0), lambda: controller.pattern)
    yield Object((*ASC, 4, 11, 0), lambda: controller.free_status.value)
    yield Object((*ASC, 4, 12, 0), lambda: round(controller.cycle_left_s), high=510)
    yield Object((*ASC, 4, 13, 0), lambda: round(controller.sync_second), high=510)
    yield Object((*ASC, 4, 14, 0), lambda: controller.system_pattern, controller.command_pattern)
    yield Object((*ASC, 4, 15, 0), lambda: 0, lambda _: controller.refresh_backup())


def patterns(controller: Controller) -> Iterator[Object]:
    """Give the pattern table."""
    for number in controller.patterns:
        yield fixed((4, 7, 1, 1, number), number)
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


def splits(controller: Controller) -> Iterator[Object]:
    """Give the split table."""
    for number in controller.splits:
        for phase in range(1, MAX_PHASES + 1):
            yield fixed((4, 9, 1, 1, number, phase), number)
            yield fixed((4, 9, 1, 2, number, phase), phase)
            for column, field, low, high in ((3, "time_s", 0, _OCTET), (4, "mode", 1, 7), (5, "coordinated", 0, 1)):
                yield _split_cell(controller, (number, phase), column, field, low, high)


def time_base(controller: Controller) -> Iterator[Object]:
    """Give the plans by time of day, an action each (section 2.6); they are set in the workshop."""
    yield fixed((5, 2, 0), _MAX_ACTIONS)
    for number in range(1, _MAX_ACTIONS + 1):
        yield fixed((5, 3, 1, 1, number), number)
        yield Object((*ASC, 5, 3, 1, 2, number), partial(_action_pattern, controller, number))


def _action_pattern(controller: Controller, number: int) -> int:
    return action_pattern(controller.program.plans, number)


def _split_cell(controller: Controller, cell: tuple[int, int], column: int, field: str, low: int, high: int) -> Object:
    number, phase = cell
    if phase not in controller.splits[number]:
        return fixed((4, 9, 1, column, number, phase), int(getattr(Split(), field)))

    def read() -> int:
        return int(getattr(controller.splits[number][phase], field))

    def write(value: int) -> None:
        kept = controller.splits[number][phase]
        controller.set_split(number, phase, replace(kept, **{field: type(getattr(kept, field))(value)}))

    return Object((*ASC, 4, 9, 1, column, number, phase), read, write, low, high)
