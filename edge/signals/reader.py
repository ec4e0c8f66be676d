"""Reads a controller's program and plans, in requests that its agent can answer in one datagram."""

from collections.abc import Sequence

from edge.errors import Refused
from edge.sensors import ntcip_objects as objects
from edge.sensors.ntcip import SignalController
from edge.sensors.ntcip_objects import Oid, Value
from edge.signals.status import number
from edge.signals.timing import Phase, Plan, Timing

BATCH = 20  # objects a request; NTCIP agents need only take 484 octets (RFC 1157 section 3.2.4)
_TENTH_S = 0.1
_COLUMNS = (
    objects.PHASE_RING,
    objects.PHASE_CONCURRENCY,
    objects.PHASE_MINIMUM_GREEN,
    objects.PHASE_WALK,
    objects.PHASE_PED_CLEAR,
    objects.PHASE_MAXIMUM_1,
    objects.PHASE_MAXIMUM_2,
    objects.PHASE_YELLOW,
    objects.PHASE_RED_CLEAR,
    objects.PHASE_PASSAGE,
)


async def get_all(controller: SignalController, oids: Sequence[Oid]) -> dict[Oid, Value]:
    """Read any number of objects; raises what `SignalController.get` does."""
    found: dict[Oid, Value] = {}
    for first in range(0, len(oids), BATCH):
        found |= await controller.get(oids[first : first + BATCH])
    return found


async def read_timing(controller: SignalController) -> Timing:
    """Read the program.

    Raises:
        Unavailable: the controller does not answer.
        Refused: it lacks an object, or a value makes no sense.
    """
    scalars = (objects.MAX_PHASES, objects.MAX_PATTERNS, objects.MAX_SPLITS)
    found = await get_all(controller, [*scalars, objects.COORD_MAXIMUM_MODE])
    try:
        highest, patterns, splits = (number(found, oid) for oid in scalars)
        numbers = range(1, min(highest, objects.OCTET_MAX) + 1)
        table = await get_all(controller, [objects.phase(column, row) for row in numbers for column in _COLUMNS])
        phases = {row: phase for row in numbers if (phase := _phase(table, row)).ring > 0}
        if not phases:
            raise Refused("the controller has no phase in any ring")
        return Timing(
            phases=phases,
            max_patterns=patterns,
            max_splits=splits,
            maximum_mode=number(found, objects.COORD_MAXIMUM_MODE),
        )
    except TypeError as error:
        raise Refused(str(error)) from error


async def read_plan(controller: SignalController, pattern: int, timing: Timing) -> Plan:
    """Read a pattern and its split.

    Raises:
        Unavailable: the controller does not answer.
        Refused: it lacks an object, or a value makes no sense.
    """
    columns = (objects.PATTERN_CYCLE, objects.PATTERN_OFFSET, objects.PATTERN_SPLIT, objects.PATTERN_SEQUENCE)
    row = await get_all(controller, [objects.pattern(column, pattern) for column in columns])
    try:
        cycle_s, offset_s, split, sequence = (number(row, objects.pattern(column, pattern)) for column in columns)
        if not 1 <= split <= timing.max_splits:
            raise Refused(f"pattern {pattern} names split {split}; there are {timing.max_splits}")
        wanted = (objects.SPLIT_TIME, objects.SPLIT_MODE, objects.SPLIT_COORD_PHASE)
        table = await get_all(controller, [objects.split(c, split, phase) for phase in timing.phases for c in wanted])
        times_s, modes, coordinated = (
            {phase: number(table, objects.split(column, split, phase)) for phase in timing.phases} for column in wanted
        )
    except TypeError as error:
        raise Refused(str(error)) from error
    return Plan(pattern, cycle_s, offset_s, sequence, split, times_s, modes, coordinated)


async def is_used(controller: SignalController, pattern: int, split: int, timing: Timing) -> bool:
    """Tell whether the controller's own plans use a pattern or its split: another pattern, or an action of the day.

    Raises:
        Unavailable: the controller does not answer.
        Refused: it does not tell its patterns or its plans by time of day, or a value makes no sense.
    """
    others = [row for row in range(1, timing.max_patterns + 1) if row != pattern]
    splits = await get_all(controller, [objects.pattern(objects.PATTERN_SPLIT, row) for row in others])
    found = await controller.get([objects.MAX_TIMEBASE_ACTIONS])
    try:
        actions = range(1, min(number(found, objects.MAX_TIMEBASE_ACTIONS), objects.OCTET_MAX) + 1)
        patterns = await get_all(controller, [objects.timebase_pattern(action) for action in actions])
        return split in [number(splits, oid) for oid in splits] or pattern in [
            number(patterns, oid) for oid in patterns
        ]
    except TypeError as error:
        raise Refused(str(error)) from error


async def write_plan(controller: SignalController, plan: Plan) -> None:
    """Write a plan into its rows, the split before the pattern that names it; raises what `set` does."""
    rows: list[tuple[Oid, int]] = []
    for phase in plan.times_s:
        rows.append((objects.split(objects.SPLIT_TIME, plan.split, phase), plan.times_s[phase]))
        rows.append((objects.split(objects.SPLIT_MODE, plan.split, phase), plan.modes[phase]))
        rows.append((objects.split(objects.SPLIT_COORD_PHASE, plan.split, phase), plan.coordinated[phase]))
    rows.append((objects.pattern(objects.PATTERN_CYCLE, plan.pattern), plan.cycle_s))
    rows.append((objects.pattern(objects.PATTERN_OFFSET, plan.pattern), plan.offset_s))
    rows.append((objects.pattern(objects.PATTERN_SPLIT, plan.pattern), plan.split))
    rows.append((objects.pattern(objects.PATTERN_SEQUENCE, plan.pattern), plan.sequence))
    for first in range(0, len(rows), BATCH):
        await controller.set(rows[first : first + BATCH])


def _phase(table: dict[Oid, Value], row: int) -> Phase:
    ring, *seconds = (number(table, objects.phase(column, row)) for column in (_COLUMNS[0], *_COLUMNS[2:]))
    minimum_s, walk_s, ped_clear_s, maximum_1_s, maximum_2_s, yellow, red_clear, passage = seconds
    concurrency = table[objects.phase(objects.PHASE_CONCURRENCY, row)]
    if not isinstance(concurrency, bytes):
        raise TypeError(f"concurrency of phase {row} is no octet string")
    return Phase(
        number=row,
        ring=ring,
        concurrent=frozenset(concurrency),
        minimum_green_s=minimum_s,
        walk_s=walk_s,
        ped_clear_s=ped_clear_s,
        maximum_1_s=maximum_1_s,
        maximum_2_s=maximum_2_s,
        yellow_s=yellow * _TENTH_S,
        red_clear_s=red_clear * _TENTH_S,
        passage_s=passage * _TENTH_S,
    )
