"""The objects of phases and detectors: NTCIP 1202 v02.19, sections 2.2 and 2.3."""

from collections.abc import Callable, Iterator
from functools import partial

from simulators.controller.controller import Controller
from simulators.controller.program import MAX_PHASES, PhaseTiming, bit, ticks
from simulators.ntcip import ber
from simulators.ntcip.object import ASC, Object, Value, fixed

DETECTORS = 24
_GROUP = 8
_ENABLED, _NON_LOCK, _MIN_RECALL, _MAX_RECALL, _PED_RECALL, _DUAL_ENTRY = 1, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 10
# vehicleDetectorOptions: volume, occupancy, passage, call
_VOLUME_AND_OCCUPANCY, _PASSAGE, _CALL = 0b11, 1 << 4, 1 << 7
_FAULT_OCCUPANCY = {1: 211, 2: 210, 4: 213}  # no activity, max presence, erratic: in place of an occupancy


def phases(controller: Controller) -> Iterator[Object]:
    """Give the phase table."""
    yield fixed((1, 1, 0), MAX_PHASES)
    for number in range(1, MAX_PHASES + 1):
        phase = controller.program.phase(number)
        for column, value in _phase_columns(number, phase, controller).items():
            tag = ber.OCTETS if isinstance(value, bytes) else ber.INTEGER
            yield fixed((1, 2, 1, column, number), value, tag)


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


def status_groups(controller: Controller) -> Iterator[Object]:
    """Give what is displayed and called, as bits."""
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


def detectors(controller: Controller) -> Iterator[Object]:
    """Give the detector table and the detectors' state."""
    yield fixed((2, 1, 0), DETECTORS)
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
            yield fixed((2, 2, 1, column, number), value)
        yield Object((*ASC, 2, 2, 1, 13, number), partial(_alarms, controller, number))
    for group in range(1, DETECTORS // _GROUP + 1):
        yield fixed((2, 4, 1, 1, group), group)
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


def reports(controller: Controller) -> Iterator[Object]:
    """Give volumes and occupancies."""
    inputs = controller.inputs

    def set_period(value: int) -> None:
        inputs.period_s = value

    yield Object((*ASC, 2, 5, 1, 0), lambda: inputs.report.sequence)
    yield Object((*ASC, 2, 5, 2, 0), lambda: inputs.period_s, set_period, low=1)
    yield fixed((2, 5, 3, 0), len(inputs.channels))
    for number in range(1, DETECTORS + 1):
        yield Object((*ASC, 2, 5, 4, 1, 1, number), partial(_volume, controller, number))
        yield Object((*ASC, 2, 5, 4, 1, 2, number), partial(_occupancy, controller, number))


def _occupancy(controller: Controller, number: int) -> int:
    alarms = _alarms(controller, number)
    for alarm, value in _FAULT_OCCUPANCY.items():
        if alarms & alarm:
            return value
    return controller.inputs.report.occupancies.get(number, 0)
