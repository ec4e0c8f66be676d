"""A junction in the middle of its day, and with a lease: where tests of leases begin."""

from edge.signals.limits import Asker, Limits
from simulators.controller.controller import WIB_OFFSET_S
from simulators.controller.program import PlanEntry, Program
from simulators.controller.standard import four_arms
from tests.fix_lease import LIMITS, Junction

OWN = 2
RESERVED = 16
ADMIN = Asker("siti", "admin")


def at(junction: Junction, seconds: float = 200) -> Junction:
    """Let the controller come up and settle in its own plan, with vehicles waiting everywhere."""
    for waiting, lasts_s in ((range(1, 9), seconds), ((), 0.5), (range(1, 9), 0.5)):  # or they would count as stuck
        junction.occupied = frozenset(waiting)
        junction.run(lasts_s)
    assert junction.controller.pattern == OWN
    return junction


def make(program: Program | None = None, limits: Limits = LIMITS) -> Junction:
    return at(Junction((program or four_arms()).with_plan(PlanEntry(0, OWN)), limits=limits, poll_ticks=5))


def leased(backup_s: int) -> Junction:
    """A junction in the middle of a lease."""
    junction = make()
    junction.controller.backup_time_s = backup_s
    assert junction.ask(duration_s=1_500) is None
    junction.run(150)
    assert junction.controller.pattern == RESERVED
    return junction


def minute_of_day(at_s: float) -> int:
    """Minute of the day in WIB."""
    return int(at_s + WIB_OFFSET_S) % 86_400 // 60


def is_home(junction: Junction) -> bool:
    controller = junction.controller
    return controller.pattern == OWN and controller.system_pattern == 0 and junction.keeper.lease is None
